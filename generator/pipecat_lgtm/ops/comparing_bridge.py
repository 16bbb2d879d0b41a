"""Holds what the bridge adds against what was injected and what the caller heard."""

from collections.abc import Iterator

from pipecat_lgtm.config import Config
from pipecat_lgtm.ops.comparing import Injected, Row, exactly, judge, mean, seconds, until
from pipecat_lgtm.ops.placing import Placed, Watch
from pipecat_lgtm.ops.visible import Stores
from pipecat_lgtm.queries import audit

_STAGES = ("stt", "llm", "tts", "tool")
_HEARD_SECONDS = 0.03
"""What the mean TTFW may differ from what the caller heard, besides what a machine with too much to do hides of it."""


def rows(config: Config, placed: Placed, injected: Injected, watch: Watch) -> Iterator[Row]:
    """Yield every comparison, each once the stores show what is expected or time is up.

    Args:
        config: of the running stack.
        placed: the calls.
        injected: what the scenarios did to the bot.
        watch: told what is waited for.
    """
    stores, service = Stores(config), placed.service
    unseen = [one for call in placed.ledger["calls"] for one in call["unseen"]]
    heard = [one for call in placed.ledger["calls"] for one in call["heard"]]
    counts = {
        **{f"{stage} errors": (audit.errors(service, stage), injected.faults[stage]) for stage in _STAGES},
        "barge-ins": (audit.interruptions(service), injected.barge_ins),
        "silences over 5 s": (audit.silences(service), injected.silences),
        "failed conversations": (audit.failed_conversations(service), injected.failed),
        "first words heard": (audit.ttfw_count(service), len(heard)),
    }
    for signal, (query, count) in counts.items():
        measured = until(lambda query=query: stores.value(query), count, watch, signal)  # type: ignore[misc]
        yield Row(signal, f"{measured:g}", f"{count:g}", "", exactly(measured, count))
    bound = config.thresholds.ttfw.p95.critical
    measured, told = stores.value(audit.ttfw_mean(service)), mean(heard)
    yield Row(
        "TTFW, mean", seconds(measured), f"{seconds(told)}, the caller heard", seconds(bound),
        judge(measured, told, _HEARD_SECONDS + mean(unseen), bound),
    )  # fmt: skip
    parts, ttfw = stores.value(audit.contributions_sum(service)), stores.value(audit.ttfw_sum(service))
    yield Row("TTFW, sum of its parts", seconds(parts), seconds(ttfw), "", judge(parts, ttfw, 0.001 * len(heard), None))
