"""What a reader chooses: stores, environment, service, and what else a dashboard can be narrowed to."""

from typing import Any

from pipecat_lgtm.contract import labels
from pipecat_lgtm.dashboards.panels.targets import source
from pipecat_lgtm.queries import panels_calls
from pipecat_lgtm.queries.scope import values_of

_ALL = {"selected": True, "text": ["All"], "value": ["$__all"]}


def stores() -> list[dict[str, Any]]:
    """Return one variable per store, so that a dashboard works with any datasource of that type."""
    return [
        {
            "name": kind,
            "label": label,
            "description": f"Where {label.lower()} are read from.",
            "type": "datasource",
            "query": kind,
            "hide": 0,
            "refresh": 1,
            "options": [],
        }
        for kind, label in (("prometheus", "Metrics"), ("tempo", "Traces"), ("loki", "Logs"))
    ]


def who() -> list[dict[str, Any]]:
    """Return environment and service; one Prometheus may hold several environments."""
    return [_values("environment", labels.ENVIRONMENT), _values("service", labels.SERVICE_NAME, "environment")]


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
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "hide": 0,
    }


def provider() -> dict[str, Any]:
    """Return the choice among providers in use."""
    return _values("provider", labels.PROVIDER, "environment", "service", stages=True)


def model() -> dict[str, Any]:
    """Return the choice among models in use."""
    return _values("model", labels.MODEL, "environment", "service", "provider", stages=True)


def typed(name: str, label: str, description: str) -> dict[str, Any]:
    """Return a box to type or paste into; links fill it."""
    current = {"selected": True, "text": "", "value": ""}
    return {
        "name": name,
        "label": label,
        "description": description,
        "type": "textbox",
        "query": "",
        "current": current,
        "options": [current],
        "hide": 0,
    }


def _values(name: str, label: str, *within: str, stages: bool = False) -> dict[str, Any]:
    query = values_of(label, within, stages=stages)
    return {
        "name": name,
        "label": name.capitalize(),
        "description": f"Shown: all, or the {name}s chosen.",
        "type": "query",
        "datasource": source("prometheus"),
        "query": {"query": query.expr, "refId": "A"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "hide": 0,
        "options": [],
        "current": _ALL,
    }


def short_trace_id() -> dict[str, Any]:
    """Return the hidden variable with the trace id as TraceQL compares it."""
    return {
        "name": "short",
        "label": "Trace id without leading noughts",
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
