"""pipecat-latency: where do the milliseconds go?"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.thresholds import Percentiles
from pipecat_lgtm.dashboards.panels import variables
from pipecat_lgtm.dashboards.panels.alarms import alarms
from pipecat_lgtm.dashboards.panels.bands import experience
from pipecat_lgtm.dashboards.panels.card import Card, Panel
from pipecat_lgtm.dashboards.panels.fields import column, to_dashboard
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.numbers import bars
from pipecat_lgtm.dashboards.panels.recorded import lately
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.table import side_by_side, table
from pipecat_lgtm.dashboards.panels.timeline import heatmap, states
from pipecat_lgtm.queries import panels_latency as q
from pipecat_lgtm.queries import scope
from pipecat_lgtm.queries.expr import equal
from pipecat_lgtm.rules.recordings import QUANTILES, latency_name, recorded, share_name, usual
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric

UID = "pipecat-latency"
_NAMES = {"stt": "Speech to text", "llm": "Language model", "tts": "Text to speech"}


def latency(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    sheet = Sheet(
        UID,
        "Pipecat: latency",
        "Where do the milliseconds go?",
        chooses=(variables.stage(), variables.provider(), variables.model()),
        leads_to=(("pipecat-conversations", "Calls"), ("pipecat-network", "Network")),
    )
    bounds = config.thresholds
    return finished(
        config,
        sheet,
        [
            alarms(90),
            heading(100, "What callers feel"),
            Line(9, [
                _quantiles(1, "Time to first word", m.TURN_TTFW, bounds.ttfw, usual(config)),
                _quantiles(2, "End to end", m.TURN_E2E, bounds.e2e, usual(config)),
            ]),
            Line(7, [_felt(config), _above(config)]),
            Line(9, [_spread(), _coverage(config)], [16, 8]),
            Line(7, [_measured(), _unmeasured(config), _approximate()]),
            heading(101, "Each stage against its budget"),
            Line(8, [_stage(number, stage, config) for number, stage in enumerate(labels.STAGES, 10)]),
            Line(8, [_regression(config), _remainder(config)]),
            Line(9, [_models()]),
            heading(102, "Inside one turn"),
            Line(9, [_contributions(), _owners()], [16, 8]),
            Line(7, [_startup(), _durations()]),
        ],
    )  # fmt: skip


def _quantiles(identity: int, title: str, metric: Metric, bounds: Percentiles, window: str) -> Panel:
    judged = latency_name(metric, 0.95, window)
    each = {quantile: latency_name(metric, quantile, window) for quantile in QUANTILES}
    lines = {quantile: q.latency(name, f"P{quantile * 100:g}") for quantile, name in each.items()}
    return graph(
        Card(
            identity,
            f"{title}, P95",
            "What do 5 in 100 callers exceed (P95)? With one service chosen: what do most wait (P50), and the unlucky 1 in "
            "100 (P99)?",
            "P99 alone red: single calls, open a dot. P50 red too: everybody waits, look at the stages below.",
            "both",
        ),
        [one if each[quantile] == judged else scope.if_alone(one, judged) for quantile, one in lines.items()],
        bounds=bounds.p95,
        exemplars=scope.exemplars(metric),
        links=[to_dashboard("pipecat-conversations", "Calls")],
    )


def _felt(config: Config) -> Panel:
    edges, bands, words = experience(config)
    return states(
        Card(
            3,
            "How it feels to callers",
            f"Is the wait (P95) natural, acceptable, noticeable or frustrating? {words}",
            "Frustrating for minutes: callers hang up or talk over the bot; go on to the stages.",
            "both",
        ),
        [q.bands(latency_name(m.TURN_TTFW, 0.95, usual(config)), edges)],
        bands,
    )


def _above(config: Config) -> Panel:
    bounds = config.thresholds.ttfw.p95
    names = {
        bound: share_name(m.TURN_TTFW, severity, usual(config))
        for severity, bound in (("critical", bounds.critical), ("warning", bounds.warning))
        if bound is not None
    }
    (bound, name), *lower = names.items()
    others = [
        scope.if_alone(scope.while_used(scope.recorded(one, "ratio", "", f"above {low:g} s"), m.TURNS), name)
        for low, one in lower
    ]
    return graph(
        Card(
            4,
            f"Turns above {bound:g} s",
            "Which share of turns is slower than this threshold, and with one service chosen than the lower one? Exact, not "
            "interpolated.",
            "Over 5 % is what turns the P95 red.",
            "both",
        ),
        [scope.while_used(scope.recorded(name, "ratio", ""), m.TURNS), *others],
        top=1,
    )


def _spread() -> Panel:
    return heatmap(
        Card(
            5,
            "Time to first word: where the turns lie",
            "Is it one slow group among fast turns, or does all of it move?",
            "Two bands: two kinds of turns, such as with and without a tool call.",
            "both",
        ),
        q.buckets(m.TURN_TTFW),
    )


def _coverage(config: Config) -> Panel:
    names = (recorded(what, "increase", usual(config)) for what in ("turns_with_latency", "turns"))
    return graph(
        Card(
            6,
            "Turns with a latency",
            "For which share of turns do we know the wait? Greetings and silent turns have none.",
            "Near zero: server-side voice detection, or user speech without VAD frames; see docs/telemetry.md.",
            "both",
        ),
        [q.coverage(*names)],
        top=1,
    )


def _measured() -> Panel:
    return graph(
        Card(
            7,
            "Why a turn has no latency",
            "How do we know the wait of each turn: exactly, nearly, or why not?",
            "approximate or no_end_of_speech: no VAD frames, see docs/telemetry.md. unanswered growing: callers wait.",
            "both",
        ),
        [q.measured()],
        top=1,
    )


def _unmeasured(config: Config) -> Panel:
    return graph(
        Card(
            8,
            "Answered turns without an exact wait",
            "Of how many answered turns does no VAD tell when speech ended?",
            "Above the bound: the percentiles stand for a part of the callers. Give the bot a local VAD.",
            "bridge",
        ),
        [lately(config, "ttfw_unmeasured", "ratio", "ratio")],
        bounds=config.thresholds.ttfw_unmeasured,
        top=1,
    )


def _approximate() -> Panel:
    return graph(
        Card(
            9,
            "Time to first word, approximate",
            "What do callers wait where no VAD tells when they ended?",
            "Too short by what the service or the STT waited; compare it with itself, not with the bounds.",
            "bridge",
        ),
        [scope.quantile(m.TURN_TTFW_APPROXIMATE, quantile) for quantile in (0.5, 0.95)],
    )


def _stage(identity: int, stage: str, config: Config) -> Panel:
    bounds = config.thresholds.stage(stage)
    budget = f"{bounds.target * 1000:g} ms" if bounds.target else "none"
    return graph(
        Card(
            identity,
            f"{_NAMES[stage]}, P95 (budget {budget})",
            f"Does {stage.upper()} answer its first byte within its budget?",
            "Above it: the provider's status page, model, region, prompt size.",
        ),
        [q.stage(latency_name(m.STAGE_TTFB, 0.95, usual(config)), stage)],
        bounds=bounds,
        exemplars=scope.exemplars(m.STAGE_TTFB, equal(labels.STAGE, stage)),
    )


def _regression(config: Config) -> Panel:
    bound = config.thresholds.stage_regression.warning or 0
    return graph(
        Card(
            15,
            f"Stages, times their past (bound {bound:g}×)",
            "Is a stage slower than it was in the week before, whatever its budget?",
            "One provider degraded, or a setting changed: compare models below.",
            empty="Compared with the week before yesterday; there is not yet as much history",
        ),
        [lately(config, "stage_ttfb", "baseline_ratio", "times", labels.STAGE)],
        bounds=config.thresholds.stage_regression,
    )


def _remainder(config: Config) -> Panel:
    return graph(
        Card(
            16,
            "Network and pipeline, P95",
            "How long is the part of the wait that no stage accounts for?",
            "Red with fast stages: the bot's own process is overloaded, or its transport is far away.",
            "bridge",
        ),
        [scope.while_used(lately(config, "turn_remainder_seconds", "p95", "seconds", labels.CONTRIBUTION), m.TURNS)],
        bounds=config.thresholds.remainder.p95,
    )


def _models() -> Panel:
    queries = [q.by_model(quantile) for quantile in QUANTILES]
    names = {f"Value #{letter}": f"P{quantile * 100:g}" for letter, quantile in zip("ABC", QUANTILES, strict=True)}
    order = [labels.STAGE, labels.PROVIDER, labels.MODEL, *names, "Value #D"]
    return table(
        Card(
            20,
            "By provider and model",
            "Which provider or model is slow, and how much of the traffic is on it?",
            "A slow model with few requests is no emergency; sort by P95.",
        ),
        [*queries, q.requests_by_model()],
        transformations=side_by_side(order, names | {"Value #D": "Requests"}),
        overrides=[
            column("Stage", custom__width=70),
            column("Provider", custom__minWidth=110),
            column("Model", custom__minWidth=130),
            *(column(name, unit="s") for name in names.values()),
            column("Requests", decimals=0),
        ],
        sort="P95",
    )


def _contributions() -> Panel:
    return graph(
        Card(
            30,
            "Where a turn's latency goes",
            "On what is the wait spent? The areas add up to it; whose they are is beside.",
            "The widest area is where to start: a setting (endpointing), a service (inference), or the bot (tools).",
            "bridge",
        ),
        [q.contributions()],
        look="stacked",
    )


def _owners() -> Panel:
    return bars(
        Card(
            31,
            "By owner",
            "Whose milliseconds are these: a service's, a setting's, the bot's own code's?",
            "Setting: yours to change today. Service: compare models above.",
            "bridge",
            empty="No data: the bridge feeds this panel",
        ),
        [q.by_owner()],
    )


def _startup() -> Panel:
    return graph(
        Card(
            32,
            "Before the first word",
            "How long do the pipeline's start and the transport's connection take (P95)?",
            "Slow start: models loaded per call. Slow connection: see the network dashboard.",
            "bridge",
        ),
        [
            scope.quantile(m.STARTUP, 0.95, labels.SERVICE_NAME, of="start"),
            scope.quantile(m.TRANSPORT_CONNECT, 0.95, labels.SERVICE_NAME, of="connect"),
        ],
    )


def _durations() -> Panel:
    return graph(
        Card(
            33,
            "Length of turns and calls",
            "How long do turns and whole calls last (P50)? Talking included: no latency.",
            "Calls suddenly short: callers give up, or the bot ends.",
        ),
        [
            scope.quantile(m.TURN_DURATION, 0.5, labels.SERVICE_NAME, of="turn"),
            scope.quantile(m.CONVERSATION_DURATION, 0.5, labels.SERVICE_NAME, of="call"),
        ],
    )
