"""What the bridge costs a bot: CPU per call and latency per turn, with it and without, in turn in one run."""

import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.bench.report import Report
from pipecat_lgtm.ops.provider import provider

_NONE, _BRIDGE = "bare", "plain"
"""The sandbox's modes: a bot that tells nothing, and the same bot with the bridge attached by environment variables."""

_CONCURRENCY = 4
_DEADLINE_SECONDS = 180.0
_COLUMNS = ("bot", "CPU per call", "share of a core per call", "turn latency, median", "in the bridge, per turn")


@dataclass
class Cost:
    """What the calls of one kind cost, by round; latencies by turn.

    Args:
        cpu: seconds of CPU per call.
        seconds: of a call.
        words: seconds from the caller's last loud sample to the bot's first audible one.
        busy: seconds of those in which the event loop was in the bridge.
    """

    cpu: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    words: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The CPU of one call, 1 = one core."""
        return fmean(self.cpu) / fmean(self.seconds)

    @property
    def error(self) -> float:
        """The standard error of the median latency, seconds."""
        return 1.2533 * stdev(self.words) / math.sqrt(len(self.words))


def run(rounds: int, calls: int, watch: Callable[[str, float], None]) -> Report:
    """Measure.

    Args:
        rounds: how often both kinds run, one after the other.
        calls: of a kind in a round, four at a time, after one that is not measured.
        watch: told what runs.

    Raises:
        EngineError: the sandbox could not run.
    """
    none, bridge = Cost(), Cost()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, _sink() as otlp, provider() as api:
        for number in range(rounds):
            kinds = [(_NONE, none), (_BRIDGE, bridge)]
            for kind, cost in kinds if number % 2 == 0 else reversed(kinds):
                watch(f"round {number + 1} of {rounds}, {kind}", time.monotonic() - began)
                ledger = _place(Path(folder) / "ledger.json", kind, calls, otlp, api)
                cost.cpu.append(ledger["cost"]["cpu_seconds"] / calls)
                cost.seconds.append(ledger["cost"]["wall_seconds"] / math.ceil(calls / _CONCURRENCY))
                cost.words += [word["seconds"] for word in ledger["heard"]]
                cost.busy += ledger["cost"]["busy"]
    return report(none, bridge)


def report(none: Cost, bridge: Cost) -> Report:
    """Return the table of two kinds of bots and what the bridge adds."""
    rows = [
        (
            name, f"{fmean(cost.cpu):.3f} s", f"{100 * cost.share:.2f} %",
            f"{1000 * median(cost.words):.1f} ± {1000 * cost.error:.1f} ms",
            f"{1000 * fmean(cost.busy):.2f} ms, at most {1000 * max(cost.busy):.2f}" if cost.busy else "",
        )
        for name, cost in (("without the bridge", none), ("with the bridge", bridge))
    ]  # fmt: skip
    added, difference = bridge.share - none.share, median(bridge.words) - median(none.words)
    return Report(
        f"Cost of the bridge, {len(none.words)} and {len(bridge.words)} turns",
        _COLUMNS,
        tuple(rows),
        (
            f"added per call: {100 * added:+.2f} % of a core, {fmean(bridge.cpu) - fmean(none.cpu):+.3f} s of CPU",
            f"added per turn: {1000 * fmean(bridge.busy):.2f} ms of event loop; "
            f"medians differ by {1000 * difference:+.1f} ± {1000 * math.hypot(none.error, bridge.error):.1f} ms",
        ),
    )


def _place(ledger: Path, kind: str, calls: int, otlp: str, provider: str) -> dict[str, Any]:
    argv = [
        sys.executable, "-m", "pipecat_lgtm.sandbox", "calls", "--otlp", otlp, "--provider", provider, "--mode", kind,
        "--warm-up", "--calls", str(calls), "--concurrency", str(_CONCURRENCY), "--scenario=baseline",
        "--ledger", str(ledger),
    ]  # fmt: skip
    environment = {**os.environ, "PIPECAT_LOG_LEVEL": "INFO"}
    try:
        subprocess.run(
            argv, env=environment, capture_output=True, text=True, timeout=_DEADLINE_SECONDS + 20 * calls, check=True
        )
    except subprocess.SubprocessError as error:
        tail = str(getattr(error, "stderr", "") or error)[-800:]
        raise EngineError(
            f"sandbox: the bot ended with an error:\n{tail}", "install it: pip install 'pipecat-lgtm[sandbox]'"
        ) from error
    found: dict[str, Any] = json.loads(ledger.read_text(encoding="utf-8"))
    return found


class _Sink(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Take what is sent and forget it."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()


@contextlib.contextmanager
def _sink() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
