"""`top`: from what Prometheus says to the table of bots."""

import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from http.server import BaseHTTPRequestHandler

import pytest
from rich.console import Console

from answering import answering
from pipecat_lgtm import cli_look
from pipecat_lgtm.config import load_default
from pipecat_lgtm.ops import top
from pipecat_lgtm.ops.deploy.prometheus import Prometheus, Sample
from pipecat_lgtm.queries import live

QUIET, LOUD = ({"service_name": name, "deployment_environment": "production"} for name in ("quiet", "loud"))


def _answering(monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[tuple[dict[str, str], float]]]) -> Prometheus:
    """Return a server that answers queries by a word in them."""

    def samples(_: Prometheus, expr: str) -> list[Sample]:
        found = next((found for word, found in answers.items() if word in expr), [])
        return [Sample(metric=metric, value=(0.0, value)) for metric, value in found]

    monkeypatch.setattr(Prometheus, "samples", samples)
    return Prometheus("http://127.0.0.1:1")


def test_those_in_trouble_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot with a critical alert stands above a slower one; each alert is named once, by its gravest severity."""
    firing = [
        (LOUD | {"alertname": name, "severity": severity}, 1.0)
        for name, severity in (
            ("PipecatNacksRising", "info"),
            ("PipecatTtfwHigh", "warning"),
            ("PipecatE2eHigh", "critical"),
            ("PipecatTtfwHigh", "critical"),
        )
    ]
    server = _answering(
        monkeypatch,
        {
            "ALERTS": firing,
            "topk": [(LOUD | {"stage": "llm"}, 0.9)],
            "turn_ttfw": [(QUIET, 3.0), (LOUD, 1.3)],
            "turns:rate": [(LOUD, 0.5)],
        },
    )

    assert [
        top.Bot(
            "loud",
            "production",
            turns=30.0,
            ttfw=1.3,
            slowest=("llm", 0.9),
            alerts=[("critical", "PipecatE2eHigh"), ("critical", "PipecatTtfwHigh"), ("info", "PipecatNacksRising")],
        ),
        top.Bot("quiet", "production", ttfw=3.0),
    ] == top.bots(server, "5m")


def test_an_alert_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert about a bot that has no severity, as others write them, is shown after ours."""
    firing = [
        (LOUD | {"alertname": "TheirOwn"}, 1.0),
        (LOUD | {"alertname": "PipecatNacksRising", "severity": "info"}, 1.0),
    ]
    (found,) = top.bots(_answering(monkeypatch, {"ALERTS": firing}), "5m")

    assert [("info", "PipecatNacksRising"), ("", "TheirOwn")] == found.alerts


@pytest.mark.parametrize(
    ("value", "severity"), [(None, ""), (0.8, ""), (0.9, "warning"), (1.2, "warning"), (1.3, "critical")]
)
def test_grade(value: float | None, severity: str) -> None:
    """A value is graded by the gravest bound it is beyond; one that equals a bound is not beyond it."""
    assert severity == top.grade(value, load_default().thresholds.ttfw.p95)


def test_one_row_a_service() -> None:
    """Every query is summed to one value per service and environment, so that rows of one bot meet."""
    queries = (
        live.active_calls(),
        live.value("x", "ratio"),
        live.slowest_stage("x"),
        live.firing(),
        live.seconds_alive("1h"),
        live.seconds_in_spans("1h"),
    )

    assert [] == [one.id for one in queries if "by (service_name, deployment_environment" not in one.expr]


MANY = [
    top.Bot(f"front-desk-of-the-clinic-{number}", "production", 12, 34.5, 1.3, 2.4, ("llm", 12.34), 0.5,
            [("critical", "PipecatTtfwHigh"), ("warning", "PipecatStageErrorRateHigh")])
    for number in range(40)
]  # fmt: skip


@pytest.mark.parametrize("width", [80, 200])
def test_fits_a_terminal(width: int) -> None:
    """In 80 columns by 24 lines each bot is one line with all its numbers, what is left is counted, no line is cut."""
    console = Console(width=width, height=24, record=True, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    with console.file:
        console.print(cli_look._screen(load_default(), MANY, "head", "every 5 s, q ends", console.size))  # noqa: SLF001
    lines = console.export_text().splitlines()

    assert ["head", "and 20 more, in less trouble", "every 5 s, q ends"] == [
        lines[0].strip(), lines[-2].strip(), lines[-1].strip()
    ]  # fmt: skip
    assert 24 == len(lines)
    assert max(map(len, lines)) <= width
    assert [] == [
        line for line in lines[2:-2] if not re.search(r" 12 +34\.5 +1\.30 s +2\.40 s +50\.0% +llm 12\.34 s ", line)
    ]


class _Nothing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"status": "success", "data": {"result": []}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_q_ends_it() -> None:
    """On a terminal a header has the clock, and a hint says which key ends it; that key does, with exit code 0."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with answering(_Nothing) as port:
        command = [sys.executable, "-m", "pipecat_lgtm", "top", "--url", f"http://127.0.0.1:{port}", "--interval", "60"]
        with subprocess.Popen(command, stdin=theirs, stdout=theirs, env={**os.environ, "TERM": "xterm"}) as process:
            os.close(theirs)
            said, end = b"", time.monotonic() + 60
            while b"q ends" not in said and time.monotonic() < end:
                said += os.read(ours, 65536)
            os.write(ours, b"xq")
            assert 0 == process.wait(60)
    os.close(ours)

    assert re.search(
        rf"top.*at http://127\.0\.0\.1:{port}  \d\d:\d\d:\d\d", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.decode())
    )
