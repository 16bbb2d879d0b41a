"""Reads a chrome://webrtc-internals dump and judges the call's audio, network first, then media."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any, Literal

from pipecat_lgtm.config.thresholds import Bounds, Thresholds
from pipecat_lgtm.errors import CheckFailed

Verdict = Literal["good", "investigate", "bad", "stated"]
Layer = Literal["1 network", "2 media"]
_GZIP = b"\x1f\x8b"
_GOOD_STATES = ("connected", "completed")
_BAD_STATES = ("failed", "disconnected")


@dataclass(frozen=True)
class Finding:
    """One line of the verdict.

    Args:
        connection: the dump's name of the peer connection.
        layer: prove each before going deeper.
        signal: what was looked at, as seen from the browser.
        measured: with its unit.
        bound: beyond which it is bad; empty where there is none.
        verdict: `stated` has no bound to be held against.
    """

    connection: str
    layer: Layer
    signal: str
    measured: str
    bound: str
    verdict: Verdict


def judge(dump: Path, thresholds: Thresholds) -> list[Finding]:
    """Return what a dump says.

    Raises:
        CheckFailed: the file cannot be read, is no dump, or has no connection with audio.
    """
    found: list[Finding] = []
    for name, connection in _connections(dump).items():
        found += _network(name, connection)
        found += _media(name, _Stats(connection.get("stats", {})), thresholds)
    if not found:
        raise CheckFailed(
            f"{dump}: holds no peer connection with statistics",
            "open chrome://webrtc-internals before the call begins, and download the dump before its tab is closed",
        )
    return found


def _connections(dump: Path) -> dict[str, Any]:
    hint = "give the file that chrome://webrtc-internals offers under `Create a WebRTC-Internals dump`"
    try:
        raw = dump.read_bytes()
        data = json.loads(gzip.decompress(raw) if raw.startswith(_GZIP) else raw)
    except OSError as error:
        raise CheckFailed(f"{dump}: {error.strerror or error}", hint) from error
    except (ValueError, EOFError) as error:
        raise CheckFailed(f"{dump}: is no JSON: {error}", hint) from error
    connections = data.get("PeerConnections") if isinstance(data, dict) else None
    if not isinstance(connections, dict):
        raise CheckFailed(f"{dump}: is no webrtc-internals dump: it has no PeerConnections", hint)
    return connections


class _Stats:
    """Series by report and statistic; dumps name them `<report>-<statistic>`, values are a list as text."""

    def __init__(self, stats: dict[str, Any]) -> None:
        self._reports: dict[str, dict[str, list[Any]]] = {}
        self._types: dict[str, str] = {}
        for key, entry in stats.items():
            report, _, statistic = key.rpartition("-")
            self._reports.setdefault(report, {})[statistic] = _values(entry.get("values"))
            self._types[report] = str(entry.get("statsType", ""))

    def series(self, kind: str, statistic: str) -> list[list[float]]:
        """Return the series of a statistic in all audio reports of a kind."""
        return [
            [float(value) for value in report[statistic] if isinstance(value, int | float)]
            for name, report in self._reports.items()
            if self._types[name] == kind and "audio" in report.get("kind", ["audio"]) and report.get(statistic)
        ]

    def grown(self, kind: str, statistic: str) -> float | None:
        """Return the last values' sum of a running total."""
        ends = [series[-1] for series in self.series(kind, statistic) if series]
        return sum(ends) if ends else None

    def all(self, kind: str, statistic: str) -> list[float]:
        """Return all values."""
        return [value for series in self.series(kind, statistic) for value in series]


def _values(text: object) -> list[Any]:
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _network(name: str, connection: dict[str, Any]) -> list[Finding]:
    states: dict[str, list[str]] = {"connection": [], "ICE": []}
    for entry in connection.get("updateLog", []):
        kind = str(entry.get("type", "")).removeprefix("on")
        value = str(entry.get("value", "")).strip('"')
        if kind == "connectionstatechange":
            states["connection"].append(value)
        elif kind == "iceconnectionstatechange":
            states["ICE"].append(value)
    found = []
    for what, seen in states.items():
        if seen:
            bad = any(state in _BAD_STATES for state in seen) or not any(state in _GOOD_STATES for state in seen)
            verdict: Verdict = "bad" if bad else "good"
            found.append(Finding(name, "1 network", f"{what} states", " → ".join(seen), "connected", verdict))
    trips = _Stats(connection.get("stats", {})).all("candidate-pair", "currentRoundTripTime")
    if trips:
        found.append(Finding(name, "1 network", "round trip, P95", _milliseconds(_p95(trips)), "", "stated"))
    return found


def _media(name: str, stats: _Stats, thresholds: Thresholds) -> list[Finding]:
    found: list[Finding] = []

    def add(signal: str, value: float | None, bounds: Bounds[float], shown: str, limit: str) -> None:
        if value is not None:
            found.append(Finding(name, "2 media", signal, shown, limit, _verdict(value, bounds)))

    for side, kind, of_all in (
        ("received", "inbound-rtp", ("inbound-rtp", "packetsReceived")),
        ("sent", "remote-inbound-rtp", ("outbound-rtp", "packetsSent")),
    ):
        loss = _loss(stats.grown(kind, "packetsLost"), stats.grown(*of_all), including=kind != "inbound-rtp")
        bounds = thresholds.webrtc_packet_loss
        add(f"packets lost, {side}", loss, bounds, f"{(loss or 0) * 100:.2f} %", f"{_limit(bounds) * 100:g} %")
        if jitter := stats.all(kind, "jitter"):
            late = _p95(jitter)
            limit = _milliseconds(_limit(thresholds.webrtc_jitter))
            add(f"jitter, {side}, P95", late, thresholds.webrtc_jitter, _milliseconds(late), limit)
    delay = stats.grown("inbound-rtp", "jitterBufferDelay")
    emitted = stats.grown("inbound-rtp", "jitterBufferEmittedCount")
    if delay is not None and emitted:
        wait = delay / emitted
        limit = _milliseconds(_limit(thresholds.webrtc_jitter_buffer))
        add("jitter buffer, mean", wait, thresholds.webrtc_jitter_buffer, _milliseconds(wait), limit)
    if (nacks := stats.grown("inbound-rtp", "nackCount")) is not None:
        found.append(Finding(name, "2 media", "packets asked for again (NACK)", f"{nacks:g}", "", "stated"))
    for side, kind in (("received", "inbound-rtp"), ("sent", "media-source")):
        if levels := stats.all(kind, "audioLevel"):
            silent = all(level == 0 for level in levels)
            shown = "always 0: muted, or the wrong device" if silent else f"up to {max(levels):.2f}"
            found.append(Finding(name, "2 media", f"audio level, {side}", shown, "> 0", "bad" if silent else "good"))
    return found


def _loss(lost: float | None, rest: float | None, *, including: bool) -> float | None:
    """Return lost packets as a share of all; `rest` includes them where it counts what was sent."""
    if lost is None or rest is None:
        return None
    every = rest if including else rest + lost
    return max(0.0, lost / every) if every else None


def _verdict(value: float, bounds: Bounds[float]) -> Verdict:
    for level, verdict in ((bounds.critical, "bad"), (bounds.warning, "bad"), (bounds.info, "investigate")):
        if level is not None and value > level:
            return verdict  # type: ignore[return-value]
    return "good"


def _limit(bounds: Bounds[float]) -> float:
    """Return the mildest bound beyond which somebody is told."""
    return next(level for level in (bounds.info, bounds.warning, bounds.critical, bounds.target) if level is not None)


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
