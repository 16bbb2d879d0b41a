"""A network that is not measured any more is not stated as a good one: the bot's side (aiortc) and the browser's."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiortc.stats import RTCInboundRtpStreamStats, RTCOutboundRtpStreamStats, RTCRemoteInboundRtpStreamStats
from playwright._impl._driver import compute_driver_executable

import pipecat_lgtm_bridge as bridge
from pipecat_lgtm_bridge.peer import Peer

START = datetime(2026, 11, 28, tzinfo=UTC)
_READ = """
const { Reader } = await import(process.argv[1]);
const reader = new Reader();
const looks = JSON.parse(process.argv[2]);
console.log(JSON.stringify(looks.map((look) => reader.look(new Map(look.map((one) => [one.id, one]))))));
"""


def _base(kind: str, second: float, ssrc: int) -> dict[str, Any]:
    at = START + timedelta(seconds=second)
    return {"timestamp": at, "type": kind, "id": kind, "ssrc": ssrc, "kind": "audio", "transportId": "t"}


def _in(second: float, received: int, lost: int = 0, jitter: int = 96, ssrc: int = 1) -> RTCInboundRtpStreamStats:
    base = _base("inbound-rtp", second, ssrc)
    return RTCInboundRtpStreamStats(**base, packetsReceived=received, packetsLost=lost, jitter=jitter)


def _out(second: float, sent: int) -> RTCOutboundRtpStreamStats:
    base = _base("outbound-rtp", second, 2)
    return RTCOutboundRtpStreamStats(**base, packetsSent=sent, bytesSent=sent * 80, trackId="a")


def _report(second: float, lost: int, received: int = 0) -> RTCRemoteInboundRtpStreamStats:
    base = _base("remote-inbound-rtp", second, 2)
    return RTCRemoteInboundRtpStreamStats(
        **base, packetsReceived=received, packetsLost=lost, jitter=96, roundTripTime=0.05, fractionLost=0
    )


def _short(values: dict[str, float]) -> dict[str, float]:
    return {name.removeprefix("pipecat.webrtc."): value for name, value in values.items()}


def _bot(*looks: list[Any]) -> list[dict[str, dict[str, float]]]:
    peer = Peer()
    return [{side: _short(values) for side, values in peer.look(stats).items()} for stats in looks]


def _browser(*looks: list[dict[str, Any]]) -> list[dict[str, dict[str, float]]]:
    node = str(compute_driver_executable()[0])
    argv = [node, "--input-type=module", "-e", _READ, bridge.browser_module().as_uri(), json.dumps(looks)]
    said = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stderr
    return [
        {side: short for side, values in look.items() if (short := _short(values))} for look in json.loads(said.stdout)
    ]


GOOD = {"packet_loss_ratio": 0.0, "jitter_seconds": 0.002}
GOOD_OUT = {**GOOD, "rtt_seconds": 0.05}


def test_receiver_reports_that_stop_coming() -> None:
    """The last report, which aiortc keeps, is stated once; the next is of all that was sent since."""
    assert [
        {"outbound": GOOD_OUT},
        {},
        {},
        {"outbound": {**GOOD_OUT, "packet_loss_ratio": 0.2}},
    ] == _bot(
        [_out(5, 250), _report(4, 0)],
        [_out(10, 500), _report(4, 0)],
        [_out(15, 750), _report(4, 0)],
        [_out(20, 1000), _report(19, 150)],
    )


def test_receiver_report_that_vanishes() -> None:
    """Without a report there is nothing to state of what was sent."""
    assert [{"outbound": GOOD_OUT}, {}] == _bot([_out(5, 250), _report(4, 0)], [_out(10, 500)])


def test_audio_that_stops_arriving() -> None:
    """Its jitter stands still, and is stated no more; lost packets alone are a loss of all."""
    assert [{"inbound": GOOD}, {}, {"inbound": {"packet_loss_ratio": 1.0}}] == _bot(
        [_in(5, 250)], [_in(10, 250)], [_in(15, 250, lost=40)]
    )


@pytest.mark.parametrize("ssrc", [1, 3])
def test_counters_that_begin_again(ssrc: int) -> None:
    """After an ICE restart or a renegotiation what is counted from 0 is what happened since, loss included."""
    assert [{"inbound": GOOD}, {"inbound": {**GOOD, "packet_loss_ratio": 0.2}}] == _bot(
        [_in(50, 2500)], [_in(55, 80, lost=20, ssrc=ssrc)]
    )
    assert [
        {"outbound": {**GOOD_OUT, "packet_loss_ratio": 0.4}},
        {"outbound": {**GOOD_OUT, "packet_loss_ratio": 0.2}},
    ] == _bot([_out(50, 2500), _report(49, 1000)], [_out(55, 100), _report(54, 20)])


def test_late_packets_are_no_new_begin() -> None:
    """A number of lost packets that falls a little, as late ones arrive, is a loss of none."""
    assert [0.04, 0.0] == [look["inbound"]["packet_loss_ratio"] for look in _bot([_in(5, 240, 10)], [_in(10, 495, 4)])]


def test_fields_that_are_missing_at_the_bot() -> None:
    """What another release leaves out is not stated, and the rest is."""
    bare, report = _in(5, 250), _report(4, 0)
    del bare.jitter
    del report.packetsLost
    report.roundTripTime = None  # type: ignore[assignment]  # aiortc's own before the first answer

    assert [{"inbound": {"packet_loss_ratio": 0.0}, "outbound": {"jitter_seconds": 0.002}}] == _bot(
        [bare, _out(5, 250), report]
    )


def _chrome(second: float, **changed: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Return what Chrome says after some seconds of a good call."""
    now = 1_795_000_000_000 + 1000 * second
    packets = 50 * second
    values: dict[str, dict[str, Any]] = {
        "inbound": {
            "type": "inbound-rtp", "packetsReceived": packets, "packetsLost": 0, "jitter": 0.002,
            "jitterBufferDelay": 2880 * second, "jitterBufferEmittedCount": 48_000 * second, "nackCount": 0,
        },
        "outbound": {"type": "outbound-rtp", "packetsSent": packets, "nackCount": 0},
        "remote": {"type": "remote-inbound-rtp", "packetsLost": 0, "jitter": 0.002, "roundTripTime": 0.05},
        "pair": {
            "type": "candidate-pair", "nominated": True, "state": "succeeded", "currentRoundTripTime": 0.04,
            "responsesReceived": second,
        },
    }  # fmt: skip
    found = []
    for name, fields in values.items():
        if changed.get(name, fields) is not None:
            kind = {} if name == "pair" else {"kind": "audio"}
            found.append({"id": name, "timestamp": now, **kind, **fields, **changed.get(name, {})})
    return [{key: value for key, value in one.items() if value is not None} for one in found]


WELL_IN = {**GOOD, "nacks": 0, "jitter_buffer_seconds": 0.06, "rtt_seconds": 0.04}
WELL_OUT = {**GOOD_OUT, "nacks": 0}
_FIRST = _chrome(5)


def _without(values: dict[str, float], *names: str) -> dict[str, float]:
    return {name: value for name, value in values.items() if name not in names}


@pytest.mark.parametrize(
    ("second", "inbound", "outbound"),
    [
        pytest.param(_chrome(10), WELL_IN, WELL_OUT, id="goes on"),
        pytest.param(
            _chrome(10, remote={"timestamp": _FIRST[2]["timestamp"]}), WELL_IN, {"nacks": 0}, id="report stands still"
        ),
        pytest.param(_chrome(10, remote=None), WELL_IN, {"nacks": 0}, id="report vanishes"),
        pytest.param(
            _chrome(10, inbound={"jitterBufferDelay": 14_400, "jitterBufferEmittedCount": 240_000}),
            _without(WELL_IN, "jitter_buffer_seconds"), WELL_OUT, id="jitter buffer stands still",
        ),
        pytest.param(
            _chrome(10, inbound={"jitterBufferDelay": None, "jitterBufferEmittedCount": None}),
            _without(WELL_IN, "jitter_buffer_seconds"), WELL_OUT, id="jitter buffer vanishes",
        ),
        pytest.param(
            _chrome(10, inbound={"packetsReceived": 250, "jitterBufferEmittedCount": 240_000}),
            {"nacks": 0, "rtt_seconds": 0.04}, WELL_OUT, id="nothing arrives",
        ),
        pytest.param(
            _chrome(25, pair={"responsesReceived": 5}), _without(WELL_IN, "rtt_seconds"), WELL_OUT, id="no STUN answers"
        ),
        pytest.param(
            _chrome(10, inbound={"packetsReceived": None}), _without(WELL_IN, "packet_loss_ratio"), WELL_OUT,
            id="packets not counted",
        ),
        pytest.param(
            _chrome(10, inbound={"nackCount": None, "packetsLost": None}, outbound={"nackCount": None}, pair=None),
            _without(WELL_IN, "packet_loss_ratio", "nacks", "rtt_seconds"), _without(WELL_OUT, "nacks"), id="Firefox",
        ),
        pytest.param(
            _chrome(10, inbound={
                "packetsReceived": 80, "packetsLost": 20, "jitterBufferDelay": 960, "jitterBufferEmittedCount": 9600,
            }),
            {**WELL_IN, "packet_loss_ratio": 0.2, "jitter_buffer_seconds": 0.1}, WELL_OUT, id="counters begin again",
        ),
        pytest.param(
            _chrome(10, outbound={"packetsSent": 100}, remote={"packetsLost": 20}),
            WELL_IN, {**WELL_OUT, "packet_loss_ratio": 0.2}, id="what is sent begins again",
        ),
    ],
)  # fmt: skip
def test_what_a_browser_does_not_measure(
    second: list[dict[str, Any]], inbound: dict[str, float], outbound: dict[str, float]
) -> None:
    """Of a browser's second look, five seconds after a good one, what was measured since is stated and nothing else."""
    looks = _browser(_FIRST, second)

    assert {"inbound": WELL_IN, "outbound": WELL_OUT} == looks[0]
    assert {"inbound": inbound, "outbound": outbound} == looks[1]
