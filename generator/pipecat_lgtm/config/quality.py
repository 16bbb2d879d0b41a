"""What measures whether the agent is any good: synthetic calls, of whom, how often, and what is a bad one."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AnyUrl, BeforeValidator, Field, UrlConstraints, field_validator, model_validator

from pipecat_lgtm.config.base import Section
from pipecat_lgtm.config.secrets import SecretFile, without_password
from pipecat_lgtm.config.units import Count, Ratio, Seconds

TargetKind = Literal["eval"]
"""How a bot is called: by Pipecat's eval transport."""
WITHIN = 60.0
"""Seconds in which a fault has its verdict: no call may last longer."""
_SYNTHETIC = "-synthetic"


def _of_a_websocket(value: object) -> object:
    if not str(value).startswith(("ws://", "wss://")):
        raise ValueError("must begin with ws:// or wss://")
    return value


BotAddress = Annotated[
    AnyUrl, UrlConstraints(host_required=True), BeforeValidator(_of_a_websocket), BeforeValidator(without_password)
]
"""Of a WebSocket; without a password."""


def _absolute(value: object) -> object:
    if not isinstance(value, str | Path) or not Path(value).is_absolute():
        raise ValueError("give the absolute path of the file")
    return value


File = Annotated[Path, BeforeValidator(_absolute)]


class Target(Section):
    """A bot that is called.

    Args:
        name: the bot's service.name; its synthetic calls are counted under this name and `-synthetic`.
        environment: its deployment.environment; that of `services` without it.
        kind: of the transport.
        url: where it is called.
        scenario: a scenario file of Pipecat's evals.
        token_file: holds a bearer token that the bot asks for.
        cost: US dollars of one call, for `cost_per_day`.
        stt_provider: who serves its STT, for the labels of word errors.
        stt_model: with which model.
        every: seconds between two calls; that of all without it.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,100}$")]
    environment: Annotated[str, Field(min_length=1)] | None = None
    kind: TargetKind
    url: BotAddress
    scenario: File
    token_file: SecretFile | None = None
    cost: Annotated[float, Field(ge=0)] = 0.0
    stt_provider: str | None = None
    stt_model: str | None = None
    every: Seconds | None = None

    @property
    def service(self) -> str:
        """The service.name under which its synthetic calls are counted."""
        return f"{self.name}{_SYNTHETIC}"


class Heartbeat(Section):
    """Synthetic calls."""

    targets: tuple[Target, ...]
    every: Seconds
    jitter: Ratio
    concurrency: Count
    cost_per_day: Annotated[float, Field(gt=0)]
    connect: Seconds
    patience: Seconds
    deadline: Seconds
    slow: Seconds
    wrong_words: Ratio

    @field_validator("targets")
    @classmethod
    def _distinct(cls, value: tuple[Target, ...]) -> tuple[Target, ...]:
        seen: set[tuple[str, str | None, str]] = set()
        for one in value:
            key = (one.name, one.environment, str(one.scenario))
            if key in seen:
                raise ValueError(f"{one.name} is called twice with {one.scenario}; give it once, with its own `every`")
            seen.add(key)
        return value

    @model_validator(mode="after")
    def _in_time(self) -> "Heartbeat":
        if self.deadline >= WITHIN:
            raise ValueError(f"deadline: a fault has its verdict within {WITHIN:g} s; give less")
        for name, value in (("connect", self.connect), ("patience", self.patience), ("slow", self.slow)):
            if value >= self.deadline:
                raise ValueError(f"{name} must be less than deadline, in which the whole call ends")
        if self.slow >= self.patience:
            raise ValueError("slow must be less than patience: what is not waited for is never seen to be slow")
        return self

    def interval(self, target: Target) -> float:
        """Return the seconds between two calls of a target."""
        return target.every or self.every


class Quality(Section):
    """All producers of quality."""

    heartbeat: Heartbeat
