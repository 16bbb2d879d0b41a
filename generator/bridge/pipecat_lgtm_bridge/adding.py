"""Adds the bridge's exporter to a TracerProvider of the bot's own that sends its spans somewhere else."""

import os
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter

from pipecat_lgtm_bridge.exporting import Lost, SpanOutbox
from pipecat_lgtm_bridge.guard import once

VARIABLE = "PIPECAT_LGTM_ADD_EXPORTER"
"""`false`: a TracerProvider of the bot's own keeps its exporters and gets none of the bridge's."""

_YES, _NO = ("", "true", "1", "yes", "on"), ("false", "0", "no", "off")
_OTLP_PORTS = {4317, 4318}
"""Of OTLP by gRPC and by HTTP: two ports of one collector."""

_LAYERS = 4
"""Of processors and exporters that hold others."""


def wanted() -> bool:
    """Return whether an exporter may be added to a provider of the bot's own."""
    text = os.environ.get(VARIABLE, "").strip().lower()
    if text not in (*_YES, *_NO):
        once(f"{VARIABLE} is {text!r}; it is true or false, and taken for true")
    return text not in _NO


def add(provider: TracerProvider, make: Callable[[], Any], lost: Lost) -> None:
    """Add an exporter to a provider, unless one of its own sends to the same collector.

    Args:
        provider: of the bot's own.
        make: returns the exporter that the environment asks for, or None.
        lost: told of spans that were dropped.
    """
    exporter = make()
    if exporter is None:
        return
    where = str(getattr(exporter, "_endpoint", ""))
    there = {address(one) for one in endpoints(provider)}
    if address(where) in there:
        exporter.shutdown()
    elif wanted():
        provider.add_span_processor(SpanOutbox(exporter, lost))
    else:
        exporter.shutdown()
        once(
            f"{VARIABLE}=false, and the bot's TracerProvider sends nothing to {where}: events and log lines arrive "
            "there, spans do not, so there are no turns, latencies or costs of this bot"
        )


def endpoints(provider: TracerProvider) -> Iterator[str]:
    """Yield where the OTLP exporters of a provider send to, those inside other processors and exporters too."""
    yield from _within(getattr(provider, "_active_span_processor", None), _LAYERS)


def address(endpoint: str) -> tuple[str, int | str]:
    """Return what tells one collector from another: the host, and the port and path where these say more."""
    url = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
    host = (url.hostname or "").lower().removesuffix(".")
    port = url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
    host = "localhost" if _is_here(host) else host
    if port in _OTLP_PORTS:
        return host, "otlp"
    return host, f"{port}{url.path}" if url.path.rstrip("/") else port


def _is_here(host: str) -> bool:
    """Return whether a host is this one by number; what asks for any address of a host gets this one."""
    try:
        number = ip_address(host)
    except ValueError:
        return False
    return number.is_loopback or number.is_unspecified


def _within(holder: object, layers: int) -> Iterator[str]:
    endpoint = getattr(holder, "_endpoint", None)
    if isinstance(endpoint, str):
        yield endpoint
    elif layers:
        for held in (*vars(holder).values(), getattr(holder, "span_exporter", None)):
            for one in held if isinstance(held, tuple | list) else (held,):
                if isinstance(one, SpanProcessor | SpanExporter):
                    yield from _within(one, layers - 1)
