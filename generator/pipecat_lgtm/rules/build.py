"""From a row of the alert table to alerts: bounds, floors, holds and overrides from the config."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.alerts import Override, Severity
from pipecat_lgtm.config.thresholds import Bounds
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import Query, conditions
from pipecat_lgtm.rules import annotations
from pipecat_lgtm.rules.model import Alert, Bound, BoundUnit, Signal
from pipecat_lgtm_bridge.contract import labels

LOW_TRAFFIC = "LowTraffic"
"""How the names of the companions for quiet bots end."""
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")


@dataclass(frozen=True)
class Row:
    """One condition and what it says.

    Args:
        name: of the alert.
        signal: from a window in seconds to what is judged.
        summary: what is wrong, for a reader woken by it; {value} and {bound} are filled in.
        description: what it means and what to do first; {value} and {bound} too.
        dashboard: uid.
        search: from a bound to the TraceQL that looks for offenders; None: no conversation is one.
        matching: label values that restrict the signal.
        labels: added to the alert.
    """

    name: str
    signal: Callable[[float], Signal]
    summary: str
    description: str
    dashboard: str
    search: Callable[[float], Query] | None = None
    matching: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


def override(config: Config, name: str) -> Override:
    """Return what the config says about one alert.

    An alert for quiet bots has window and floor of the normal one, unless it is given its own: where the one is silent
    for want of samples the other judges.
    """
    own = config.alerts.overrides.get(name, Override())
    if not name.endswith(LOW_TRAFFIC):
        return own
    normal = config.alerts.overrides.get(name.removesuffix(LOW_TRAFFIC), Override())
    same = {key: getattr(normal, key) for key in ("window", "min_samples") if getattr(own, key) is None}
    return own.model_copy(update=same)


def levels(key: str, bounds: Bounds[float] | Bounds[int], unit: BoundUnit) -> Iterator[tuple[Severity, Bound]]:
    """Return the bounds of a signal that somebody is told about."""
    for severity in SEVERITIES:
        value = getattr(bounds, severity)
        if value is not None:
            yield severity, Bound(f"thresholds.{key}.{severity}", float(value), unit)


def alert(  # noqa: PLR0913 - what one rule differs in
    config: Config,
    row: Row,
    severity: Severity,
    bound: Bound,
    *,
    window: float | None = None,
    hold: float | None = None,
    floor: int | None = None,
    condition: Callable[[Signal, int], Query] | None = None,
) -> Alert:
    """Return one alert.

    Args:
        config: has the defaults and the overrides.
        row: what is judged and said.
        severity: who is told.
        bound: beyond which.
        window: seconds; by default `alerts.window`.
        hold: seconds; by default `alerts.hold` of the severity.
        floor: by default `alerts.min_samples`.
        condition: from signal and floor to the query, where it is not a comparison with the bound.
    """
    own = override(config, row.name)
    seconds = next(one for one in (own.window, window, config.alerts.window) if one is not None)
    signal = row.signal(seconds)
    floor = config.alerts.min_samples if floor is None else floor
    if own.min_samples is not None:
        floor = own.min_samples
    if signal.samples is None:
        floor = 0
    query = condition(signal, floor) if condition else compared(signal, bound, row.matching, floor)
    hold = next(one for one in (own.hold, hold, getattr(config.alerts.hold, severity)) if one is not None)
    own_labels = (*row.matching, *row.labels)
    search = row.search(bound.value) if row.search else None
    made = Alert(row.name, severity, signal, query, bound, hold, floor, row.dashboard, search, own_labels)
    return replace(made, annotations=_annotations(config, row, made))


def compared(signal: Signal, bound: Bound, matching: tuple[tuple[str, str], ...], floor: int) -> Query:
    """Return the condition that a signal is beyond a bound."""
    return conditions.beyond(
        signal.value.name,
        bound.value,
        unit=signal.value.query.unit,
        by=signal.labels,
        matching=dict(matching),
        low_is_bad=signal.low_is_bad,
        samples=signal.samples.name if signal.samples else None,
        floor=floor,
    )


def _annotations(config: Config, row: Row, made: Alert) -> dict[str, str]:
    """Return every annotation of an alert."""
    words = {
        "value": _value(made),
        "bound": annotations.bound_text(made.bound),
        "service": f"{{{{ $labels.{labels.SERVICE_NAME} }}}}",
        "environment": f"{{{{ $labels.{labels.ENVIRONMENT} }}}}",
        "window": format_seconds(made.signal.window),
    }
    return {
        "summary": _filled(row.summary, words),
        "description": f"{_filled(row.description, words)} {_judged(config, made)}; bound: {made.bound.key} "
        "in stack.yaml.",
        **annotations.common(
            config,
            row.name,
            made.severity,
            made.signal,
            breached=breach_window(config, made),
            judged=judged_window(config, made),
            dashboard=row.dashboard,
        ),
    }


def _value(made: Alert) -> str:
    """Return the template that says the value; of a quantile only the bucket is known."""
    if made.signal.buckets and made.query.unit == "seconds":
        return annotations.between(made.signal.buckets, made.bound.value)
    return annotations.formatted(made.query.unit, "$value")


def _judged(config: Config, made: Alert) -> str:
    """Return in words what an alert rests on."""
    window = format_seconds(made.signal.window)
    if made.name.endswith(LOW_TRAFFIC):
        hours = format_seconds(config.alerts.low_traffic.window)
        return f"Judged over {hours}, if no {window} of them had {made.min_samples} samples"
    if not made.signal.window:
        return "Judged as it is"
    floor = f", on at least {made.min_samples} samples" if made.min_samples and made.signal.samples else ""
    return f"Judged over {window}{floor}"


def judged_window(config: Config, made: Alert) -> float:
    """Return over how many seconds an alert's value is taken; 0: it is a state."""
    return config.alerts.low_traffic.window if made.name.endswith(LOW_TRAFFIC) else made.signal.window


def breach_window(config: Config, made: Alert) -> float:
    """Return over how many seconds the conversations that breached are counted."""
    return min(judged_window(config, made), config.alerts.low_traffic.window)


def _filled(text: str, words: dict[str, str]) -> str:
    for word, template in words.items():
        text = text.replace("{" + word + "}", template)
    return text
