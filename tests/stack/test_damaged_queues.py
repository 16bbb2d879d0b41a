"""Damaged queue files: they are set aside and counted, the collector starts, and other queues lose nothing."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import otlp
import pytest
from harness import QUICK_COLLECTOR, poll
from stacks import EngineBin, Stack

from pipecat_lgtm import queues
from pipecat_lgtm.renderers.queues import settings

pytestmark = pytest.mark.stack

TEMPO, LOKI = "exporter_otlp_grpc_tempo_traces", "exporter_otlp_http_loki_logs"
INTAKES = ("exporter_otlp_grpc_intake_traces", "exporter_otlp_grpc_intake_logs")


def _filled(folder: Path, stack: Stack) -> Path:
    """Return the queues of a collector that was killed while traces and lines waited for their stores."""
    stack.start("collector")
    for _ in range(60):
        turn = otlp.turn(0.5)
        otlp.send(stack.ports.otlp_http, otlp.traces([turn]))
        otlp.send(stack.ports.otlp_http, otlp.logs([otlp.event("line") | {"traceId": turn["traceId"]}]))
    queue = folder / "data" / "collector" / "queue"
    poll("lines to wait", lambda: stack.self_metric("otelcol_exporter_queue_size") > 0)
    poll("both to be queued", lambda: all((queue / one).stat().st_size > 2**15 for one in (TEMPO, LOKI)))
    stack.stop("collector", signal.SIGKILL)
    return queue


def _written(file: Path, offset: int, data: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(offset)
        opened.write(data)


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 4 + 777)


def _zeroed(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def _half_written(file: Path) -> None:
    for offset in range(2 * 4096, file.stat().st_size, 4096):
        _written(file, offset + 12, bytes(2048))


def _random(file: Path) -> None:
    _written(file, 8192, random.Random(1).randbytes(file.stat().st_size - 8192))


def _headless(file: Path) -> None:
    _written(file, 0, random.Random(2).randbytes(8192))


def _text(file: Path) -> None:
    file.write_text("not a queue\n" * 1000)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES = (_cut, _zeroed, _half_written, _random, _headless, _text, _folder)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> tuple[Stack, Path]:
    """A collector's state with traces and lines that wait."""
    folder = tmp_path_factory.mktemp("queues")
    stack = Stack(folder, engine_bin, QUICK_COLLECTOR)
    return stack, _filled(folder, stack)


def test_what_is_whole_is_left_alone(killed: tuple[Stack, Path]) -> None:
    """Files of a collector that was killed are whole: none is set aside."""
    _, queue = killed

    assert {TEMPO, LOKI, *INTAKES} == {one.name for one in queue.iterdir()}
    assert [] == queues.look(queue)


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_seen(killed: tuple[Stack, Path], tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """However a file is damaged, it is set aside as it is, and no other."""
    queue = tmp_path / "queue"
    shutil.copytree(killed[1], queue)
    damage(queue / TEMPO)
    damaged = (queue / TEMPO).stat().st_size

    (found,) = queues.look(queue)
    assert ("otlp_grpc_tempo_traces", tmp_path / "damaged") == (found.queue, found.file.parent)
    assert damaged == found.file.stat().st_size
    assert {LOKI, *INTAKES} == {one.name for one in queue.iterdir()}


def test_what_is_open_is_left_alone(killed: tuple[Stack, Path]) -> None:
    """A file that a running collector has open is not looked at."""
    stack, queue = killed
    stack.start("collector")
    try:
        assert [] == queues.look(queue)
    finally:
        stack.stop_all()


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "pipecat_lgtm", *arguments, "--state-dir", str(folder)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)


def test_a_stack_with_damaged_queues_starts(tmp_path: Path, engine_bin: EngineBin) -> None:
    """`up` sets them aside, the collector counts them, the alert names them, `status` and `doctor` say so.

    What waits in the other queue is delivered, and what is sent from then on is, too.
    """
    for name in ("otelcol", "prometheus", "alertmanager", "tempo", "loki"):
        engine_bin(name)
    # The alert's window is 5 min; it has to hold for a moment only.
    overrides = QUICK_COLLECTOR | {"alerts": {"interval": "1 s", "hold": {"critical": "1 s"}}}
    stack = Stack(tmp_path, engine_bin, overrides)
    queue = _filled(tmp_path, stack)
    for file, damage in ((TEMPO, _random), (INTAKES[0], _zeroed)):
        damage(queue / file)
    config = ["--config", str(tmp_path / "stack.yaml")]
    up = _run(tmp_path, "up", *config)
    try:
        assert 0 == up.returncode, up.stderr
        names = {"otlp_grpc_tempo_traces", "otlp_grpc_intake_traces"}
        poll("60 lines", lambda: len(stack.log_lines('{service_name="bot"}')) == 60)
        stack.until("sum(pipecat_queue_files_damaged_total)", 2)
        kept = otlp.turn(0.5)
        otlp.send(stack.ports.otlp_http, otlp.traces([kept]))
        poll("a trace sent since", lambda: stack.trace(kept["traceId"]))
        firing = 'ALERTS{alertname="PipecatQueueFileDamaged",alertstate="firing"}'
        poll("the alert", lambda: names == {one["metric"]["queue"] for one in stack.query(firing)})
        for verb, said in (("status", _run(tmp_path, "status")), ("doctor", _run(tmp_path, "doctor", *config))):
            text = said.stdout + said.stderr
            assert "2 damaged queue files were set aside" in " ".join(text.split()), (verb, text)
        assert "PipecatQueueFileDamaged" in text
    finally:
        _run(tmp_path, "down")
    assert [] == queues.look(queue)
    assert 0 == queues.tell(settings(stack.config, stack.placement))
