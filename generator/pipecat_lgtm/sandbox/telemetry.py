"""How the sandbox's bot is set up to tell of itself.

`bridge`: a bot that calls Pipecat's setup_tracing, with the bridge attached by environment variables only.
`spans-only`: the same bot without the bridge. `plain`: a bot that configures nothing; the variables do everything.
`bare`: that bot without the variables, which tells nothing: what the others are measured against.
"""

import argparse
import os
from collections.abc import Callable

from loguru import logger
from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from pipecat.utils.tracing.setup import setup_tracing

import pipecat_lgtm_bridge as bridge
from pipecat_lgtm.sandbox import logs
from pipecat_lgtm.sandbox.ledger import Ledger


def set_up(arguments: argparse.Namespace, ledger: Ledger) -> Callable[[], None]:
    """Set up a bot's telemetry; return what sends the rest of it."""
    headers = dict(header.split("=", 1) for header in arguments.header)
    if arguments.mode in {"bridge", "plain"}:
        others = os.environ.get("PIPECAT_SETUP_FILES", "").split(os.pathsep)
        os.environ["PIPECAT_SETUP_FILES"] = os.pathsep.join([str(bridge.path()), *filter(None, others)])
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = arguments.otlp
        if headers:
            os.environ["OTEL_EXPORTER_OTLP_HEADERS"] = ",".join(f"{name}={value}" for name, value in headers.items())
        os.environ["OTEL_SERVICE_NAME"] = arguments.service_name
        os.environ.setdefault("PIPECAT_LOG_LEVEL", "DEBUG")
    if arguments.mode != "spans-only":
        logger.remove()
    if arguments.mode in {"bridge", "spans-only"}:
        setup_tracing(arguments.service_name, exporter=OTLPSpanExporter(f"{arguments.otlp}/v1/traces", headers=headers))
        trace.get_tracer_provider().add_span_processor(ledger)  # type: ignore[attr-defined]
    if arguments.mode == "spans-only":
        resource = Resource.create(
            {"service.name": arguments.service_name, "deployment.environment": arguments.environment}
        )
        logs.set_up(OTLPLogExporter(f"{arguments.otlp}/v1/logs", headers=headers), resource, "DEBUG")
    return _send_the_rest


def _send_the_rest() -> None:
    logger.remove()
    for provider in (trace.get_tracer_provider(), _logs.get_logger_provider()):
        if isinstance(provider, TracerProvider | LoggerProvider):
            provider.shutdown()
