"""What a reader chooses: stores, environment, service, and what else a dashboard can be narrowed to."""

from typing import Any

from pipecat_lgtm.dashboards.panels.targets import source
from pipecat_lgtm.queries import panels_calls
from pipecat_lgtm.queries.scope import values_of
from pipecat_lgtm_bridge.contract import labels

_ALL = {"selected": True, "text": "All", "value": "$__all"}
_IN_MENU = 3
"""Grafana 12.3's `hide` of a variable that is in the menu beside the others, which leaves them one row."""


def stores() -> list[dict[str, Any]]:
    """Return one variable per store, in the menu: a dashboard works with any data source of that type.

    The first of its type is taken; the menu, or an address with `var-prometheus=UID`, names another one.
    """
    return [
        {
            "name": kind,
            "label": label,
            "description": f"Where {label.lower()} are read from.",
            "type": "datasource",
            "query": kind,
            "hide": _IN_MENU,
            "refresh": 1,
            "options": [],
        }
        for kind, label in (("prometheus", "Metrics"), ("tempo", "Traces"), ("loki", "Logs"))
    ]


def who(*, shown: bool = True) -> list[dict[str, Any]]:
    """Return environment and service; one Prometheus may hold several environments."""
    return [
        _values("environment", labels.ENVIRONMENT, shown=shown),
        _values("service", labels.SERVICE_NAME, "environment", shown=shown),
    ]


def stage() -> dict[str, Any]:
    """Return the choice among stt, llm and tts."""
    options = [{"selected": True, "text": "All", "value": "$__all"}]
    options += [{"selected": False, "text": one, "value": one} for one in labels.STAGES]
    return {
        "name": "stage",
        "label": "Stage",
        "description": "Speech to text, language model, text to speech.",
        "type": "custom",
        "query": ",".join(labels.STAGES),
        "options": options,
        "current": _ALL,
        "multi": False,
        "includeAll": True,
        "allValue": ".+",
        "hide": _IN_MENU,
    }


def level() -> dict[str, Any]:
    """Return the choice of the levels of log lines; DEBUG is not among those shown at first."""
    usual = "info|warn|warning|error|critical|fatal"
    choices = {"INFO and above": usual, "DEBUG too": ".+"}
    options = [{"selected": value == usual, "text": text, "value": value} for text, value in choices.items()]
    return {
        "name": "level",
        "label": "Log lines",
        "description": "Which log lines are shown.",
        "type": "custom",
        "query": ", ".join(f"{text} : {value}" for text, value in choices.items()),
        "options": options,
        "current": options[0],
        "multi": False,
        "includeAll": False,
        "hide": _IN_MENU,
    }


def provider() -> dict[str, Any]:
    """Return the choice among providers in use."""
    return _values("provider", labels.PROVIDER, "environment", "service", stages=True)


def model() -> dict[str, Any]:
    """Return the choice among models in use."""
    return _values("model", labels.MODEL, "environment", "service", "provider", stages=True)


def typed(name: str, label: str, description: str, *, shown: bool = True) -> dict[str, Any]:
    """Return a box to type or paste into, in the row or in the menu; links fill it."""
    current = {"selected": True, "text": "", "value": ""}
    return {
        "name": name,
        "label": label,
        "description": description,
        "type": "textbox",
        "query": "",
        "current": current,
        "options": [current],
        "hide": 0 if shown else _IN_MENU,
    }


def _values(name: str, label: str, *within: str, stages: bool = False, shown: bool = False) -> dict[str, Any]:
    query = values_of(label, within, stages=stages)
    return {
        "name": name,
        "label": name.capitalize(),
        # Beside a choice that is shown it would be a mark, which takes the room of the row's last link.
        "description": "" if shown else f"All, one {name}, or a regular expression of several, as a|b.",
        "type": "query",
        "datasource": source("prometheus"),
        "query": {"query": query.expr, "refId": "A"},
        "refresh": 2,
        "sort": 1,
        "multi": False,
        "includeAll": True,
        "allValue": ".+",
        "hide": 0 if shown else _IN_MENU,
        "options": [],
        "current": _ALL,
    }


def short_trace_id() -> dict[str, Any]:
    """Return the hidden variable with the trace id as TraceQL compares it."""
    return {
        "name": "short",
        "label": "Trace id without leading zeros",
        "description": "As TraceQL knows a trace.",
        "type": "query",
        "datasource": source("prometheus"),
        "query": {"query": panels_calls.short_trace_id().expr, "refId": "A"},
        "regex": panels_calls.SHORT,
        "refresh": 2,
        "sort": 0,
        "multi": False,
        "includeAll": False,
        "hide": 2,
        "options": [],
    }
