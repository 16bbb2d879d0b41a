"""Runs the sandbox: its provider and its bot, each a process of its own that ends with us."""

import contextlib
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import httpx

from pipecat_lgtm import http
from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.interrupt import uninterrupted
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.engines import token

Watch = Callable[[str, float], None]
Mode = Literal["bridge", "spans-only"]
BASELINE = "baseline"
SERVICES: dict[Mode, str] = {"bridge": "sandbox-bot", "spans-only": "sandbox-bot-spans-only"}
"""The bot's service.name, the same in every demo, so that dashboards and alerts know one bot and not one a demo."""

"""The scenario that injects nothing: what it measures is the pipeline's own share, under the load of this very run."""

_CALLS_PER_BASELINE = 4
_GRACE_SECONDS = 20.0
_SANDBOX = (sys.executable, "-m", "pipecat_lgtm.sandbox")
_TAIL_LINES = 15
_TRUTH_SECONDS = 30.0


@dataclass(frozen=True)
class Placed:
    """Calls that have ended.

    Args:
        service: the bot's service.name, which earlier calls have too.
        began: Unix time before the first of these calls.
        ledger: what the bot itself emitted.
        truth: what the provider injected and answered, by sample name.
        bridge: the bot had the bridge.
    """

    service: str
    began: float
    ledger: dict[str, Any]
    truth: dict[str, float]
    bridge: bool = False

    @property
    def window(self) -> str:
        """Return the time since these calls began, as PromQL writes it: what grew in it is theirs alone."""
        return f"{math.ceil((time.time() - self.began) * 1000)}ms"


@contextlib.contextmanager
def placed(config: Config, names: list[str], mode: Mode, watch: Watch) -> Iterator[Placed]:
    """Place calls and wait for their end; the provider runs, and is scraped, until the block ends.

    Args:
        config: of the running stack.
        names: the scenario of each call.
        mode: with the bridge, or by Pipecat's own spans only.
        watch: told how many calls have ended.

    Raises:
        EngineError: the provider or the bot could not run.
    """
    service = SERVICES[mode]
    base = f"http://{config.network.inside_host}:{config.network.ports.sandbox}"
    with contextlib.ExitStack() as stack:
        ledger = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pipecat-lgtm-demo-"))) / "ledger.json"
        provider = stack.enter_context(_child(_provider(config)))
        if json.loads(_first_line(provider) or "{}").get("event") != "provider":
            raise EngineError(
                "sandbox: the provider did not start",
                f"is port {config.network.ports.sandbox} (network.ports.sandbox) free, and is it installed: "
                "`pip install 'pipecat-lgtm[sandbox]'`?",
            )
        began = time.time()
        bot = stack.enter_context(_child(_bot(config, service, ledger, names, mode), _credentials(config)))
        _follow(_lines(bot), len(names), watch)
        truth = _truth(base)
        yield Placed(service, began, json.loads(ledger.read_text(encoding="utf-8")), truth, mode == "bridge")


def _truth(base: str) -> Any:  # noqa: ANN401 - JSON
    """Return what the provider has injected and counted."""
    try:
        return http.request("GET", f"{base}/truth", _TRUTH_SECONDS).json()
    except (httpx.HTTPError, ValueError) as error:
        raise EngineError(
            f"sandbox: the provider does not answer: {error}", "try again on a less busy machine"
        ) from error


def order(count: int, scenarios: list[str]) -> list[str]:
    """Return the scenario of each call: the wanted ones in turn, a baseline call before every four of them."""
    names: list[str] = []
    for number, name in zip(range(count), itertools.cycle(scenarios), strict=False):
        if number % _CALLS_PER_BASELINE == 0:
            names.append(BASELINE)
        names.append(name)
    return names


def _provider(config: Config) -> list[str]:
    return [*_SANDBOX, "provider", "--address", config.network.inside, "--port", str(config.network.ports.sandbox)]


def _bot(config: Config, service: str, ledger: Path, names: list[str], mode: Mode) -> list[str]:
    network, ports = config.network, config.network.ports
    return [
        *_SANDBOX, "calls",
        "--otlp", f"{network.entrance}:{ports.otlp_http}", "--provider", f"http://{network.inside_host}:{ports.sandbox}",
        "--service-name", service, "--ledger", str(ledger), "--mode", mode,
        "--calls", str(len(names)), *(f"--scenario={name}" for name in names),
    ]  # fmt: skip


def _credentials(config: Config) -> dict[str, str]:
    """Return the variables by which a bot shows its token and trusts the entrance; others could read arguments."""
    found: dict[str, str] = {}
    if bearer := token(config):
        found["OTEL_EXPORTER_OTLP_HEADERS"] = f"Authorization={quote(f'Bearer {bearer}')}"
    if certificate := config.network.tls.cert_file:
        found["OTEL_EXPORTER_OTLP_CERTIFICATE"] = str(certificate)
        # Where this is set for the whole machine, `requests` prefers it to what the exporter was told.
        found["REQUESTS_CA_BUNDLE"] = str(certificate)
    return found


@contextlib.contextmanager
def _child(argv: list[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    child: subprocess.Popen[str] | None = None
    try:
        with uninterrupted():
            child = subprocess.Popen(
                argv,
                stderr=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )
        yield child
    finally:
        if child is not None:
            with uninterrupted():
                _end(child)


def _end(child: subprocess.Popen[str]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()
    if child.stderr:
        child.stderr.close()


def _first_line(child: subprocess.Popen[str]) -> str:
    line = child.stderr.readline() if child.stderr else ""
    return line if line.startswith("{") else ""


def _lines(child: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    other: list[str] = []
    for line in child.stderr or ():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            other.append(line.rstrip())
    if child.wait() != 0:
        raise EngineError(
            "sandbox: the bot ended with an error:\n    " + "\n    ".join(other[-_TAIL_LINES:]),
            "install it with `pip install 'pipecat-lgtm[sandbox]'`",
        )


def _follow(lines: Iterator[dict[str, Any]], count: int, watch: Watch) -> None:
    began, ended = time.monotonic(), 0
    for line in lines:
        ended += line["event"] == "ended"
        watch(f"calls: {ended} of {count} ended, {line['call']} {line['event']}", time.monotonic() - began)
