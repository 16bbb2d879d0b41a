"""What mutes what: one cause, one message."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.routing import SEVERITIES
from pipecat_lgtm.renderers.alertmanager.tree import Matcher
from pipecat_lgtm.renderers.collector import edge
from pipecat_lgtm.rules.alerts import alerts
from pipecat_lgtm_bridge.contract import labels

STORE_DOWN, COLLECTOR_DOWN = "PipecatStoreDown", "PipecatCollectorDown"
TTFW_HIGH, E2E_HIGH = "PipecatTtfwHigh", "PipecatE2eHigh"
QUEUES = ("PipecatCollectorQueueFilling", "PipecatCollectorExportFailing")
"""What a store that is down does to the collector. What is dropped is not among it: that is lost for good."""

STAGE_ALERTS = (
    *(f"Pipecat{stage.capitalize()}TtfbHigh(LowTraffic)?" for stage in labels.STAGES),
    "PipecatStageRegressed",
    "PipecatRemainderHigh",
)
_EXPORTERS = {
    "tempo": (edge.TEMPO,),
    "loki": (edge.LOKI,),
}
_SEVERITY = labels.SEVERITY


@dataclass(frozen=True)
class Inhibition:
    """While a source fires, targets are not told.

    Args:
        sources: matchers of the cause.
        targets: matchers of what is muted.
        equal: labels in which both must agree; absent on both counts as agreeing.
        why: in words.
    """

    sources: tuple[Matcher, ...]
    targets: tuple[Matcher, ...]
    equal: tuple[str, ...]
    why: str

    def could_mute(self, given: Mapping[str, str]) -> bool:
        """Tell whether an alert with these labels is muted while a source fires."""
        return all(one.holds(given) for one in self.targets) and not all(one.holds(given) for one in self.sources)


def inhibitions(config: Config) -> list[Inhibition]:
    """Return what is switched on."""
    wanted = config.routing.inhibition
    found: list[Inhibition] = []
    if wanted.critical_mutes_warning:
        same = sorted({label for alert in alerts(config) for label in alert.signal.labels})
        equal = (labels.ALERTNAME, *same)
        critical, plain = Matcher(_SEVERITY, "critical"), Matcher(labels.ESCALATED, "")
        found += [
            Inhibition((critical,), (Matcher(_SEVERITY, "warning"),), equal, "the same alert is critical"),
            # Who was paged about it already need not hear that the warning, too, is still there.
            Inhibition(
                (critical, plain), (Matcher(labels.ESCALATED, "true"),), equal, "the same alert is critical by itself"
            ),
        ]
    if wanted.store_down_mutes_computed:
        found += _stores()
    if wanted.ttfw_mutes_e2e:
        found += _one_number()
    if wanted.ttfw_mutes_stages:
        found.append(
            Inhibition(
                (Matcher(labels.ALERTNAME, TTFW_HIGH),),
                (_named(*STAGE_ALERTS),),
                labels.COMMON,
                "the service's first word is late",
            )
        )
    return found


def _stores() -> Iterator[Inhibition]:
    for store, exporters in _EXPORTERS.items():
        yield Inhibition(
            (Matcher(labels.ALERTNAME, STORE_DOWN), Matcher("job", store)),
            (_named(*QUEUES), Matcher("exporter", "|".join(exporters), pattern=True)),
            (),
            f"{store} is down, and the collector waits for it",
        )
    about_services = (_named("Pipecat.+"), Matcher(labels.SERVICE_NAME, ".+", pattern=True))
    for name, job in ((STORE_DOWN, "prometheus"), (COLLECTOR_DOWN, "collector")):
        sources = (Matcher(labels.ALERTNAME, name), Matcher("job", job))
        yield Inhibition(sources, about_services, (), f"{job} is down: what services show is old")


def _one_number() -> Iterator[Inhibition]:
    for at, severity in enumerate(SEVERITIES):
        milder = Matcher(_SEVERITY, "|".join(SEVERITIES[at:]), pattern=True)
        yield Inhibition(
            (_named(f"{TTFW_HIGH}(LowTraffic)?"), Matcher(_SEVERITY, severity)),
            (_named(f"{E2E_HIGH}(LowTraffic)?"), milder, Matcher(labels.ENDS_AT, labels.FIRST_AUDIO)),
            labels.COMMON,
            "the first word is late, and without the bridge end to end is the same number",
        )


def _named(*patterns: str) -> Matcher:
    return Matcher(labels.ALERTNAME, "|".join(patterns), pattern=True)


def rules(config: Config) -> list[dict[str, Any]]:
    """Return Alertmanager's `inhibit_rules`."""
    return [
        {
            "source_matchers": [str(matcher) for matcher in one.sources],
            "target_matchers": [str(matcher) for matcher in one.targets],
            **({"equal": list(one.equal)} if one.equal else {}),
        }
        for one in inhibitions(config)
    ]
