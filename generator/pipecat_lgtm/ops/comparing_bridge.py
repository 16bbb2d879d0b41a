"""Holds what the bridge adds against what was injected and what the caller heard."""

from collections.abc import Iterator
from functools import partial

from pipecat_lgtm.config import Config
from pipecat_lgtm.ops.comparing import Injected, Row, counted, judge, mean, seconds
from pipecat_lgtm.ops.placing import Placed, Watch
from pipecat_lgtm.ops.visible import Stores
from pipecat_lgtm.queries import audit
from pipecat_lgtm_bridge.contract.events import LONG_SILENCE

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
        **{f"{stage} errors": (partial(audit.errors, service, stage), injected.faults[stage]) for stage in _STAGES},
        "barge-ins": (partial(audit.interruptions, service), injected.barge_ins),
        f"silences over {LONG_SILENCE:g} s": (partial(audit.silences, service), injected.silences),
        "failed conversations": (partial(audit.failed_conversations, service), injected.failed),
        "first words heard": (partial(audit.ttfw_count, service), len(heard)),
    }
    for signal, (ask, count) in counts.items():
        yield counted(stores, placed, signal, ask, count, watch)
    bound = config.thresholds.ttfw.p95.critical
    measured, told = stores.value(audit.ttfw_mean(service, placed.window)), mean(heard)
    yield Row(
        "TTFW, mean", seconds(measured), f"{seconds(told)}, the caller heard", seconds(bound),
        judge(measured, told, _HEARD_SECONDS + mean(unseen), bound),
    )  # fmt: skip
    window = placed.window
    parts, ttfw = (stores.value(ask(service, window)) for ask in (audit.contributions_sum, audit.ttfw_sum))
    yield Row("TTFW, sum of its parts", seconds(parts), seconds(ttfw), "", judge(parts, ttfw, 0.001 * len(heard), None))
