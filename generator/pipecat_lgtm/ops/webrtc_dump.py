"""Reads what browsers write down of their peer connections, into one model.

Read: dumps of chrome://webrtc-internals of every age (statistics of the standard, with their `track` reports up to
Chrome 111, and the older `ssrc` and `goog…` layout), plain or gzipped, and the JSON of Firefox's about:webrtc.
"""

import gzip
import json
import re
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipecat_lgtm.errors import CheckFailed

HINT = (
    "give the file that chrome://webrtc-internals offers under `Create a WebRTC-Internals dump`, "
    "or the JSON that Firefox offers in about:webrtc"
)
_GZIP = b"\x1f\x8b"
_LARGEST = 128 * 1024 * 1024
"""Bytes of a dump, unpacked: Chrome keeps 1,000 values of each statistic, a few MB for an hour's call."""
_MOST_PARTS = 5_000_000
"""Lists, mappings and the values in them: what a dump takes of memory is some 200 bytes for each, however short it is
written. Chrome's dump of a voice call has 40,000 for each report."""
_MOST_CONNECTIONS = 1000
"""Peer connections: each is several lines of the verdict. A page that calls again and again makes some dozens."""
_GREATEST = 2.0**64
"""Counters of browsers have 64 bits at most; a number beyond it was never measured."""
_SAMPLE_SECONDS = 1.0
"""How often Chrome asks for statistics, for dumps without their times."""
_MILLISECONDS = 1000.0

Value = float | str | bool | None


@dataclass(frozen=True)
class Series:
    """The values of one statistic, with the second of each since 1970; without a clock, since the first."""

    times: list[float]
    values: list[float]


@dataclass
class Report:
    """The statistics of one report of `getStats()`.

    Args:
        kind: its type in the standard's words.
        name: the browser's id of it.
        columns: values by statistic, in order of time.
        start: the time of the first value, in seconds since 1970; None where the dump does not say.
    """

    kind: str
    name: str
    columns: dict[str, list[Value]] = field(default_factory=dict)
    start: float | None = None

    def series(self, statistic: str) -> Series:
        """Return a statistic's numbers with their times; empty where there are none."""
        column = self.columns.get(statistic, [])
        stamps = self.columns.get("timestamp", [])
        first = self.start or 0.0
        found: list[tuple[float, float]] = []
        for index, value in enumerate(column):
            if isinstance(value, float):
                stamp = stamps[index] if len(stamps) == len(column) else None
                at = stamp / _MILLISECONDS if isinstance(stamp, float) else first + index * _SAMPLE_SECONDS
                found.append((at, value))
        found.sort(key=lambda one: one[0])
        return Series([at for at, _ in found], [value for _, value in found])

    def last(self, statistic: str) -> Value:
        """Return the last value of a statistic, or None."""
        column = self.columns.get(statistic)
        return column[-1] if column else None

    def texts(self, statistic: str) -> list[str]:
        """Return the values of a statistic that are texts."""
        return [value for value in self.columns.get(statistic, []) if isinstance(value, str)]

    @property
    def audio(self) -> bool:
        """Whether the report is of audio; one that does not say is taken to be."""
        kinds = self.texts("kind") or self.texts("mediaType")
        if kinds:
            return "audio" in kinds
        return re.search(r"video|^[IO]T\d+V", self.name, re.IGNORECASE) is None


@dataclass(frozen=True)
class State:
    """A change of a connection's state."""

    at: float | None
    what: str
    value: str


@dataclass
class Connection:
    """What a dump holds of one peer connection.

    Args:
        name: the dump's own name of it.
        page: the page it was made by, to tell connections that belong together.
        reports: its statistics.
        states: the changes of its connection and ICE states, in order.
        offers: times at which the page began to negotiate, also again.
        closed: the page closed it.
        candidates: the types of its candidates, by side (`local`, `remote`).
        candidate_errors: what STUN and TURN servers answered, with how often.
        totals_only: the dump holds the last values only, no course.
        unread: what of it could not be read.
    """

    name: str
    page: str = ""
    reports: list[Report] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    offers: list[float | None] = field(default_factory=list)
    closed: bool = False
    candidates: dict[str, set[str]] = field(default_factory=lambda: {"local": set(), "remote": set()})
    candidate_errors: dict[str, int] = field(default_factory=dict)
    totals_only: bool = False
    unread: list[str] = field(default_factory=list)

    def audio(self, kind: str) -> list[Report]:
        """Return the audio reports of a kind."""
        return [report for report in self.reports if report.kind == kind and report.audio]

    def of(self, kind: str) -> list[Report]:
        """Return all reports of a kind."""
        return [report for report in self.reports if report.kind == kind]


def read(dump: Path) -> list[Connection]:
    """Return the connections of a dump.

    Raises:
        CheckFailed: the file cannot be read, is too large, holds too much, or is no dump that is known.
    """
    raw = _bytes(dump)
    if sum(raw.count(mark) for mark in (b"{", b"[", b",")) > _MOST_PARTS:
        raise CheckFailed(f"{dump}: holds more than {_MOST_PARTS:,} values", HINT)
    if raw.lstrip()[:1] == b"<":
        raise CheckFailed(f"{dump}: is a web page, which is not read", HINT)
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise CheckFailed(f"{dump}: is no JSON: {reason}", HINT) from error
    known = data if isinstance(data, dict) else {}
    chrome, firefox = known.get("PeerConnections"), known.get("reports")
    if isinstance(chrome, dict):
        _require_few(dump, len(chrome))
        return [_chrome(_text(name), entry) for name, entry in chrome.items() if isinstance(entry, dict)]
    if isinstance(firefox, list):
        _require_few(dump, len(firefox))
        return [_firefox(index, entry) for index, entry in enumerate(firefox) if isinstance(entry, dict)]
    raise CheckFailed(
        f"{dump}: is no webrtc-internals dump and no about:webrtc report: it has no PeerConnections and no reports",
        HINT,
    )


def _require_few(dump: Path, connections: int) -> None:
    if connections > _MOST_CONNECTIONS:
        raise CheckFailed(f"{dump}: holds {connections:,} peer connections, more than {_MOST_CONNECTIONS:,}", HINT)


def _bytes(dump: Path) -> bytes:
    too_large = CheckFailed(f"{dump}: is larger than {_LARGEST // 1024 // 1024} MiB", HINT)
    try:
        if not dump.is_file():
            raise CheckFailed(f"{dump}: is no file", HINT)
        with dump.open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            if packed:
                with gzip.open(file) as unpacked:
                    raw = unpacked.read(_LARGEST + 1)
            else:
                raw = file.read(min(_LARGEST, dump.stat().st_size) + 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise CheckFailed(f"{dump}: cannot be read: {reason}", HINT) from error
    if len(raw) > _LARGEST:
        raise too_large
    return raw


def _text(value: object) -> str:
    """Return a text that every terminal can show: one short line, no lone surrogates."""
    shown = str(value)[:120].encode("utf-8", "replace").decode("utf-8")
    return "".join(letter if letter.isprintable() else " " for letter in shown)


def _value(raw: object) -> Value:
    """Return a statistic's value; numbers that older layouts write as texts are numbers, NaN and infinity are none."""
    if isinstance(raw, bool) or raw is None:
        return raw
    if isinstance(raw, int | float | str):
        try:
            number = float(raw)
        except (ValueError, OverflowError):
            return _text(raw) if isinstance(raw, str) else None
        return number if abs(number) <= _GREATEST else None
    return None


def _time(raw: object) -> float | None:
    """Return seconds since 1970 of a time as dumps write it, or None for one of a person's locale."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float):
        number = _value(raw)
        return number / _MILLISECONDS if isinstance(number, float) and number > 0 else None
    if isinstance(raw, str):
        try:
            at = datetime.fromisoformat(raw)
        except ValueError:
            return None
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return None


# --- chrome://webrtc-internals


def _chrome(name: str, entry: dict[str, Any]) -> Connection:
    connection = Connection(name, page=_text(entry.get("url", "")))
    stats = entry.get("stats", {})
    if isinstance(stats, dict):
        connection.reports = _reports(stats, connection.unread)
    elif stats:
        connection.unread.append("statistics that are no mapping")
    log = entry.get("updateLog", [])
    for change in log if isinstance(log, list) else []:
        if isinstance(change, dict):
            _change(connection, change)
    for side in ("local", "remote"):
        for report in connection.of(f"{side}-candidate"):
            for kind in report.texts("candidateType")[-1:]:
                _add_candidate(connection, side, kind)
    _legacy(connection)
    _tracks(connection)
    return connection


def _reports(stats: dict[str, Any], unread: list[str]) -> list[Report]:
    found: dict[tuple[str, str], Report] = {}
    broken = 0
    for key, entry in stats.items():
        name, _, statistic = key.rpartition("-")
        values = _values(entry.get("values")) if isinstance(entry, dict) else None
        if values is None:
            broken += 1
            continue
        kind = _text(entry.get("statsType", ""))
        report = found.setdefault((kind, name), Report(kind, name, start=_time(entry.get("startTime"))))
        report.columns[statistic] = values
    if broken:
        unread.append(f"{broken} statistics whose values are no list")
    return list(found.values())


def _values(raw: object) -> list[Value] | None:
    try:
        found = json.loads(raw) if isinstance(raw, str) else raw
    except (ValueError, RecursionError):
        return None
    return [_value(one) for one in found] if isinstance(found, list) else None


_CANDIDATE_TYPES = ("host", "srflx", "prflx", "relay")
_CANDIDATE_TYPE = re.compile(rf"\btyp(?:e:)? ({'|'.join(_CANDIDATE_TYPES)})\b")
_ERROR_CODE = re.compile(r"error_?code\W{1,4}(\d{3})", re.IGNORECASE)


def _change(connection: Connection, change: dict[str, Any]) -> None:
    kind = str(change.get("type", "")).removeprefix("on").lower()
    raw = change.get("value", "")
    value = raw if isinstance(raw, str) else json.dumps(raw)
    at = _time(change.get("timestamp")) or _time(change.get("time"))
    if kind in {"connectionstatechange", "iceconnectionstatechange"}:
        state = _text(value).strip('" ').lower().removeprefix("iceconnectionstate").removeprefix("peerconnectionstate")
        what = "ICE" if kind.startswith("ice") else "connection"
        if state and (
            not connection.states or (connection.states[-1].what, connection.states[-1].value) != (what, state)
        ):
            connection.states.append(State(at, what, state))
    elif kind == "createoffer":
        connection.offers.append(at)
    elif kind in {"close", "stop"}:
        connection.closed = True
    elif kind in {"icecandidate", "addicecandidate"}:
        for found in _CANDIDATE_TYPE.findall(value)[:1]:
            _add_candidate(connection, "local" if kind == "icecandidate" else "remote", found)
    elif kind in {"setremotedescription", "setremotedescriptiononsuccess"}:
        for found in _CANDIDATE_TYPE.findall(value):
            _add_candidate(connection, "remote", found)
    elif kind == "icecandidateerror":
        code = _ERROR_CODE.search(value)
        named = f"code {code[1]}" if code else _text(value)[:60]
        connection.candidate_errors[named] = connection.candidate_errors.get(named, 0) + 1


def _add_candidate(connection: Connection, side: str, kind: str) -> None:
    """Note a candidate's type, in the standard's word for it."""
    names = {"serverreflexive": "srflx", "peerreflexive": "prflx", "relayed": "relay", "stun": "srflx", "local": "host"}
    named = names.get(kind.lower(), kind.lower())
    connection.candidates[side].add(named if named in _CANDIDATE_TYPES else "unknown")


_GOOG_AUDIO_FULL_SCALE = 32767.0


def _legacy(connection: Connection) -> None:
    """Turn reports of the older layout into the standard's, where a dump has no others."""
    if connection.of("inbound-rtp") or connection.of("outbound-rtp"):
        return
    for report in list(connection.reports):
        if report.kind == "ssrc":
            connection.reports += _legacy_stream(report)
        elif report.kind == "googCandidatePair":
            columns: dict[str, list[Value]] = {"currentRoundTripTime": _scaled(report, "googRtt", _MILLISECONDS)}
            active = report.texts("googActiveConnection") or [
                str(value).lower() for value in report.columns.get("googActiveConnection", [])
            ]
            columns["state"] = ["succeeded" if value == "true" else "waiting" for value in active]
            connection.reports.append(Report("candidate-pair", report.name, columns, report.start))
            for side, statistic in (("local", "googLocalCandidateType"), ("remote", "googRemoteCandidateType")):
                for kind in report.texts(statistic)[-1:]:
                    _add_candidate(connection, side, kind)


def _legacy_stream(report: Report) -> list[Report]:
    shared = {"kind": report.columns["mediaType"]} if "mediaType" in report.columns else {}
    if "video" in report.name.lower() or any(name.startswith("googFrame") for name in report.columns):
        shared = shared or {"kind": ["video"]}
    received = report.name.endswith("_recv") or "packetsReceived" in report.columns
    rest: dict[str, list[Value]] = {
        "packetsLost": report.columns.get("packetsLost", []),
        "jitter": _scaled(report, "googJitterReceived", _MILLISECONDS),
    }
    if received:
        buffer = "googJitterBufferMs" if "googJitterBufferMs" in report.columns else "googCurrentDelayMs"
        inbound = {
            "packetsReceived": report.columns.get("packetsReceived", []),
            "jitterBufferSeconds": _scaled(report, buffer, _MILLISECONDS),
            "audioLevel": _scaled(report, "audioOutputLevel", _GOOG_AUDIO_FULL_SCALE),
        }
        return [Report("inbound-rtp", report.name, shared | rest | inbound, report.start)]
    sent = {"packetsSent": report.columns.get("packetsSent", [])}
    level = {"audioLevel": _scaled(report, "audioInputLevel", _GOOG_AUDIO_FULL_SCALE)}
    return [
        Report("outbound-rtp", report.name, shared | sent, report.start),
        Report("remote-inbound-rtp", report.name, shared | rest, report.start),
        Report("media-source", report.name, shared | level, report.start),
    ]


def _scaled(report: Report, statistic: str, by: float) -> list[Value]:
    return [value / by if isinstance(value, float) else None for value in report.columns.get(statistic, [])]


def _tracks(connection: Connection) -> None:
    """Name Chrome's `track` reports, which held levels and the jitter buffer up to 111, by their side."""
    for track in connection.of("track"):
        remote = track.last("remoteSource")
        received = remote if isinstance(remote, bool) else "receiver" in track.name
        track.kind = "received-track" if received else "sent-track"


# --- Firefox, about:webrtc


_FIREFOX_REPORTS = {
    "inboundRtpStreamStats": "inbound-rtp",
    "outboundRtpStreamStats": "outbound-rtp",
    "remoteInboundRtpStreamStats": "remote-inbound-rtp",
    "mediaSourceStats": "media-source",
    "iceCandidatePairStats": "candidate-pair",
}


def _firefox(index: int, entry: dict[str, Any]) -> Connection:
    """Return a connection of about:webrtc: the totals of the moment it was saved."""
    connection = Connection(_text(entry.get("pcid") or f"report {index + 1}"), page="about:webrtc", totals_only=True)
    connection.closed = entry.get("closed") is True
    for key, kind in _FIREFOX_REPORTS.items():
        for one in _entries(entry, key):
            columns = {str(name): [_value(value)] for name, value in one.items()}
            connection.reports.append(Report(kind, _text(one.get("id", "")), columns))
    for one in _entries(entry, "iceCandidateStats"):
        side = "remote" if "remote" in str(one.get("type", "")) else "local"
        _add_candidate(connection, side, _text(one.get("candidateType", "unknown")))
    return connection


def _entries(entry: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = entry.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
