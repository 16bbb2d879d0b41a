"""What a Prometheus already has of the contract, and which alerts would therefore stay silent."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from pipecat_lgtm.ops.deploy.owned import Files
from pipecat_lgtm.ops.deploy.prometheus import Prometheus
from pipecat_lgtm.renderers.text import from_yaml
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.metrics import BY_PROMETHEUS_NAME, METRICS
from pipecat_lgtm_bridge.contract.types import Metric

LOOK_BACK_SECONDS = 24 * 3600
_FEEDS = {
    "spans": "Pipecat's tracing",
    "bridge": "the bridge",
    "both": "Pipecat's tracing or the bridge",
    "scores": "whoever judges calls",
    "stack": "the stack itself",
    "heartbeat": "synthetic calls (docs/quality.md)",
}
_IN_BRACES = re.compile(r'\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}')
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_LABEL_LIST = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_NAME = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)(?![\w:]*\s*\()(?![\w:])")
_SERIES_SUFFIX = re.compile(r"_(bucket|sum|count)$")
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "inf", "nan", "start", "end", "atan2"})


@dataclass(frozen=True)
class Found:
    """A metric of the contract in the target.

    Args:
        metric: it.
        present: it had series within the last day.
        missing: labels of the contract that none of its series has.
    """

    metric: Metric
    present: bool
    missing: tuple[str, ...]

    @property
    def feed(self) -> str:
        """Who would have to send it."""
        return _FEEDS[self.metric.feed]


@dataclass(frozen=True)
class Silent:
    """An alert that cannot fire, or not in every case.

    Args:
        alert: name and severity.
        lacks: metrics it reads that the target does not have.
        wholly: it has none of those it reads.
    """

    alert: str
    lacks: tuple[str, ...]
    wholly: bool


def metrics(server: Prometheus) -> list[Found]:
    """Return every metric of the contract as the target has it."""
    names = _names(server)
    return [_found(server, metric, names) for metric in METRICS]


def silent(server: Prometheus, files: Files) -> list[Silent]:
    """Return the alerts of these rule files that lack something, those that lack all first."""
    names, alerts = _names(server), []
    records: dict[str, set[str]] = {}
    for text in files.values():
        for group in from_yaml(text)["groups"]:
            for rule in group["rules"]:
                if "record" in rule:
                    records.setdefault(rule["record"], set()).update(read_by(rule["expr"]))
                else:
                    alerts.append(rule)
    found = set()  # an alert and its escalation lack the same
    for rule in alerts:
        needs = set(_resolved(read_by(rule["expr"]), records))
        if lacks := needs - names:
            severity = rule.get("labels", {}).get(labels.SEVERITY, "")
            named = tuple(sorted({_contract_name(name) for name in lacks}))
            found.add(Silent(f"{rule['alert']} {severity}".strip(), named, lacks == needs))
    return sorted(found, key=lambda one: (not one.wholly, one.alert, one.lacks))


def read_by(expr: str) -> set[str]:
    """Return the names of the series that a PromQL expression reads."""
    bare = _LABEL_LIST.sub(" ", _TEXT.sub(" ", _IN_BRACES.sub(" ", expr)))
    without_durations = re.sub(r"\[[^\]]*\]|\boffset\s+\S+", " ", bare)
    return {name for name in _NAME.findall(without_durations) if name.lower() not in _WORDS}


def _contract_name(series: str) -> str:
    """Return a metric's name: a histogram has several series."""
    bare = _SERIES_SUFFIX.sub("", series)
    return bare if bare in BY_PROMETHEUS_NAME else series


def _resolved(names: set[str], records: dict[str, set[str]], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield what recorded names are made of, down to what is collected."""
    for name in names - seen:
        if name in records:
            yield from _resolved(records[name], records, seen | names)
        elif name not in {"ALERTS", "ALERTS_FOR_STATE"}:
            yield name


def _names(server: Prometheus) -> set[str]:
    since = f"{time.time() - LOOK_BACK_SECONDS:.0f}"
    return set(server.get("label/__name__/values", list[str], start=since))


def _found(server: Prometheus, metric: Metric, names: set[str]) -> Found:
    series = f"{metric.prometheus}_count" if metric.kind == "histogram" else metric.prometheus
    # Native histograms have no _count series.
    there = next((name for name in (series, metric.prometheus) if name in names), None)
    if there is None:
        return Found(metric, present=False, missing=())
    since = f"{time.time() - LOOK_BACK_SECONDS:.0f}"
    has = set(server.get("labels", list[str], start=since, **{"match[]": there}))
    return Found(metric, present=True, missing=tuple(one for one in (*labels.COMMON, *metric.labels) if one not in has))
