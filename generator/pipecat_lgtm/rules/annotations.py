"""What every alert carries, written once: offenders, trend, links. Go templates on `$labels`, `$value` and `query`."""

from itertools import pairwise

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_ratio, format_seconds, spell_seconds
from pipecat_lgtm.queries import offenders
from pipecat_lgtm.queries.expr import Expr
from pipecat_lgtm.rules.model import Bound, Signal
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.signals import FROM_EVENTS

NO_TRACE_APPLIES = "none applies: this alert is about the monitoring, not about a conversation"
NO_TRACE_HELD = "none held: no conversation was caught beyond its own bound; trace_url lists the calls of that time"
NO_CONVERSATION_APPLIES = "does not apply"
WORSE, SAME, BETTER = "getting worse", "stabilizing", "recovering"

CALL, CALLS = "pipecat-conversation", "pipecat-conversations"
"""Dashboards that `trace_url` opens: one call, and the calls of a service."""

_HOUR = 3600


def formatted(unit: str, value: str) -> str:
    """Return the template that prints a value (a template expression) in its unit."""
    if unit == "seconds":
        return f"{{{{ {value} | humanizeDuration }}}}"
    if unit == "ratio":
        return f"{{{{ {value} | humanizePercentage }}}}"
    whole = f'{{{{ {value} | printf "%.0f" }}}}'
    if unit != "times":
        return whole
    # %.4g says 1.2e+04 of 12000.
    few = f'{{{{ {value} | printf "%.4g" }}}}'
    return f"{{{{ if and (lt {value} 1000.0) (gt {value} -1000.0) }}}}{few}{{{{ else }}}}{whole}{{{{ end }}}}"


def between(bounds: tuple[float, ...], above: float) -> str:
    """Return the template that names the bucket of `$value`, seconds: within it a quantile is a guess.

    Args:
        bounds: of all buckets, ascending.
        above: the value is above this one.
    """
    known = [one for one in bounds if one > above]
    made = ""
    for low, high in pairwise([above, *known]):
        word, comparison = ("else if" if made else "if"), ("lt" if high == known[-1] else "le")
        text = f"between {_seconds(low)} and {_seconds(high)}"
        made += f"{{{{ {word} {comparison} $value {float(high)!r} }}}}{text}"
    most = f"{_seconds(bounds[-1])} or more"
    return f"{made}{{{{ else }}}}{most}{{{{ end }}}}" if made else most


def _seconds(value: float) -> str:
    return f"{value:g} s" if value >= 1 else f"{value * 1000:g} ms"


def bound_text(bound: Bound) -> str:
    """Return a bound as people read it."""
    if bound.unit == "seconds":
        return _seconds(bound.value)
    if bound.unit == "ratio":
        return format_ratio(bound.value)
    return f"{bound.value:.15g}" + (" times" if bound.unit == "factor" else "")


def common(  # noqa: PLR0913 - the parts of a link
    config: Config, name: str, severity: str, signal: Signal, *, breached: float, judged: float, dashboard: str
) -> dict[str, str]:
    """Return the annotations besides summary and description.

    Args:
        config: has the base addresses.
        name: of the alert.
        severity: a critical alert names critical offenders only.
        signal: has the offenders' names.
        breached: over how many seconds offenders are looked for.
        judged: over how many seconds the value is taken.
        dashboard: uid.
    """
    made = {}
    calls = _dashboard(config, CALLS if labels.SERVICE_NAME in signal.labels else dashboard, signal.labels, judged)
    if signal.breaches:
        window = format_seconds(breached)
        by = offenders.told_apart(signal.labels)
        worst = _ask(offenders.worst(signal.breaches, severity, window, by), by)
        made["trace_id"] = _first(worst, f".Labels.{labels.TRACE_ID}", NO_TRACE_HELD)
        call = _call(config, f"{{{{ (. | first).Labels.{labels.TRACE_ID} }}}}", signal.labels, breached)
        made["trace_url"] = f"{{{{ with {worst} | query }}}}{call}{{{{ else }}}}{calls}{{{{ end }}}}"
        made["affected_conversations"] = _affected(signal, severity, window)
    else:
        made["trace_id"] = NO_TRACE_APPLIES
        made["trace_url"] = calls
        made["affected_conversations"] = NO_CONVERSATION_APPLIES
    made["trend"] = _trend(config, signal)
    made["runbook_url"] = config.runbook_url(name)
    made["dashboard_url"] = _dashboard(config, dashboard, signal.labels, judged)
    return made


def _ask(expression: Expr, by: tuple[str, ...]) -> str:
    """Return the template call that fills label values into an expression."""
    return (
        f"(printf `{expression}` {' '.join(f'$labels.{label}' for label in by)})" if by else f"(print `{expression}`)"
    )


def _first(question: str, field: str, otherwise: str) -> str:
    return f"{{{{ with {question} | query }}}}{{{{ (. | first){field} }}}}{{{{ else }}}}{otherwise}{{{{ end }}}}"


def _affected(signal: Signal, severity: str, window: str) -> str:
    by = offenders.told_apart(signal.labels)
    count = _ask(offenders.affected(signal.breaches, severity, window, by), by)
    # The limit that signals of events share is the collector's, and has no label of a service.
    own = () if set(signal.breaches) <= set(FROM_EVENTS) else by
    more = _ask(offenders.overflowed(signal.breaches, window, own), own)
    return (
        f"{{{{ with {count} | query }}}}{{{{ with {more} | query }}}}at least {{{{ end }}}}"
        f'{{{{ . | first | value | printf "%.0f" }}}}{{{{ else }}}}0 caught beyond their own bound{{{{ end }}}}'
    )


def _trend(config: Config, signal: Signal) -> str:
    """Rising is worse, unless the signal is bad when low."""
    ago, said = format_seconds(config.alerts.trend_window), spell_seconds(config.alerts.trend_window)
    name, by = signal.judged.name, signal.labels
    rising, falling = (BETTER, WORSE) if signal.low_is_bad else (WORSE, BETTER)
    direction, change = (_ask(ask(name, by, ago), by) for ask in (offenders.direction, offenders.change))
    shown = formatted(signal.judged.query.unit, "$change")
    about = "about " if signal.buckets else ""
    return (
        f"{{{{ with {direction} | query }}}}{{{{ $way := . | first | value }}}}"
        f"{{{{ if gt $way 0.0 }}}}{rising}{{{{ else if lt $way 0.0 }}}}{falling}{{{{ else }}}}{SAME}{{{{ end }}}}"
        f"{{{{ with {change} | query }}}}{{{{ $change := . | first | value }}}} "
        f"({about}{{{{ if ge $change 0.0 }}}}+{{{{ end }}}}{shown} against {said} ago){{{{ end }}}}"
        f"{{{{ else }}}}new: there was no value {said} ago{{{{ end }}}}"
    )


def _time(back: float) -> str:
    """Return the template of the time so many seconds before the alert, as Grafana takes times."""
    return f'{{{{ print `{offenders.milliseconds(back)}` | query | first | value | printf "%.0f" }}}}'


def _call(config: Config, trace: str, by: tuple[str, ...], seconds: float) -> str:
    """Return the address of a call's dashboard; what of the call is before the window, or yet to come, is in the range.

    Args:
        config: has Grafana's address.
        trace: template of the trace's id.
        by: labels of the alert.
        seconds: the call breached in so many seconds before the alert.
    """
    return _opened(config, CALL, by, back=_HOUR + seconds, ahead=_HOUR) + f"&var-trace={trace}"


def _dashboard(config: Config, uid: str, by: tuple[str, ...], seconds: float) -> str:
    """Return the address of a dashboard: what was judged, and an hour before."""
    return _opened(config, uid, by, back=_HOUR + seconds)


def _opened(config: Config, uid: str, by: tuple[str, ...], *, back: float, ahead: float = 0) -> str:
    chosen = {labels.ENVIRONMENT: "var-environment", labels.SERVICE_NAME: "var-service"}
    parts = [f"{name}={{{{ $labels.{label} | urlquery }}}}" for label, name in chosen.items() if label in by]
    stores = f"var-tempo={config.alerts.links.tempo_datasource}"
    query = "&".join((f"from={_time(back)}", f"to={_time(-ahead)}", stores, *parts))
    return f"{config.grafana_url}/d/{uid}/{uid}?{query}"
