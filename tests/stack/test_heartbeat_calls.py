"""Synthetic calls into a real bot on the sandbox's provider: every fault has its verdict, and the stack is told."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import jiwer
import otlp
import psutil
import pytest
from called import PLANTED, SAID, TOKEN, bot, fake_provider, write_scenario
from harness import QUICK_COLLECTOR, Process, poll
from receiver import Received, receiver
from stacks import EngineBin, Stack, stack_of

import yamls
from pipecat_lgtm.quality.words import normalise
from pipecat_lgtm_bridge import path
from pipecat_lgtm_bridge.contract import heartbeat as h

pytestmark = [pytest.mark.stack, pytest.mark.alone]

FAULTS = {
    "heartbeat": h.OK,
    "planted": h.OK,
    "mute": h.SILENT,
    "down": h.SILENT,
    "late": h.SLOW,
    "wrong": h.WRONG_WORDS,
    "hangup": h.DROPPED,
    "guarded": h.REFUSED,
    "closed": h.UNREACHABLE,
}
"""What is wrong with a call, and the verdict on it."""


@dataclass
class Called:
    """A stack with a heartbeat, the bot that it calls, and what that bot has told.

    Args:
        stack: collector, Prometheus and heartbeat.
        bot: its process.
        url: where it is called.
        told: by it.
        scenario: with which.
    """

    stack: Stack
    bot: Process
    url: str
    told: Received
    scenario: Path

    def counted(self) -> dict[str, dict[str, float]]:
        """Return the calls by verdict of every target, without those that are 0."""
        text = httpx.get(f"http://127.0.0.1:{self.stack.ports.heartbeat}/metrics", timeout=10).text
        found: dict[str, dict[str, float]] = {}
        for target, verdict, value in re.findall(rf'{h.CALLS}\{{target="(.+)",verdict="(.+)"\}} (.+)', text):
            if float(value):
                found.setdefault(target, {})[verdict] = float(value)
        return found

    def words(self, target: str) -> dict[str, float]:
        """Return the words said to a target in one call, by what was understood."""
        text = httpx.get(f"http://127.0.0.1:{self.stack.ports.heartbeat}/metrics", timeout=10).text
        found = re.findall(rf'{h.WORDS}\{{kind="(.+)",target="{target}"\}} (.+)', text)
        (calls,) = re.findall(rf'{h.CALLS}\{{target="{target}",verdict="ok"\}} (.+)', text)
        return {kind: float(value) / float(calls) for kind, value in found}


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Called]:
    """Calls with every fault, in turn, a few at once."""
    folder = tmp_path_factory.mktemp("heartbeat")
    scenario = write_scenario(folder)
    with receiver() as told, fake_provider(folder) as provider:
        env = {
            "PIPECAT_SETUP_FILES": str(path()), "OTEL_SERVICE_NAME": "my-bot", "OTEL_EXPORTER_OTLP_ENDPOINT": told.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }  # fmt: skip
        with bot(folder, provider, sys.executable, env) as (process, url):
            targets = [
                {
                    "name": f"bot-{case}", "kind": "eval", "scenario": str(scenario), "cost": 0.01,
                    "url": f"{url}?case={case}" if case != "closed" else "ws://127.0.0.1:9/ws",
                    "every": "5 s" if case == "heartbeat" else "10 m",
                }
                for case in FAULTS
            ]  # fmt: skip
            quality = {
                "jitter": "1 %", "patience": "9 s", "deadline": "25 s", "slow": "4500 ms", "targets": targets,
            }  # fmt: skip
            overrides = QUICK_COLLECTOR | {"quality": {"heartbeat": quality}, "alerts": {"interval": "1 s"}}
            with stack_of(folder, engine_bin, "collector", "prometheus", "heartbeat", overrides=overrides) as stack:
                yield Called(stack, process, url, told, scenario)


def test_every_fault_has_its_verdict(called: Called) -> None:
    """A bot that is fine, silent, late, deaf, gone or guarded gets exactly its verdict, call after call."""
    wanted = {f"bot-{case}": verdict for case, verdict in FAULTS.items()}
    found = poll("a call of each", lambda: counted if (counted := called.counted()).keys() >= wanted.keys() else None)

    assert {target: {verdict} for target, verdict in wanted.items()} == {
        target: set(verdicts) for target, verdicts in found.items()
    }


def test_reaches_the_stack(called: Called) -> None:
    """Each call is a conversation of `<bot>-synthetic`, completed or abandoned; word errors are of the script."""
    conversations = 'pipecat_conversations_total{{service_name="{}",outcome="{}"}} >= bool 1'
    for case, verdict in FAULTS.items():
        outcome = "completed" if verdict == h.OK else "abandoned"
        called.stack.until(conversations.format(f"bot-{case}-synthetic", outcome), 1)
    where = '{service_name="bot-planted-synthetic",source="script"}'
    called.stack.until(f"pipecat_stt_wer_ratio_count{where} >= bool 1", 1)
    rate = called.stack.value(f"pipecat_stt_wer_ratio_sum{where} / pipecat_stt_wer_ratio_count{where}")

    assert jiwer.wer(normalise(SAID), normalise(PLANTED)) == pytest.approx(rate)


def test_words_are_jiwers(called: Called) -> None:
    """Substitutions, deletions and insertions planted in what the STT gives are counted as jiwer counts them."""
    by_hand = jiwer.process_words(normalise(SAID), normalise(PLANTED))

    assert {"hit": by_hand.hits, "substitution": 1, "deletion": 1, "insertion": 1} == called.words("bot-planted")
    assert {"substitution": 0, "deletion": 0, "insertion": 0}.items() <= called.words("bot-heartbeat").items()


def test_out_of_production(called: Called) -> None:
    """All that the bot itself tells of such a call is marked, and what is marked becomes no metric."""
    poll("the bot's own spans", lambda: called.told.named("turn") and called.told.events("pipecat.conversation.end"))
    calls = {one.trace_id for one in called.told.named("conversation")}
    # FastAPI's own spans are there before the call is, and no metric is made of them.
    spans = [one for one in called.told.spans if one.trace_id in calls and not one.name.startswith(("fastapi", "WS "))]
    events = [one for one in called.told.records if {"event.name", "conversation.id"} <= one.attributes.keys()]

    assert {"conversation", "turn", "stt", "llm", "tts"} <= {one.name for one in spans}
    assert [] == [one.name for one in spans if one.attributes.get("pipecat.synthetic") is not True]
    assert [] == [one.name for one in events if one.attributes.get("pipecat.synthetic") is not True]

    port, who = called.stack.ports.otlp_http, {"service.name": "marked-bot"}
    for name in ("called-bot", "marked-bot"):
        marked = {"pipecat__synthetic": True} if name == "marked-bot" else {}
        otlp.send(port, otlp.traces([otlp.turn(1.0, **marked)], who | {"service.name": name}))
    called.stack.until('pipecat_turns_total{service_name="called-bot"}', 1)

    assert [] == called.stack.query('{service_name="marked-bot"}')


def test_pipecat_agrees(called: Called) -> None:
    """`pipecat eval run` of the same file passes where the verdict is ok, and fails where it is not."""
    cases, folder = ("heartbeat", "late", "wrong"), called.stack.folder
    command = [sys.executable, "-m", "pipecat.evals", "run", str(called.scenario), "--timeout", "9", "--bot-url"]
    running = [
        subprocess.Popen(
            [*command, f"{called.url}?case={case}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder
        )
        for case in cases
    ]
    said = [one.communicate(timeout=90)[0] for one in running]

    assert [FAULTS[case] == h.OK for case in cases] == [one.returncode == 0 for one in running], said


def _once(config: Path, target: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "pipecat_lgtm", "heartbeat", "--once", "--config", str(config), f"--target={target}"]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_once(called: Called) -> None:
    """For cron and CI: 0 where all is ok, 1 with the verdict where it is not; a token opens what is guarded."""
    config, token = called.stack.folder / "stack.yaml", called.stack.folder / "token"
    token.write_text(TOKEN, encoding="utf-8")
    given, own = yamls.load(config.read_text(encoding="utf-8")), called.stack.folder / "let-in.yaml"
    for target in given["quality"]["heartbeat"]["targets"]:
        target["token_file"] = str(token)
    own.write_text(yamls.dump(given), encoding="utf-8")
    running = [_once(config, "bot-heartbeat"), _once(config, "bot-closed"), _once(own, "bot-guarded")]
    said = [one.communicate(timeout=90)[0] for one in running]

    assert [
        "bot-heartbeat booking/booking: ok",
        "bot-closed booking/booking: unreachable",
        "bot-guarded booking/booking: ok",
    ] == [": ".join(re.split(r": | \(", one)[:2]) for one in said], said
    assert [0, 1, 0] == [one.returncode for one in running]


def test_bot_gone_collector_gone_heartbeat_gone(called: Called) -> None:
    """A bot that is killed is unreachable, without a collector /metrics stays true, and only then nobody calls.

    That the heartbeat has ended is said by Prometheus, of the heartbeat. It has kept no socket and no thread of calls.
    """  # fmt: skip
    popen = called.stack.processes["heartbeat"].popen
    assert popen is not None
    program = psutil.Process(popen.pid)
    down = 'max(up{job="heartbeat"}) == 0'
    held = program.num_fds(), program.num_threads()
    # Its first scrape may be from before it listened.
    poll("a scrape of the heartbeat", lambda: called.stack.query('max(up{job="heartbeat"}) == 1'))
    before = poll("a call", lambda: c if (c := called.counted()).get("bot-heartbeat", {}).get(h.OK) else None)
    called.bot.send_signal(signal.SIGKILL)
    poll("unreachable", lambda: called.counted()["bot-heartbeat"].get(h.UNREACHABLE))

    assert [] == called.stack.query(down)

    called.stack.stop("collector")
    since = called.counted()["bot-heartbeat"][h.UNREACHABLE]
    after = poll(
        "calls without a collector",
        lambda: c if (c := called.counted())["bot-heartbeat"][h.UNREACHABLE] > since + 1 else None,
    )

    assert before["bot-heartbeat"][h.OK] <= after["bot-heartbeat"][h.OK]
    assert program.num_fds() <= held[0] + 3
    assert program.num_threads() <= held[1] + 3

    began = time.monotonic()
    code = called.stack.processes.pop("heartbeat").stop()

    assert 0 == code
    assert time.monotonic() - began < 30  # far below the grace after which it is killed
    poll("nobody calls", lambda: called.stack.query(down))
    poll("the alert's condition", lambda: called.stack.query("pipecat:heartbeat_down:state == 1"))
