"""A Prometheus data folder of any size, of the very series that dashboards read, by promtool's block writer."""

import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract.metrics import BY_PROMETHEUS_NAME
from pipecat_lgtm.renderers import buckets
from pipecat_lgtm.rules.alerts import recording_groups
from promql_names import named

STEP = 15
VALUES = {
    labels.STAGE: labels.STAGES, labels.TYPE: labels.TOKEN_TYPES, labels.STATUS: ("ok", "error", "interrupted"),
    labels.OUTCOME: ("completed", "failed"), labels.DIRECTION: ("inbound", "outbound"), labels.SIDE: ("bot", "client"),
    labels.PROVIDER: ("openai", "deepgram"), labels.MODEL: ("one", "two"), labels.KIND: ("card", "complaint"),
    labels.DIMENSION: ("task_completion", "tone_accuracy"), labels.TOOL: ("get_weather", "book_table"),
    labels.CONTRIBUTION: ("transcription", "llm_inference", "speech_synthesis", "pipeline"),
    labels.OWNER: ("service",), labels.CATEGORY: ("server", "rate_limit"), labels.SIGNAL: ("ttfb",),
}  # fmt: skip
"""How many values a label has at a busy bot; the others have one."""

_BY = re.compile(r"by \(([^)]*)\)")


def used(config: Config, exprs: list[str]) -> dict[str, tuple[str, ...]]:
    """The series names that expressions read, of the contract and recorded, with their labels besides the bot's."""
    recorded = {one.name: one.query.expr for group in recording_groups(config).values() for one in group}
    for name, expr in recorded.items():
        # What is computed from recorded buckets is grouped as they are.
        recorded[name] = expr + "".join(recorded[part.series] for part in named(expr) if part.series in recorded)
    found: dict[str, tuple[str, ...]] = {}
    for one in (selector for expr in exprs for selector in named(expr)):
        family = one.series if one.series in BY_PROMETHEUS_NAME else one.series.rpartition("_")[0]
        if one.series in recorded:
            grouped = _BY.search(recorded[one.series])
            listed = [name.strip() for name in grouped[1].split(",")] if grouped else []
            found[one.series] = tuple(name for name in listed if name not in {*labels.COMMON, "le"})
        elif family in BY_PROMETHEUS_NAME:
            found[one.series] = BY_PROMETHEUS_NAME[family].labels
    return found


def _label_sets(config: Config, name: str, own: tuple[str, ...], services: int) -> Iterator[str]:
    choices: list[tuple[str, tuple[str, ...]]] = [(label, VALUES.get(label, ("x",))) for label in own]
    if name.endswith("_bucket"):
        choices.append(("le", (*(f"{bound:g}" for bound in buckets.latency(config)), "+Inf")))
    for number in range(services):
        bot = f'{labels.SERVICE_NAME}="bot-{number:02}",{labels.ENVIRONMENT}="production"'
        for values in itertools.product(*(each for _, each in choices)):
            pairs = [f'{label}="{value}"' for (label, _), value in zip(choices, values, strict=True)]
            yield ",".join((bot, *pairs))


def write(promtool: Path, folder: Path, config: Config, exprs: list[str], services: int, hours: float, end: int) -> int:
    """Write the blocks of some hours of 15 s data; return the number of series."""
    times = range(end - int(hours * 3600), end, STEP)
    text, count = folder.with_suffix(".om"), 0
    with text.open("w", encoding="utf-8") as file:
        for name, own in sorted(used(config, exprs).items()):
            for chosen in _label_sets(config, name, own, services):
                count += 1
                grows = 0 if name.startswith("pipecat:") else 1
                file.write("".join(f"{name}{{{chosen}}} {1 + grows * at} {time}\n" for at, time in enumerate(times)))
        file.write("# EOF\n")
    command = [str(promtool), "tsdb", "create-blocks-from", "openmetrics", str(text), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    text.unlink()
    return count
