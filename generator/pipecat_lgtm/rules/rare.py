"""Bots with too few turns for percentiles: bad ones counted over hours, from windows that do not overlap.

What is added up is recorded first, and seldom: a query over hours reads every sample of its series.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import Query, conditions, levels
from pipecat_lgtm.rules.build import Row, alert
from pipecat_lgtm.rules.model import Alert, Bound, Recording, Signal
from pipecat_lgtm.rules.recordings import LOW_TRAFFIC_GROUP


@dataclass(frozen=True)
class Rare:
    """A share counted over hours.

    Args:
        bad: how many samples were bad.
        every: how many there were.
        busiest: the most in one window.
        needs: what these are computed from.
    """

    bad: Recording
    every: Recording
    busiest: Recording
    needs: tuple[Recording, ...]


def over_hours(config: Config, signal: Signal) -> Rare:
    """Return what counts a share's bad samples over `alerts.low_traffic.window`."""
    samples = _samples(signal)
    more = signal.labels[2:]
    bad = _made(signal.value, "_count", levels.bad_ones(signal.value.name, samples.name, *more))
    every = _made(samples, "_history", levels.again(samples.name, "count"))
    return Rare(
        _summed(config, signal, "sum", bad),
        _summed(config, signal, "sum", every),
        _summed(config, signal, "max", every),
        (bad, every),
    )


def companion(
    config: Config, row: Row, bound: Bound, mark: Callable[[Query, Signal], Query] = lambda found, _: found
) -> Alert:
    """Return the alert for quiet bots; the row's signal is a share, the alert's value a count.

    Args:
        config: says what counts as bad for a bot with few turns.
        row: what is judged and said.
        bound: beyond which a turn is bad.
        mark: what else becomes of the condition.
    """
    counted = replace(row, signal=lambda seconds: _with_hours(config, row.signal(seconds)))

    def condition(signal: Signal, floor: int) -> Query:
        return mark(_condition(config, dict(row.matching), signal, floor), signal)

    return alert(config, counted, "warning", bound, condition=condition)


def _with_hours(config: Config, signal: Signal) -> Signal:
    made = over_hours(config, signal)
    support = (*signal.support, _samples(signal), *made.needs, made.bad, made.every, made.busiest)
    return replace(signal, support=support)


def _condition(config: Config, matching: dict[str, str], signal: Signal, floor: int) -> Query:
    made, low = over_hours(config, signal), config.alerts.low_traffic
    return conditions.low_traffic(
        made.bad.name,
        made.every.name,
        made.busiest.name,
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


def _made(of: Recording, suffix: str, query: Query) -> Recording:
    level, what, operation = of.name.split(":")
    return Recording(f"{level}:{what}{suffix}:{operation}", query, group=LOW_TRAFFIC_GROUP)


def _summed(config: Config, signal: Signal, function: Literal["sum", "max"], of: Recording) -> Recording:
    window = format_seconds(config.alerts.low_traffic.window)
    query = levels.over_hours(function, of.name, window, format_seconds(signal.window))
    return Recording(f"{of.name}_{function}_{window}", query, group=LOW_TRAFFIC_GROUP)
