"""What every alert carries, written once: offenders, trend, links. Go templates on `$labels`, `$value` and `query`."""

import json
from urllib.parse import quote

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds, spell_seconds
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract.datasources import TEMPO
from pipecat_lgtm.queries import Query, offenders
from pipecat_lgtm.rules.model import Bound, Signal

NO_TRACE_APPLIES = "none applies: this alert is about the monitoring, not about a conversation"
NO_TRACE_HELD = "none held: no conversation was caught beyond its own bound; trace_url searches for one"
NO_CONVERSATION_APPLIES = "does not apply"
WORSE, SAME, BETTER = "getting worse", "stabilizing", "recovering"

_HOUR = 3600
_MARK = "TraceQLGoesHere"


def formatted(unit: str, value: str) -> str:
    """Return the template that prints a value (a template expression) in its unit."""
    if unit == "seconds":
        return f"{{{{ {value} | humanizeDuration }}}}"
    if unit == "ratio":
        return f"{{{{ {value} | humanizePercentage }}}}"
    return f'{{{{ {value} | printf "%.4g" }}}}'


def bound_text(bound: Bound) -> str:
    """Return a bound as people read it."""
    if bound.unit == "seconds":
        return f"{bound.value:g} s" if bound.value >= 1 else f"{bound.value * 1000:g} ms"
    if bound.unit == "ratio":
        return f"{bound.value * 100:g} %"
    return f"{bound.value:g}" + (" times" if bound.unit == "factor" else "")


def common(  # noqa: PLR0913, PLR0917 - the parts of a link
    config: Config, name: str, severity: str, signal: Signal, window: str, dashboard: str, search: Query
) -> dict[str, str]:
    """Return the annotations besides summary and description.

    Args:
        config: has the base addresses.
        name: of the alert.
        severity: a critical alert names critical offenders only.
        signal: has the offenders' names.
        window: of the offenders, as PromQL writes it.
        dashboard: uid.
        search: the TraceQL that looks for offenders where none is held.
    """
    made = {}
    if signal.breaches:
        worst = _ask(offenders.worst(signal.breaches, severity, window, labels.COMMON), labels.COMMON)
        made["trace_id"] = _first(worst, f".Labels.{labels.TRACE_ID}", NO_TRACE_HELD)
        found, searched = _explore(config, "{{ (. | first).Labels.trace_id }}"), _explore(config, _traceql(search))
        made["trace_url"] = _times() + f"{{{{ with {worst} | query }}}}{found}{{{{ else }}}}{searched}{{{{ end }}}}"
        made["affected_conversations"] = _affected(signal, severity, window)
    else:
        made["trace_id"] = NO_TRACE_APPLIES
        made["trace_url"] = _times() + _explore(config, _traceql(search))
        made["affected_conversations"] = NO_CONVERSATION_APPLIES
    made["trend"] = _trend(config, signal)
    made["runbook_url"] = config.alerts.links.runbook(name)
    made["dashboard_url"] = _dashboard(config, dashboard, signal.labels)
    return made


def _ask(expression: str, by: tuple[str, ...]) -> str:
    """Return the template call that fills label values into an expression."""
    return (
        f"(printf `{expression}` {' '.join(f'$labels.{label}' for label in by)})" if by else f"(print `{expression}`)"
    )


def _first(question: str, field: str, otherwise: str) -> str:
    return f"{{{{ with {question} | query }}}}{{{{ (. | first){field} }}}}{{{{ else }}}}{otherwise}{{{{ end }}}}"


def _affected(signal: Signal, severity: str, window: str) -> str:
    by = labels.COMMON
    count = _ask(offenders.affected(signal.breaches, severity, window, by), by)
    more = _ask(offenders.overflowed(signal.breaches, window, by), by)
    return (
        f"{{{{ with {count} | query }}}}{{{{ with {more} | query }}}}at least {{{{ end }}}}"
        f'{{{{ . | first | value | printf "%.0f" }}}}{{{{ else }}}}0 caught beyond their own bound{{{{ end }}}}'
    )


def _trend(config: Config, signal: Signal) -> str:
    """Rising is worse, unless the signal is bad when low."""
    ago, said = format_seconds(config.alerts.trend_window), spell_seconds(config.alerts.trend_window)
    name, by = signal.value.name, signal.labels
    rising, falling = (BETTER, WORSE) if signal.low_is_bad else (WORSE, BETTER)
    direction, change = (_ask(ask(name, by, ago), by) for ask in (offenders.direction, offenders.change))
    shown = formatted(signal.value.query.unit, "$change")
    return (
        f"{{{{ with {direction} | query }}}}{{{{ $way := . | first | value }}}}"
        f"{{{{ if gt $way 0.0 }}}}{rising}{{{{ else if lt $way 0.0 }}}}{falling}{{{{ else }}}}{SAME}{{{{ end }}}}"
        f"{{{{ with {change} | query }}}}{{{{ $change := . | first | value }}}} "
        f"({{{{ if ge $change 0.0 }}}}+{{{{ end }}}}{shown} against {said} ago){{{{ end }}}}"
        f"{{{{ else }}}}new: there was no value {said} ago{{{{ end }}}}"
    )


def _times() -> str:
    """Set `$from` and `$to`: the hour before the alert, as Grafana takes times."""
    return "".join(
        f'{{{{ ${name} := print `{offenders.milliseconds(back)}` | query | first | value | printf "%.0f" }}}}'
        for name, back in (("from", _HOUR), ("to", 0))
    )


def _dashboard(config: Config, uid: str, by: tuple[str, ...]) -> str:
    chosen = {labels.SERVICE_NAME: "var-service", labels.ENVIRONMENT: "var-environment"}
    parts = [f"{name}={{{{ $labels.{label} | urlquery }}}}" for label, name in chosen.items() if label in by]
    query = "&".join(("from={{ $from }}", "to={{ $to }}", *parts))
    return f"{_times()}{_grafana(config)}/d/{uid}/{uid}?{query}"


def _explore(config: Config, traceql: str) -> str:
    """Return the address that runs a query in Grafana's Explore; the query is a template of encoded text."""
    pane = {
        "datasource": TEMPO,
        "queries": [
            {
                "refId": "A",
                "datasource": {"type": "tempo", "uid": TEMPO},
                "queryType": "traceql",
                "query": _MARK,
                "limit": 20,
            }
        ],
        "range": {"from": "FromGoesHere", "to": "ToGoesHere"},
    }
    text = quote(json.dumps({"pipecat": pane}, separators=(",", ":")), safe="")
    for mark, template in ((_MARK, traceql), ("FromGoesHere", "{{ $from }}"), ("ToGoesHere", "{{ $to }}")):
        text = text.replace(mark, template)
    return f"{_grafana(config)}/explore?schemaVersion=1&orgId=1&panes={text}"


def _traceql(search: Query) -> str:
    """Encode a TraceQL query for JSON in an address; `$service` in it becomes the alert's service."""
    before, mark, after = search.expr.partition("$service")
    encoded = [quote(json.dumps(part)[1:-1], safe="") for part in (before, after)]
    service = f'{{{{ printf "%q" $labels.{labels.SERVICE_NAME} | js | urlquery }}}}' if mark else ""
    return encoded[0] + service + encoded[1]


def _grafana(config: Config) -> str:
    return str(config.alerts.links.grafana).rstrip("/")
