"""Metrics of others, which OpenTelemetry's SDK sends to the same entrance: taken and dropped, or refused.

Only the collector makes metrics here. One process per call would make series of its own for each, without a bound.
"""

from typing import Any

from pipecat_lgtm.config import Config

FILTER = "filter/other"


def processors(config: Config) -> dict[str, Any]:
    """Return the filter that lets no metric through; none where they are refused."""
    if config.collector.other_metrics == "refuse":
        return {}
    return {FILTER: {"error_mode": "ignore", "metrics": {"metric": ["true"]}}}


def pipelines(config: Config, exporter: str) -> dict[str, Any]:
    """Return the pipeline that takes and drops; without it the receiver answers 404 and UNIMPLEMENTED.

    Args:
        config: says which.
        exporter: any of metrics; a pipeline must end in one, and nothing reaches it.
    """
    if config.collector.other_metrics == "refuse":
        return {}
    return {"metrics/other": {"receivers": ["otlp"], "processors": [FILTER], "exporters": [exporter]}}
