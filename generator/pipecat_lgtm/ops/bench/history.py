"""A Prometheus data folder of any size, of the very series that expressions read, by promtool's block writer."""

import itertools
import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipecat_lgtm.config import Config, buckets
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.rules.alerts import recording_groups
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.metrics import BY_PROMETHEUS_NAME

STEP = 15
_BLOCK_SECONDS = 7200
VALUES = {
    labels.STAGE: labels.STAGES, labels.TYPE: labels.TOKEN_TYPES, labels.STATUS: ("ok", "error", "interrupted"),
    labels.OUTCOME: ("completed", "failed"), labels.DIRECTION: ("inbound", "outbound"), labels.SIDE: ("bot", "client"),
    labels.PROVIDER: ("openai", "deepgram"), labels.MODEL: ("one", "two"), labels.KIND: ("card", "complaint"),
    labels.DIMENSION: ("task_completion", "tone_accuracy"), labels.SOURCE: ("judge", "human"),
    labels.TOOL: ("get_weather", "book_table"),
    labels.CONTRIBUTION: ("transcription", "llm_inference", "speech_synthesis", "pipeline"),
    labels.OWNER: ("service",), labels.CATEGORY: ("server", "rate_limit"), labels.SIGNAL: ("ttfb",),
}  # fmt: skip
"""How many values a label has at a busy bot; the others have one."""

_NAME = re.compile(r"\bpipecat[\w:]+")
_BY = re.compile(r"by \(([^)]*)\)")


@dataclass(frozen=True)
class Size:
    """How much there is of every series.

    Args:
        services: that have it.
        begin: Unix seconds of the first sample.
        end: and of the last.
    """

    services: int
    begin: int
    end: int


def read_by(config: Config, exprs: list[str]) -> dict[str, tuple[str, ...]]:
    """Return the series names that expressions read, of the contract or recorded, with labels besides the bot's."""
    recorded = {one.name: one.query.expr for group in recording_groups(config).values() for one in group}
    names = {name for expr in exprs for name in _NAME.findall(expr)}
    return {name: own for name in names if (own := _labels(name, recorded)) is not None}


def _labels(name: str, recorded: dict[str, str]) -> tuple[str, ...] | None:
    """Return the labels of a series name; those of a recording are what it groups by, else those of what it reads."""
    family = name if name in BY_PROMETHEUS_NAME else name.rpartition("_")[0]
    if family in BY_PROMETHEUS_NAME:
        return BY_PROMETHEUS_NAME[family].labels
    if name not in recorded:
        return None
    if grouped := _BY.search(recorded[name]):
        listed = [label.strip() for label in grouped[1].split(",")]
        return tuple(label for label in listed if label not in {*labels.COMMON, "le"})
    within = (_labels(one, recorded) for one in _NAME.findall(recorded[name]))
    return next((own for own in within if own is not None), ())


def write(promtool: Path, folder: Path, config: Config, exprs: list[str], size: Size) -> int:
    """Write blocks of two hours, with a sample every 15 s; return the number of series.

    Raises:
        EngineError: promtool refuses what it is given.
    """
    names = sorted(read_by(config, exprs).items())
    series = [one for name, own in names for one in _series(config, name, own, size.services)]
    folder.mkdir(parents=True)
    first = size.begin // _BLOCK_SECONDS * _BLOCK_SECONDS
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        tasks = [
            pool.submit(_block, promtool, folder, series, range(max(start, size.begin), until, STEP))
            for start in range(first, size.end, _BLOCK_SECONDS)
            if (until := min(start + _BLOCK_SECONDS, size.end + 1)) > max(start, size.begin)
        ]
        for task in tasks:
            task.result()
    return len(series)


def _series(config: Config, name: str, own: tuple[str, ...], services: int) -> Iterator[str]:
    choices: list[tuple[str, tuple[str, ...]]] = [(label, VALUES.get(label, ("x",))) for label in own]
    if name.endswith("_bucket"):
        choices.append(("le", (*(f"{bound:g}" for bound in buckets.latency(config)), "+Inf")))
    for number in range(services):
        bot = f'{labels.SERVICE_NAME}="bot-{number:02}",{labels.ENVIRONMENT}="production"'
        for values in itertools.product(*(each for _, each in choices)):
            pairs = [f'{label}="{value}"' for (label, _), value in zip(choices, values, strict=True)]
            yield f"{name}{{{','.join((bot, *pairs))}}}"


def _block(promtool: Path, folder: Path, series: list[str], times: range) -> None:
    """Write one block: what is recorded stays as it is, what is counted grows."""
    text = folder.with_name(f"{folder.name}-{times.start}.om")
    flat = [f" 1 {at}\n" for at in times]
    grown = [f" {at // STEP} {at}\n" for at in times]
    with text.open("w", encoding="utf-8") as file:
        for one in series:
            file.write(one + one.join(flat if one.startswith("pipecat:") else grown))
        file.write("# EOF\n")
    command = [str(promtool), "tsdb", "create-blocks-from", "openmetrics", str(text), str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    text.unlink()
    if done.returncode:
        raise EngineError(f"promtool: {done.stderr.strip()[-300:]}", "is this version known?")
