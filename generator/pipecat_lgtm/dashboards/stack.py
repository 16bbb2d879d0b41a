"""pipecat-stack: is the monitoring itself healthy?"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.thresholds import Bounds
from pipecat_lgtm.dashboards.panels.card import Card, Panel
from pipecat_lgtm.dashboards.panels.fields import column
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.palette import BAD, GOOD
from pipecat_lgtm.dashboards.panels.recorded import lately, of_stack
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.table import organised, table
from pipecat_lgtm.dashboards.panels.texts import lines
from pipecat_lgtm.dashboards.panels.timeline import states
from pipecat_lgtm.queries import panels_stack as q
from pipecat_lgtm.queries import scope
from pipecat_lgtm.rules.recordings import recorded, usual
from pipecat_lgtm_bridge.contract import engines as own
from pipecat_lgtm_bridge.contract import labels

UID = "pipecat-stack"
_NEAR = 0.8
"""Part of a limit from which it is worth a look."""


def stack(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    sheet = Sheet(UID, "Pipecat: the stack itself", "Is the monitoring itself healthy?")
    return finished(
        config,
        sheet,
        [
            heading(100, "Who answers"),
            Line(8, [_up(), _firing()], [10, 14]),
            heading(101, "The collector"),
            Line(8, [_received(), _refused(config), _sent()]),
            Line(8, [_failures(config), _queues(config), _memory(config)]),
            heading(102, "Is anything left out?"),
            Line(8, [_values_refused(), _refused_share(config), _overflowed(config)]),
            Line(7, [_head_series(), _stage_series(config), _coverage(config)]),
            Line(7, [_dropped(), _dropped_lately(config), _cut()]),
            heading(103, "Do alerts get through?"),
            Line(8, [_rules(), _lost(config), _notified(config)]),
            *([Line(8, [_untold(config)])] if config.routing.unheard else []),
        ],
    )


def _limit(limit: float) -> Bounds[float]:
    return Bounds[float](warning=_NEAR * limit, critical=limit)


def _up() -> Panel:
    return states(
        Card(
            1,
            "Programs",
            "Does every program of the stack answer Prometheus?",
            "down: `pipecat-lgtm status`, then `pipecat-lgtm logs NAME`.",
        ),
        [q.up()],
        {"1": ("answers", GOOD), "0": ("down", BAD)},
    )


def _firing() -> Panel:
    return table(
        Card(
            2,
            "Firing alerts",
            "What is wrong right now, and since when?",
            "The alert's message has the runbook.",
            empty="No alert fires",
        ),
        [scope.firing(labels.SERVICE_NAME)],
        transformations=[
            organised([labels.SEVERITY, labels.ALERTNAME, labels.SERVICE_NAME], {"Value": "Since"}, ["Time"])
        ],
        overrides=[
            column("Severity", custom__width=94),
            column("Alert", custom__minWidth=120),
            column("Service", custom__width=110),
            column("Since", unit="dateTimeFromNow", custom__width=140),
        ],
        # By the alphabet critical comes before info and warning.
        sort="Severity",
        least_first=True,
    )


def _received() -> Panel:
    return graph(
        Card(
            10,
            "Received",
            "Do bots send?",
            "0 while calls go on: bots cannot reach the collector, or tracing is off.",
            empty="The collector has received nothing",
        ),
        q.received(),
    )


def _refused(config: Config) -> Panel:
    return graph(
        Card(
            11,
            "Refused",
            "Is anything refused at the door?",
            "Anything but 0: the memory limit (collector.memory_limit) or malformed requests.",
            empty="Nothing has been refused",
        ),
        [of_stack(config, "collector_refused", "increase", "count", own.RECEIVER)],
    )


def _sent() -> Panel:
    return graph(
        Card(
            12,
            "Sent to the stores",
            "Does every store take what it is sent?",
            "One at 0: that store is down or full.",
        ),
        q.sent(),
    )


def _failures(config: Config) -> Panel:
    return graph(
        Card(
            13,
            "Lost on the way to a store",
            "Does a store refuse for good, or is a queue too full to take more?",
            "What is shown here is lost. A store that is only away is waited for: see the queues.",
            empty="Nothing has been lost",
        ),
        [
            of_stack(config, "collector_export_failed", "increase", "count", own.EXPORTER),
            of_stack(config, "collector_dropped", "increase", "count", own.EXPORTER),
        ],
    )


def _queues(config: Config) -> Panel:
    return graph(
        Card(
            14,
            "Queues on disk",
            "How full is each store's queue?",
            "Filling: the store has been away; at 100 % the newest is lost.",
        ),
        [q.queues()],
        bounds=config.thresholds.queue_fill,
        top=1,
    )


def _memory(config: Config) -> Panel:
    return graph(
        Card(
            15,
            "Memory of the collector",
            "Is the collector near its limit?",
            "At the limit it refuses spans: raise collector.memory_limit or run a second one.",
        ),
        [q.memory()],
        bounds=_limit(float(config.collector.memory_limit)),
    )


def _values_refused() -> Panel:
    return graph(
        Card(
            20,
            "Values kept out of the metrics",
            "Which values were not believed, and why?",
            "error and interrupted are usual: a failed request's time to first byte is none. out of range: a broken clock.",
            empty="Every value was believed",
        ),
        [q.values_refused()],
        look="bars",
    )


def _refused_share(config: Config) -> Panel:
    return graph(
        Card(
            24,
            "Values refused per turn",
            "Is so much refused that numbers cannot be trusted?",
            "Red: a clock that jumps, or a bot that writes text where a number belongs.",
        ),
        [lately(config, "values_refused", "ratio", "ratio")],
        bounds=config.thresholds.values_refused,
    )


def _coverage(config: Config) -> Panel:
    return graph(
        Card(
            25,
            "LLM requests with a latency",
            "Do bots measure at all?",
            "Below the bound: enable_metrics is off in a bot's PipelineParams.",
        ),
        [lately(config, "metrics_coverage", "ratio", "ratio", lower_is_worse=True)],
        bounds=config.thresholds.metrics_coverage,
        top=1,
    )


def _overflowed(config: Config) -> Panel:
    return graph(
        Card(
            21,
            "Values counted without their labels",
            "Has a limit of `cardinality` been reached?",
            "Something grows that should not: a model or tool name with an id in it? What is lost, no alert names.",
            empty="No limit of cardinality has been reached",
        ),
        [
            lately(config, "series_overflow", "increase", "count", labels.SIGNAL),
            q.no_place(recorded("no_place", "increase", usual(config))),
        ],
    )


def _cut() -> Panel:
    return graph(
        Card(
            29,
            "Cut for their size",
            "Did spans or log records lose attributes or events?",
            "A bot writes too much into one record: what is stored of it is not the whole. What metrics are made of is kept.",
            empty="Nothing was cut",
        ),
        [q.records_cut()],
        look="bars",
    )


def _dropped() -> Panel:
    return graph(
        Card(
            26,
            "Dropped by bots",
            "What did bots with the bridge drop, and why?",
            "full or expired: the collector was away. refused: a bot's token or address is wrong, if it is many.",
            empty="No bot has dropped anything",
        ),
        [q.bridge_dropped()],
        look="bars",
    )


def _dropped_lately(config: Config) -> Panel:
    return graph(
        Card(
            27,
            "Dropped by bots, as alerted on",
            "Are numbers too low because bots could not send?",
            "Anything but 0: what is dropped is missing from every count.",
            "bridge",
            empty="No bot with the bridge has dropped anything",
        ),
        [lately(config, "bridge_dropped", "increase", "count", labels.SIGNAL)],
    )


def _head_series() -> Panel:
    return graph(
        Card(
            22,
            "Series in Prometheus",
            "Does the number of series stay flat while calls come and go?",
            "It must not grow with calls.",
        ),
        [q.head_series()],
    )


def _stage_series(config: Config) -> Panel:
    return graph(
        Card(
            23,
            f"Label sets per service (limit {config.cardinality.series_per_metric})",
            "How near is the widest metric to its limit?",
            "Near: see which label has many values, before new ones are counted without their labels.",
        ),
        [q.stage_series()],
        bounds=_limit(float(config.cardinality.series_per_metric)),
    )


def _rules() -> Panel:
    return graph(
        Card(
            30,
            "Rule evaluation",
            "Are rules evaluated in time? The slowest group's share of its interval.",
            "Near 100 %: Prometheus is overloaded, and alerts come late.",
        ),
        [q.rule_time()],
    )


def _lost(config: Config) -> Panel:
    return graph(
        Card(
            31,
            "Alerts that got lost",
            "Did a rule fail, an alert not reach Alertmanager, or a message not reach people?",
            "Anything but 0: somebody was not notified. Check the receiver's address and key.",
            empty="No rule and no message has failed",
        ),
        [
            of_stack(config, "notification_failures", "increase", "count", own.INTEGRATION),
            of_stack(config, "rule_failures", "increase", "count", own.RULE_GROUP),
        ],
    )


def _notified(config: Config) -> Panel:
    return graph(
        Card(
            32,
            "Messages a minute, by receiver",
            "How many messages did a receiver take, and of which kind is it? A message may hold many alerts.",
            "Many a minute: group or silence before people stop reading.",
            empty="No message went out in this time range",
        ),
        [q.notified()],
        look="bars",
        # The only receiver then is the log below, which Alertmanager calls by how it is sent to.
        overrides=[column("webhook", displayName="nobody: kept in the log")] if config.routing.unheard else [],
    )


def _untold(config: Config) -> Panel:
    return lines(
        Card(
            33,
            "Alerts sent to nobody (no receiver)",
            f"Which alerts ({' and '.join(config.routing.unheard)}) would have been sent, were there a receiver for them? Each "
            "line was written to the notification log and sent to no person.",
            "Name a receiver in routing.receivers; a line opens to its summary, trend, trace and runbook.",
            empty="No alert without a receiver has fired",
        ),
        q.notifications(),
    )
