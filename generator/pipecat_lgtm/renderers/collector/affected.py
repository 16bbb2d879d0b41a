"""How many conversations breached within the window of an alert: exact, and without a series per conversation.

`span_metrics` holds one series per conversation for as long as the window lasts. None of them leaves the collector:
each counts one, and their sum does. A conversation is a trace: that is what all its spans have in common. OpenInference
makes a trace of each turn, and names the conversation on every span: there it is that name.

An alert that has more labels than service and environment is about the conversations with its label values. A
conversation can have several of them (two slow providers), so that the numbers of the values do not add up to the
number of all: each set of labels that an alert has is counted for itself.
"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries.offenders import affected_family
from pipecat_lgtm.renderers.collector.names import MEASURE, SEVERITY, SIGNAL
from pipecat_lgtm.renderers.collector.ottl import attribute, drop_spans, group, listed, one_of, quoted, transform
from pipecat_lgtm.rules.alerts import alerts
from pipecat_lgtm.rules.build import breach_window
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.signals import FROM_EVENTS

CALL = "transform/affected_call"
ANY, CRITICALS = "transform/affected_any", "filter/criticals"
KNOWN, NUMBERS = "filter/affected_known", "transform/affected_numbers"
APART, APART_LABELS = "groupbyattrs/apart", "transform/apart"
LABEL_SETS = 20
"""So many values of `labels.TOLD_APART` a service has at once, on average: providers by stage, kinds."""
_POINT = "datapoint.attributes"


def windows(config: Config) -> dict[str, float]:
    """Return the seconds of every window in which an alert counts conversations that spans tell of, by its name."""
    seconds = {breach_window(config, one) for one in alerts(config) if set(one.signal.breaches) - set(FROM_EVENTS)}
    return {format_seconds(one): one for one in sorted(seconds)}


def families(config: Config) -> list[str]:
    """Return the names of all connectors."""
    return [affected_family(window) for window in windows(config)]


def counted(config: Config) -> dict[tuple[str, ...], list[str]]:
    """Return the sets of labels by which alerts tell conversations apart, and the signals of each."""
    made: dict[tuple[str, ...], set[str]] = {}
    for one in alerts(config):
        own = tuple(label for label in labels.TOLD_APART if label in one.signal.labels)
        made.setdefault(own, set()).update(set(one.signal.breaches) - set(FROM_EVENTS))
    return {own: sorted(signals) for own, signals in sorted(made.items()) if signals}


def _name(own: tuple[str, ...]) -> str:
    return "_".join(("affected", *(own or ("whole",))))


def apart(config: Config) -> dict[str, Any]:
    """Return the processors that make a label set of an alert a resource: each has limits of its own.

    A span keeps the labels that an alert about its signal has, and no other.
    """
    sets = counted(config)
    having = {
        label: sorted({one for own, signals in sets.items() if label in own for one in signals})
        for label in labels.TOLD_APART
    }
    statements = [f"set({attribute(MEASURE)}, {quoted(m.BREACHES.name)})"]  # whatever it is of, it is of one call
    statements += [
        f'delete_key(span.attributes, "{label}")' + (f" where not {one_of(SIGNAL, signals)}" if signals else "")
        for label, signals in having.items()
    ]
    return {
        APART_LABELS: transform("trace", [group("span", statements)]),
        APART: {"keys": list(labels.TOLD_APART)},
    }


def processors(config: Config) -> dict[str, Any]:
    """Return the processors that make a conversation's series one, and their sum the metric."""
    trace, call = attribute(labels.TRACE_ID), attribute(labels.CONVERSATION_ID)
    named = f"{a.DIALECT.span} == {quoted(d.OPENINFERENCE)} and {call} != nil and {call} != {quoted(labels.UNKNOWN)}"
    calls = {window: f'metric.name == "pipecat.{affected_family(window)}.calls"' for window in windows(config)}
    ours = " or ".join(calls.values())
    whole, sets = m.AFFECTED, counted(config)
    return {
        **apart(config),
        CALL: transform("trace", [group("span", [f"set({trace}, {call}) where {named}"])]),
        ANY: transform("trace", [group("span", [f'set({SEVERITY}, "warning")'])]),
        CRITICALS: drop_spans(f'{SEVERITY} != "critical"'),
        **{f"filter/{_name(own)}": drop_spans(f"not {one_of(SIGNAL, of)}") for own, of in sets.items()},
        **{f"transform/{_name(own)}": _by(own) for own in sets},
        KNOWN: {
            "error_mode": "ignore",
            "metrics": {
                "datapoint": [f'attributes["otel.metric.overflow"] != nil or attributes["{labels.SIGNAL}"] == nil']
            },
        },
        NUMBERS: transform(
            "metric",
            [
                group(
                    "datapoint",
                    [
                        "set(datapoint.value_int, 1)",
                        f"keep_keys({_POINT}, {listed((labels.SIGNAL, labels.SEVERITY, *labels.TOLD_APART))})",
                        *(
                            f'set({_POINT}["{labels.WINDOW}"], {quoted(name)}) where {one}'
                            for name, one in calls.items()
                        ),
                    ],
                    ours,
                ),
                group(
                    "metric",
                    [
                        'aggregate_on_attributes("sum")',
                        "convert_sum_to_gauge()",
                        f"set(metric.unit, {quoted(whole.unit)})",
                        f"set(metric.description, {quoted(whole.brief)})",
                        f"set(metric.name, {quoted(whole.name)})",
                    ],
                    ours,
                ),
            ],
        ),
    }


def _by(own: tuple[str, ...]) -> dict[str, Any]:
    """Return the processor after which conversations are told apart by some labels only."""
    statements = []
    for label in labels.TOLD_APART:
        path = f'resource.attributes["{label}"]'
        if label in own:
            statements.append(f"set({path}, {quoted(labels.UNKNOWN)}) where {path} == nil")
        else:
            statements.append(f"set({path}, {quoted(labels.ALL)})")
    return transform("trace", [group("resource", statements)])


def pipelines(config: Config) -> dict[str, list[str]]:
    """Return the processors of every pipeline that counts breached spans, by its name: each set of labels, twice."""
    made = {}
    for name in map(_name, counted(config)):
        own = [f"filter/{name}", CALL, f"transform/{name}"]
        made[f"{name}_any"] = [*own, ANY]
        made[f"{name}_critical"] = [CRITICALS, *own]
    return made


def connectors(config: Config) -> dict[str, dict[str, Any]]:
    """Return what is particular to each connector: dimensions, limit and expiry, by its name."""
    return {
        affected_family(window): {
            "dimensions": (labels.SIGNAL, labels.SEVERITY, *labels.TOLD_APART, labels.TRACE_ID),
            "aggregation_cardinality_limit": config.cardinality.affected_conversations,
            "series_expiration": f"{seconds:g}s",
        }
        for window, seconds in windows(config).items()
    }
