"""What annotation templates ask Prometheus: offenders and trend; `%[1]q` is the first label's value, quoted by Go."""

from pipecat_lgtm.contract import engines, labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.signals import FROM_EVENTS
from pipecat_lgtm.queries.query import Query

CRITICAL_WEIGHT = 1000
"""A turn beyond the critical bound outweighs any number of milder ones."""

TREND_TOLERANCE = 0.05
"""A change of less than this share is no change."""


def placeholders(by: tuple[str, ...]) -> list[str]:
    """Return a matcher per label whose value the template fills in."""
    return [f"{label}=%[{index}]q" for index, label in enumerate(by, 1)]


def _grown(series: str, window: str) -> str:
    """Turns of the conversations that breached in the window: their counter grew, or was not there before."""
    held = f"last_over_time({series}[{window}])"
    return f"({held} and increase({series}[{window}]) > 0 or ({held} unless {series} offset {window}))"


def _series(signals: tuple[str, ...], by: tuple[str, ...], *matchers: str) -> str:
    which = (f'{labels.SIGNAL}=~"{"|".join(signals)}"', *matchers, *placeholders(by))
    return f"{m.BREACHES.prometheus}{{{', '.join(which)}}}"


def worst(signals: tuple[str, ...], severity: str, window: str, by: tuple[str, ...]) -> str:
    """Return the trace with the gravest and most breaches of a window; its one label is `trace_id`."""
    gravest = _grown(_series(signals, by, f'{labels.SEVERITY}="critical"'), window) + f" * {CRITICAL_WEIGHT}"
    # What the left side of `or` has, the right side does not add again.
    every = gravest if severity == "critical" else f"{gravest} or {_grown(_series(signals, by), window)}"
    return f"topk(1, sum by ({labels.TRACE_ID}) ({every}))"


def affected(signals: tuple[str, ...], severity: str, window: str, by: tuple[str, ...]) -> str:
    """Return how many conversations breached in a window; where only the trace is known, how many traces."""
    levels = [f'{labels.SEVERITY}="critical"'] if severity == "critical" else []
    unknown = f'{labels.CONVERSATION_ID}="{labels.UNKNOWN}"'
    named = _series(signals, by, *levels, unknown.replace("=", "!=", 1))
    nameless = _series(signals, by, *levels, unknown)
    return (
        f"count(count by ({labels.CONVERSATION_ID}) ({_grown(named, window)}) "
        f"or count by ({labels.TRACE_ID}) ({_grown(nameless, window)}))"
    )


def recent(signals: tuple[str, ...], window: str) -> Query:
    """Return the breaching turns of every conversation that is held, gravest and most first."""
    by = (*labels.COMMON, labels.SIGNAL, labels.SEVERITY, labels.TRACE_ID, labels.CONVERSATION_ID)
    counted = f"sum by ({', '.join(by)}) {_grown(_series(signals, ()), window)}"
    return Query("offenders.recent", f"sort_desc({counted})", "count", "Turns beyond a bound, by conversation.")


def overflowed(signals: tuple[str, ...], window: str, by: tuple[str, ...]) -> str:
    """Return a value if more conversations breached than are held one by one; those of events share a limit."""
    which = ", ".join((f'{labels.SIGNAL}=~"{"|".join(labels.BREACH_FAMILIES)}"', *placeholders(by)))
    expr = f"sum({came(f'{m.SERIES_OVERFLOWED.prometheus}{{{which}}}', window)}) > 0"
    return f"{expr} or sum({came(engines.NO_PLACE, window)}) > 0" if set(signals) & set(FROM_EVENTS) else expr


def came(series: str, window: str) -> str:
    """Return how much counters grew in a window; one that was not there before it, wholly."""
    return f"({series} unless {series} offset {window}) or increase({series}[{window}])"


def before(name: str, by: tuple[str, ...], ago: str) -> str:
    """Return a recorded value as it was so long ago."""
    return f"{_chosen(name, by)} offset {ago}"


def change(name: str, by: tuple[str, ...], ago: str) -> str:
    """Return by how much a recorded value changed since, without the last digits' noise (and without minus nought)."""
    return f"round({_difference(name, by, ago)}, 0.000001) + 0"


def direction(name: str, by: tuple[str, ...], ago: str) -> str:
    """Return 1 if a recorded value rose since, -1 if it fell, 0 if it hardly changed."""
    tolerance = f"> bool {TREND_TOLERANCE:g} * abs({before(name, by, ago)})"
    difference = f"({_difference(name, by, ago)})"
    return f"sgn({difference}) * (abs({difference}) {tolerance})"


def _difference(name: str, by: tuple[str, ...], ago: str) -> str:
    return f"{_chosen(name, by)} - {before(name, by, ago)}"


def _chosen(name: str, by: tuple[str, ...]) -> str:
    return f"{name}{{{', '.join(placeholders(by))}}}" if by else name


def milliseconds(back: int) -> str:
    """Return the time so many seconds ago, as Grafana's links take it."""
    return f"(time() - {back}) * 1000"
