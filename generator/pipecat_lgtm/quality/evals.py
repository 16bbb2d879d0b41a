"""The one place that knows `pipecat.evals`: scenarios are loaded, checked and played by it, and its wire is read here.

Bots are called through it: it talks to a WebSocket on loopback, the near end of a `Line`, whose far end is the bot.
What passes there is what the caller says and hears.
"""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipecat.evals import client
from pipecat.evals.results import EvalAssertionFailure, EvalScriptResult, EvalScriptTurnProgress
from pipecat.evals.scenario import EvalScenarioFile
from pipecat.evals.script import EvalScriptScenario
from pipecat.evals.script_session import EvalScriptSession
from pipecat.evals.serializer import EVAL_BOT_AUDIO_TYPE, EVAL_CONNECT_MESSAGE_TYPE
from pipecat.evals.session import EvalSessionParams
from pipecat.workers.runner import WorkerRunner

from pipecat_lgtm.errors import ConfigError
from pipecat_lgtm.quality.facts import Facts
from pipecat_lgtm.quality.verdict import Played

_HARNESS_FAILED = frozenset({"no_judge", "error"})
_NEVER_TAKEN = frozenset({"connect_failed", "closed_before_ready", "handshake_timeout"})
_POLL_SECONDS = 0.05

# Its runner would take Ctrl-C for itself: it would end one call, and the heartbeat would go on.
client.WorkerRunner = partial(WorkerRunner, handle_sigint=False)  # type: ignore[attr-defined,assignment]


@dataclass(frozen=True)
class Scenario:
    """A scenario that can be called.

    Args:
        name: Pipecat's.
        parsed: as Pipecat reads it.
    """

    name: str
    parsed: EvalScriptScenario


def load(path: Path) -> list[Scenario]:
    """Return the scenarios of a file.

    Raises:
        ConfigError: it cannot be read; it is no call, for nobody speaks or hears in it; a recording is missing.
    """
    try:
        found = EvalScenarioFile.load(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", "quality.heartbeat.targets name scenario files") from error
    except Exception as error:
        said = " ".join(str(error).removeprefix(f"{path}: ").split())
        raise ConfigError(f"{path}: {said}", "`pipecat eval run` reads the same file") from error
    return [_callable(path, one) for one in found]


def _callable(path: Path, scenario: Any) -> Scenario:  # noqa: ANN401 - a scenario of either kind
    if not isinstance(scenario, EvalScriptScenario):
        raise ConfigError(
            f"{path}: {scenario.name} is a simulation, which costs a model of its own at every call",
            "give turns: instead of a persona",
        )
    if not (scenario.user_audio and scenario.bot_audio):
        raise ConfigError(
            f"{path}: {scenario.name} is typed, not spoken: user.modality and judge.modality are not both audio",
            "docs/quality.md has a scenario to begin with",
        )
    for number, turn in enumerate(scenario.turns, start=1):
        if turn.audio is not None and not Path(turn.audio).is_file():
            raise ConfigError(f"{turn.audio}: there is no such recording", f"turn {number} of {path} names it")
    return Scenario(scenario.name, scenario)


class _Session(EvalScriptSession):
    """A session that hears the bot out before it hangs up."""

    def hear_out(self, listen: Callable[[], Awaitable[None]]) -> None:
        self._listen = listen

    async def _converse(self) -> list[EvalAssertionFailure]:
        failures = await super()._converse()
        # What came too late for the scenario is to be told from what never comes.
        await self._listen()
        return failures


async def play(scenario: Scenario, near_end: str, facts: Facts, patience: float, connect: float) -> Played:
    """Play a scenario to its end, or to the bot's.

    Args:
        scenario: which.
        near_end: address of the line's near end.
        facts: told which turn begins.
        patience: seconds to wait for what is expected.
        connect: seconds until the bot must be ready.
    """
    params = EvalSessionParams(
        connect_timeout_s=connect, bot_ready_timeout_s=connect, default_timeout_ms=int(patience * 1000)
    )
    session = _Session.from_scenario(scenario.parsed, near_end, params=params)
    assert isinstance(session, _Session)  # noqa: S101 - from_scenario is a class method
    session.hear_out(lambda: _heard(facts, patience))

    async def turn(_session: object, record: EvalScriptTurnProgress) -> None:
        if record.status == "turn":
            turn = scenario.parsed.turns[record.turn_index]
            facts.begins(turn.user or "", answered=bool(turn.expect))

    session.add_event_handler("on_progress", turn)
    return _played(await session.run())


async def _heard(facts: Facts, patience: float) -> None:
    """Wait until the answer has been heard to its end, the bot has hung up, or patience is at its end."""
    began = time.monotonic()
    while not (facts.heard() or facts.hung_up):
        spoken = facts.turns[-1].ended or began
        if time.monotonic() > max(spoken, facts.sounded or 0.0) + patience:
            return
        await asyncio.sleep(_POLL_SECONDS)


def _played(result: EvalScriptResult) -> Played:
    kinds = tuple(one.kind for one in result.failures)
    broken = next((one.reason for one in result.failures if one.kind in _HARNESS_FAILED), result.skipped or "")
    return Played(result.passed, kinds, "bot_ended" in kinds, broken)


def taken(played: Played) -> bool:
    """Return whether the bot took the call: it said that it is ready."""
    return not _NEVER_TAKEN.intersection(played.kinds)


@dataclass(frozen=True)
class Said:
    """One message on the wire, as far as a caller is concerned.

    Args:
        kind: caller's or bot's audio, ready, speaking, silent, understood, connect, or nothing of these.
        pcm: 16-bit mono.
        rate: of it.
        text: words that were understood.
    """

    kind: str
    pcm: bytes = b""
    rate: int = 0
    text: str = ""


_OTHER = Said("")
_PLAIN = {
    "bot-ready": Said("ready"),
    "bot-started-speaking": Said("speaking"),
    "bot-stopped-speaking": Said("silent"),
    "bot-interrupted": Said("silent"),
}


def read(message: str | bytes) -> Said:
    """Return what a message of either side says."""
    try:
        found = json.loads(message)
    except ValueError:
        return _OTHER
    data = found.get("data") or {} if isinstance(found, dict) else None
    if not isinstance(data, dict):
        return _OTHER
    kind = str(found.get("type"))
    if kind == "raw-audio":
        return Said("caller", base64.b64decode(data.get("base64Audio", "")), int(data.get("sampleRate", 0)))
    if kind == EVAL_BOT_AUDIO_TYPE:
        return Said("bot", base64.b64decode(data.get("audio", "")), int(data.get("sampleRate", 0)))
    if kind == "user-input" and data.get("input_type") == "transcription" and data.get("final"):
        return Said("understood", text=str(data.get("text", "")))
    connects = kind == "client-message" and data.get("t") == EVAL_CONNECT_MESSAGE_TYPE
    return Said("connect") if connects else _PLAIN.get(kind, _OTHER)


def with_audio(message: str | bytes) -> str:
    """Return the first message of a call, asking for the bot's audio, whatever the scenario needs of it."""
    found = json.loads(message)
    found["data"]["d"] = {**found["data"].get("d", {}), "capture_bot_audio": True, "skip_tts": False}
    return json.dumps(found)
