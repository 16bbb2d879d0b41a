"""Sums, held in several shares: a service whose label sets know no end takes the room of few others, not of all.

`deltatocumulative` has one limit, whoever fills it, and drops the values of every label set that comes later. A service
belongs to one share, by a digest of its name; label sets that are held already go on to be counted in any case.
"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers.collector.ottl import quoted
from pipecat_lgtm_bridge.contract import labels

VALUES = "forward/values"
_DIGITS = ("[01]", "[23]", "[45]", "[67]", "[89]", "[ab]", "[cd]", "[ef]")
"""First hexadecimal digits of a digest, by share."""


def processors(config: Config) -> dict[str, Any]:
    """Return a filter and a store of values for each share."""
    service = f'resource.attributes["{labels.SERVICE_NAME}"]'
    held = {
        "max_stale": f"{config.cardinality.series_expiry:g}s",
        "max_streams": max(1, config.cardinality.sums // len(_DIGITS)),
    }
    made: dict[str, Any] = {}
    for number, digits in enumerate(_DIGITS):
        others = f"not IsMatch(SHA256({service}), {quoted('^' + digits)})"
        made[f"filter/share_{number}"] = {"error_mode": "ignore", "metrics": {"metric": [others]}}
        made[f"deltatocumulative/share_{number}"] = dict(held)
    return made


def pipelines(exporter: str) -> dict[str, Any]:
    """Return a pipeline for each share, from `VALUES` to an exporter."""
    return {
        f"metrics/share_{number}": {
            "receivers": [VALUES],
            "processors": [f"filter/share_{number}", f"deltatocumulative/share_{number}"],
            "exporters": [exporter],
        }
        for number, _ in enumerate(_DIGITS)
    }
