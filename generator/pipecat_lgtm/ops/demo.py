"""Places real calls on the sandbox, waits until they are visible, and holds the numbers against what was injected."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import labels
from pipecat_lgtm.errors import CheckFailed, EngineError
from pipecat_lgtm.queries import audit, lookups

_VISIBLE_SECONDS = 180.0
_OVERHEAD_SECONDS = 0.06
"""A stage's own overhead above what was injected, besides what the pipeline itself is set to wait."""

_STOP_SECONDS = 0.2
"""Pipecat's VAD waits this long to be sure that the caller has stopped; it is part of STT's TTFB."""


Verdict = Literal["right", "beyond bound", "wrong"]


@dataclass(frozen=True)
class Row:
    """One line of the demo's table."""

    signal: str
    measured: str
    injected: str
    bound: str
    verdict: Verdict


@dataclass(frozen=True)
class Outcome:
    """What the calls were, and what became visible of them."""

    service: str
    ledger: dict[str, Any]
    rows: list[Row]


def calls(
    config: Config,
    count: int,
    scenarios: list[str],
    watch: Callable[[str, float], None],
    python: str = sys.executable,
) -> Outcome:
    """Place calls and return what they show, once they are visible.

    Raises:
        CheckFailed: a number is wrong or did not become visible in time.
        EngineError: the sandbox could not run.
    """
    service = f"sandbox-bot-{int(time.time())}"
    with tempfile.TemporaryDirectory(prefix="pipecat-lgtm-demo-") as folder:
        ledger_file = Path(folder) / "ledger.json"
        with _sandbox(config, count, scenarios, service, ledger_file, python) as (lines, truth_url):
            _follow(lines, count, watch)
            truth = httpx.get(truth_url, timeout=5).json()
            ledger = json.loads(ledger_file.read_text(encoding="utf-8"))
            rows = list(_rows(config, service, ledger, truth, watch))
    return Outcome(service, ledger, rows)


@contextlib.contextmanager
def _sandbox(  # noqa: PLR0913, PLR0917 - one command line
    config: Config, count: int, scenarios: list[str], service: str, ledger: Path, python: str
) -> Iterator[tuple[Iterator[dict[str, Any]], str]]:
    network = config.network
    module = [python, "-m", "pipecat_lgtm.sandbox"]
    base = [*module, "provider", "--address", str(network.address), "--port", str(network.ports.sandbox)]
    placed = [
        *module, "calls", "--otlp", f"http://{network.address}:{network.ports.otlp_http}",
        "--provider", f"http://{network.address}:{network.ports.sandbox}", "--calls", str(count),
        "--service-name", service, "--ledger", str(ledger), *(f"--scenario={name}" for name in scenarios),
    ]  # fmt: skip
    with contextlib.ExitStack() as stack:
        provider = stack.enter_context(_child(base))
        first = json.loads((provider.stderr or sys.stdin).readline() or "{}")
        if first.get("event") != "provider":
            raise EngineError(
                "sandbox: the provider did not start",
                f"is port {network.ports.sandbox} (network.ports.sandbox) free?",
            )
        bot = stack.enter_context(_child(placed))
        yield _lines(bot), f"http://{network.address}:{network.ports.sandbox}/truth"


@contextlib.contextmanager
def _child(argv: list[str]) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        argv,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env=dict(os.environ),
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
        child.wait()
        if child.stderr:
            child.stderr.close()


def _lines(child: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    other: list[str] = []
    for line in child.stderr or ():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            other.append(line.rstrip())
    if child.wait() != 0:
        raise EngineError(
            "sandbox: the bot ended with an error:\n    " + "\n    ".join(other[-15:]),
            "install it with `pip install 'pipecat-lgtm[sandbox]'`",
        )


def _follow(lines: Iterator[dict[str, Any]], count: int, watch: Callable[[str, float], None]) -> None:
    began, ended = time.monotonic(), 0
    for line in lines:
        ended += line["event"] == "ended"
        watch(f"calls: {ended} of {count} ended, {line['call']} {line['event']}", time.monotonic() - began)


def _rows(
    config: Config,
    service: str,
    ledger: dict[str, Any],
    truth: dict[str, float],
    watch: Callable[[str, float], None],
) -> Iterator[Row]:
    totals, store = ledger["totals"], _Prometheus(config)
    counts = {
        "turns": (audit.turns(service), totals["spans"].get("turn", 0)),
        **{
            f"{stage} requests": (audit.requests(service, stage), totals["spans"].get(stage, 0))
            for stage in labels.STAGES
        },
        **{f"tokens, {kind}": (audit.tokens(service, kind), count) for kind, count in totals["tokens"].items()},
        "turns with a latency": (audit.ttfw_count(service), len(totals["latencies"])),
    }
    for signal, (query, emitted) in counts.items():
        measured = _until(lambda q=query: store.value(q.expr), emitted, watch, signal)  # type: ignore[misc]
        yield Row(signal, f"{measured:g}", f"{emitted:g}", "", "right" if measured == emitted else "wrong")
    for stage in labels.STAGES:
        answered = truth.get(f"sandbox_requests_total{{stage={stage}}}", 0.0)
        scraped = _until(lambda s=stage: store.value(audit.sandbox_requests(s).expr), answered, watch, f"{stage} truth")  # type: ignore[misc]
        yield Row(
            f"{stage} answers, scraped",
            f"{scraped:g}",
            f"{answered:g}",
            "",
            "right" if scraped == answered else "wrong",
        )
    yield from _kept(config, service, ledger, watch)
    mean = store.value(audit.ttfw_mean(service).expr)
    told = sum(totals["latencies"]) / max(1, len(totals["latencies"]))
    bound = config.thresholds.ttfw.p95.critical
    yield Row(
        "TTFW, mean",
        f"{mean:.3f} s",
        f"{told:.3f} s by the bot",
        f"{bound:g} s" if bound else "",
        _judge(mean, told, 0.001, bound),
    )
    for stage in labels.STAGES:
        injected = (
            truth[f"sandbox_injected_delay_seconds_sum{{stage={stage}}}"]
            / truth[f"sandbox_injected_delay_seconds_count{{stage={stage}}}"]
        )
        measured = store.value(audit.ttfb_mean(service, stage).expr)
        waits = _STOP_SECONDS if stage == "stt" else 0.0
        level = config.thresholds.stage(stage).warning
        shown = f"{injected:.3f} s" + (f" + {waits:g} s VAD" if waits else "")
        yield Row(
            f"{stage} TTFB, mean",
            f"{measured:.3f} s",
            shown,
            f"{level:g} s" if level else "",
            _judge(measured, injected + waits, _OVERHEAD_SECONDS, level),
        )


def _kept(config: Config, service: str, ledger: dict[str, Any], watch: Callable[[str, float], None]) -> Iterator[Row]:
    """Yield whether every call's trace is whole in Tempo, and its log lines in Loki carry its trace id."""
    remote = config.stores
    address, ports = config.network.address, config.network.ports
    tempo = str(remote.tempo.url).rstrip("/") if remote.tempo.url else f"http://{address}:{ports.tempo}"
    loki = str(remote.loki.url).rstrip("/") if remote.loki.url else f"http://{address}:{ports.loki}"
    spans = {call["trace_id"]: sum(call["spans"].values()) for call in ledger["calls"]}
    whole = _until(
        lambda: sum(_span_count(tempo, trace_id) == count for trace_id, count in spans.items()),
        len(spans),
        watch,
        "whole traces",
    )
    yield Row("whole traces in Tempo", str(whole), str(len(spans)), "", "right" if whole == len(spans) else "wrong")
    logged = _until(
        lambda: sum(_has_lines(loki, service, trace_id) for trace_id in spans),
        len(spans),
        watch,
        "calls with log lines",
    )
    yield Row(
        "calls with logs in Loki",
        str(logged),
        str(len(spans)),
        "",
        "right" if logged == len(spans) else "wrong",
    )


def _until(count: Callable[[], float], expected: float, watch: Callable[[str, float], None], signal: str) -> float:
    """Return a count once it is what is expected, or what it is when time is up."""
    began = time.monotonic()
    while (value := count()) != expected and time.monotonic() - began < _VISIBLE_SECONDS:
        watch(f"waiting for {signal}: {value:g} of {expected:g}", time.monotonic() - began)
        time.sleep(0.5)
    return value


def _span_count(tempo: str, trace_id: str) -> int:
    answer = httpx.get(f"{tempo}/api/traces/{trace_id}", timeout=10)
    if answer.status_code != httpx.codes.OK:
        return 0
    return sum(len(scope["spans"]) for batch in answer.json()["batches"] for scope in batch["scopeSpans"])


def _has_lines(loki: str, service: str, trace_id: str) -> bool:
    params = {"query": lookups.lines_of_trace(service, trace_id).expr, "limit": "1"}
    answer = httpx.get(f"{loki}/loki/api/v1/query_range", params=params, timeout=10)
    return answer.status_code == httpx.codes.OK and bool(answer.json()["data"]["result"])


def _judge(measured: float, expected: float, tolerance: float, bound: float | None) -> Verdict:
    if abs(measured - expected) > tolerance:
        return "wrong"
    return "beyond bound" if bound is not None and measured > bound else "right"


class _Prometheus:
    def __init__(self, config: Config) -> None:
        remote = config.stores.prometheus.url
        base = (
            str(remote).rstrip("/") if remote else f"http://{config.network.address}:{config.network.ports.prometheus}"
        )
        self._url = f"{base}/api/v1/query"

    def value(self, expr: str) -> float:
        result = httpx.get(self._url, params={"query": expr}, timeout=10).json()["data"]["result"]
        return float(result[0]["value"][1]) if result else 0.0


def judged(outcome: Outcome) -> None:
    """Fail if a number is wrong.

    Raises:
        CheckFailed: names the signals.
    """
    wrong = [row.signal for row in outcome.rows if row.verdict == "wrong"]
    if wrong:
        raise CheckFailed(
            f"demo: {', '.join(wrong)} differ from what was injected",
            "`pipecat-lgtm logs collector` shows why; a busy machine makes stages slower",
        )
