"""What is changed for every call of one provider: delays, jitter, and faults by chance."""

import argparse
from dataclasses import dataclass, field
from typing import get_args

from pipecat_lgtm.sandbox.scenarios import Fault
from pipecat_lgtm_bridge.contract.labels import STAGES

FAULTS: tuple[Fault, ...] = get_args(Fault)


@dataclass(frozen=True)
class Tuning:
    """Overrides of the scenarios.

    Args:
        delays: seconds before the first byte, by stage.
        jitter: seconds that are added at random at most; None leaves it to the scenario.
        faults: fault and the share of requests that get it, by stage; a scenario's own faults come first.
    """

    delays: dict[str, float] = field(default_factory=dict)
    jitter: float | None = None
    faults: dict[str, tuple[Fault, float]] = field(default_factory=dict)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a provider."""
    parser.add_argument("--delay", action="append", default=[], type=_delay, metavar="STAGE=SECONDS")
    parser.add_argument("--jitter", type=_seconds, metavar="SECONDS")
    parser.add_argument(
        "--fault", action="append", default=[], type=_fault, metavar="STAGE=FAULT:SHARE", help=f"one of {FAULTS}"
    )


def chosen(arguments: argparse.Namespace) -> Tuning:
    """Return what the options say."""
    return Tuning(dict(arguments.delay), arguments.jitter, dict(arguments.fault))


def _delay(text: str) -> tuple[str, float]:
    stage, _, seconds = text.partition("=")
    return _stage(stage), _seconds(seconds)


def _fault(text: str) -> tuple[str, tuple[Fault, float]]:
    stage, _, rest = text.partition("=")
    name, _, share = rest.partition(":")
    for fault in FAULTS:
        if fault == name:
            return _stage(stage), (fault, min(1.0, _seconds(share or "1")))
    raise argparse.ArgumentTypeError(f"{name!r} is no fault; one of {', '.join(FAULTS)}")


def _stage(name: str) -> str:
    if name not in STAGES:
        raise argparse.ArgumentTypeError(f"{name!r} is no stage; one of {', '.join(STAGES)}")
    return name


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from error
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: must be nought or more")
    return value
