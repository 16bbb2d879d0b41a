"""A webrtc-internals dump is judged layer by layer; the fixture is Chromium's own, one packet in eight lost."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipecat_lgtm import cli
from pipecat_lgtm.config import load_default
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.webrtc import Finding, judge

DUMP = Path(__file__).parent / "fixtures" / "webrtc" / "chromium-156.json"
BOUNDS = load_default().thresholds


def _verdicts(findings: list[Finding]) -> dict[str, tuple[str, str]]:
    return {one.signal: (one.measured, one.verdict) for one in findings}


def test_chromiums_dump() -> None:
    """Every figure of the recorded call, of which 12.5 % of the packets to the browser were lost."""
    assert {
        "connection states": ("connecting → connected", "good"),
        "ICE states": ("checking → connected", "good"),
        "round trip, P95": ("1 ms", "stated"),
        "packets lost, received": ("12.36 %", "bad"),
        "jitter, received, P95": ("4 ms", "good"),
        "packets lost, sent": ("0.00 %", "good"),
        "jitter, sent, P95": ("5 ms", "good"),
        "jitter buffer, mean": ("37 ms", "good"),
        "audio level, received": ("up to 0.18", "good"),
        "audio level, sent": ("up to 1.00", "good"),
    } == _verdicts(judge(DUMP, BOUNDS))


def test_gzipped(tmp_path: Path) -> None:
    """Newer browsers download the dump gzipped."""
    packed = tmp_path / "dump.gz"
    packed.write_bytes(gzip.compress(DUMP.read_bytes()))

    assert judge(DUMP, BOUNDS) == judge(packed, BOUNDS)


def _dump(tmp_path: Path, stats: dict[str, list[Any]], states: list[str]) -> Path:
    """Write a dump as older browsers do: no `on` before a type, values bare."""
    entries = {key: {"statsType": "inbound-rtp", "values": json.dumps(values)} for key, values in stats.items()}
    log = [{"time": "1", "type": "iceconnectionstatechange", "value": state} for state in states]
    file = tmp_path / "dump.json"
    file.write_text(json.dumps({"PeerConnections": {"1-1": {"stats": entries, "updateLog": log}}}))
    return file


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        pytest.param(["checking", "connected"], "good", id="connected"),
        pytest.param(["checking", "connected", "disconnected", "connected"], "bad", id="interrupted"),
        pytest.param(["checking", "failed"], "bad", id="failed"),
        pytest.param(["checking"], "bad", id="never connected"),
    ],
)
def test_states(tmp_path: Path, states: list[str], verdict: str) -> None:
    """A connection that was ever lost, or never made, is bad."""
    (finding,) = judge(_dump(tmp_path, {}, states), BOUNDS)

    assert (" → ".join(states), verdict) == (finding.measured, finding.verdict)


@pytest.mark.parametrize(("jitter", "verdict"), [(0.049, "good"), (0.051, "investigate")], ids=["within", "beyond"])
def test_jitter_beyond_its_bound_is_to_be_investigated(tmp_path: Path, jitter: float, verdict: str) -> None:
    """Jitter has an info bound only (50 ms in the shipped preset)."""
    (finding,) = judge(_dump(tmp_path, {"IT1-jitter": [jitter] * 5, "IT1-kind": ["audio"] * 5}, []), BOUNDS)

    assert verdict == finding.verdict


def test_silence_and_video(tmp_path: Path) -> None:
    """A level that is always nought is bad; video is not looked at."""
    stats = {"IT1-audioLevel": [0, 0], "IT1-kind": ["audio"], "IV2-jitter": [9.0], "IV2-kind": ["video"]}

    assert {"audio level, received": ("always 0: muted, or the wrong device", "bad")} == _verdicts(
        judge(_dump(tmp_path, stats, []), BOUNDS)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("x", "is no JSON", id="text"),
        pytest.param("[]", "has no PeerConnections", id="a list"),
        pytest.param('{"PeerConnections": {}}', "holds no peer connection", id="empty"),
        pytest.param('{"PeerConnections": {"1": {"stats": {"a-b": {"values": "["}}}}}', "holds no peer", id="odd"),
    ],
)
def test_what_is_no_dump(tmp_path: Path, text: str, message: str) -> None:
    """The error says what the file lacks and how to get a dump."""
    file = tmp_path / "dump.json"
    file.write_text(text)

    with pytest.raises(CheckFailed, match=message):
        judge(file, BOUNDS)


def test_the_verb_names_the_first_bad_layer() -> None:
    """The table is printed, then the layer to mend first as the error."""
    result = CliRunner().invoke(cli.app, ["webrtc", str(DUMP)])

    assert isinstance(result.exception, CheckFailed)
    assert "layer 2 media: packets lost, received" == result.exception.message
    assert "12.36 %" in result.stdout
