"""Bots with too few turns for percentiles: bad ones counted over hours, from one evaluation to the next.

What is added up is recorded first, and seldom: a query over hours reads every sample of its series.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import Query, conditions, levels
from pipecat_lgtm.queries.steps import Counts, Step
from pipecat_lgtm.rules.build import Row, alert
from pipecat_lgtm.rules.model import Alert, Bound, Recording, Signal
from pipecat_lgtm.rules.recordings import LOW_TRAFFIC_GROUP, low_traffic_step, recorded

Ask = Callable[[Step, str], Counts]
"""From a step, and the name as which all samples of it are recorded, to what is counted in it."""


@dataclass(frozen=True)
class Rare:
    """What is counted over hours.

    Args:
        bad: how many were bad.
        every: how many there were.
        busiest: the most in one window.
        needs: what these are computed from.
    """

    bad: Recording
    every: Recording
    busiest: Recording
    needs: tuple[Recording, ...]


def over_hours(config: Config, signal: Signal, ask: Ask) -> Rare:
    """Return what counts a share's samples, and the bad ones, over `alerts.low_traffic.window`."""
    window, usual = format_seconds(config.alerts.low_traffic.window), format_seconds(signal.window)
    step = Step(low_traffic_step(config))
    what = signal.value.name.split(":")[1]
    names = [recorded(f"{what}_{which}", "grown", step.length) for which in ("all", "bad")]
    counts = ask(step, names[0])
    every, bad = (_made(name, query) for name, query in zip(names, (counts.every, counts.bad), strict=True))
    # Not the recorded samples: what `increase` makes of a first scrape may be twice as many as there were.
    kept = _made(f"{every.name}_sum_{usual}", levels.sum_over(every.name, usual))
    return Rare(
        _made(f"{bad.name}_sum_{window}", levels.sum_over(bad.name, window)),
        _made(f"{every.name}_sum_{window}", levels.sum_over(every.name, window)),
        _made(f"{kept.name}_max_{window}", levels.max_over(kept.name, window)),
        (every, bad, kept),
    )


def companion(
    config: Config, row: Row, bound: Bound, ask: Ask, mark: Callable[[Query], Query] = lambda found: found
) -> Alert:
    """Return the alert for quiet bots; the row's signal is a share, the alert's value a count.

    Args:
        config: says what counts as bad for a bot with few turns.
        row: what is judged and said.
        bound: beyond which a turn is bad.
        ask: what is counted.
        mark: what else becomes of the condition.
    """
    counted = replace(row, signal=lambda seconds: _with_hours(config, row.signal(seconds), ask))

    def condition(signal: Signal, floor: int) -> Query:
        return mark(_condition(config, dict(row.matching), signal, floor, ask))

    return alert(config, counted, "warning", bound, condition=condition)


def _with_hours(config: Config, signal: Signal, ask: Ask) -> Signal:
    made = over_hours(config, signal, ask)
    support = (*signal.support, _samples(signal), *made.needs, made.bad, made.every, made.busiest)
    return replace(signal, support=support, hours=made.bad)


def _condition(config: Config, matching: dict[str, str], signal: Signal, floor: int, ask: Ask) -> Query:
    made, low = over_hours(config, signal, ask), config.alerts.low_traffic
    return conditions.low_traffic(
        made.bad.name,
        made.every.name,
        made.busiest.name,
        _samples(signal).name,
        by=signal.labels,
        matching=matching,
        window=format_seconds(low.window),
        min_count=low.min_count,
        min_share=low.share,
        floor=floor,
    )


def _samples(signal: Signal) -> Recording:
    assert signal.samples is not None, signal.value.name  # noqa: S101 - a share always rests on samples
    return signal.samples


def _made(name: str, query: Query) -> Recording:
    return Recording(name, query, group=LOW_TRAFFIC_GROUP)
