"""pipecat-latency: where do the milliseconds go?"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.thresholds import Percentiles
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.dashboards.panels import variables
from pipecat_lgtm.dashboards.panels.bands import experience
from pipecat_lgtm.dashboards.panels.card import Card, Panel
from pipecat_lgtm.dashboards.panels.fields import column, to_dashboard
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.numbers import bars
from pipecat_lgtm.dashboards.panels.recorded import lately
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.table import merged, organised, table
from pipecat_lgtm.dashboards.panels.timeline import heatmap, states
from pipecat_lgtm.queries import panels_latency as q
from pipecat_lgtm.queries import scope
from pipecat_lgtm.rules.recordings import QUANTILES, latency_name, recorded, share_name, usual

UID = "pipecat-latency"
_NAMES = {"stt": "Speech to text", "llm": "Language model", "tts": "Text to speech"}


def latency(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    sheet = Sheet(
        UID,
        "Pipecat: latency",
        "Where do the milliseconds go?",
        chooses=(variables.stage(), variables.provider(), variables.model()),
        leads_to=(("pipecat-conversations", "Which calls?"), ("pipecat-network", "Is it the network?")),
    )
    bounds = config.thresholds
    return finished(
        config,
        sheet,
        [
            heading(100, "What callers feel"),
            Line(9, [
                _quantiles(1, "Time to first word", m.TURN_TTFW, bounds.ttfw, usual(config)),
                _quantiles(2, "End to end", m.TURN_E2E, bounds.e2e, usual(config)),
            ]),
            Line(7, [_felt(config), _beyond(config)]),
            Line(9, [_spread(), _coverage(config)], [16, 8]),
            heading(101, "Each stage against its budget"),
            Line(8, [_stage(number, stage, config) for number, stage in enumerate(labels.STAGES, 10)]),
            Line(8, [_regression(config), _remainder(config)]),
            Line(9, [_models(config)]),
            heading(102, "Inside one turn"),
            Line(9, [_contributions(), _owners()], [16, 8]),
            Line(7, [_startup(), _durations()]),
        ],
    )  # fmt: skip


def _quantiles(identity: int, title: str, metric: Metric, bounds: Percentiles, window: str) -> Panel:
    return graph(
        Card(
            identity,
            f"{title}: P50, P95, P99",
            "What do most callers wait (P50), what do 5 in 100 exceed (P95), and the unlucky 1 in 100 (P99)?",
            "P99 alone red: single calls, open a dot. P50 red too: everybody waits, look at the stages below.",
            "both",
        ),
        [q.latency(latency_name(metric, quantile, window), f"P{quantile * 100:g}") for quantile in QUANTILES],
        bounds=bounds.p95,
        exemplars=scope.exemplars(metric),
        links=[to_dashboard("pipecat-conversations", "Which calls?")],
    )


def _felt(config: Config) -> Panel:
    mappings, words = experience(config)
    return states(
        Card(
            3,
            "How it feels to callers",
            f"Is the wait (P95) natural, acceptable, noticeable or frustrating? {words}",
            "Frustrating for minutes: callers hang up or talk over the bot; go on to the stages.",
            "both",
        ),
        [q.latency(latency_name(m.TURN_TTFW, 0.95, usual(config)), "")],
        mappings,
    )


def _beyond(config: Config) -> Panel:
    bounds = config.thresholds.ttfw.p95
    queries = [
        scope.recorded(share_name(m.TURN_TTFW, severity, usual(config)), "ratio", "", f"beyond {bound:g} s {scope.BOT}")
        for severity, bound in (("warning", bounds.warning), ("critical", bounds.critical))
        if bound is not None
    ]
    return graph(
        Card(
            4,
            "Turns beyond the bounds",
            "Which share of turns is slower than each bound? Exact, not interpolated.",
            "Over 5 % is what turns the P95 red.",
            "both",
        ),
        queries,
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


def _stage(identity: int, stage: str, config: Config) -> Panel:
    bounds = config.thresholds.stage(stage)
    budget = f"{bounds.target * 1000:g} ms" if bounds.target else "none"
    return graph(
        Card(
            identity,
            f"{_NAMES[stage]}: P95 to first byte (budget {budget})",
            f"Does {stage.upper()} keep to its budget?",
            "Beyond it: the provider's status page, model, region, prompt size.",
        ),
        [q.stage(latency_name(m.STAGE_TTFB, 0.95, usual(config)), stage)],
        bounds=bounds,
        exemplars=scope.exemplars(m.STAGE_TTFB, f'{labels.STAGE}="{stage}"'),
    )


def _regression(config: Config) -> Panel:
    bound = config.thresholds.stage_regression.warning or 0
    return graph(
        Card(
            15,
            f"Stages against their own past (warning above {bound:g} times)",
            "Is a stage slower than it was in the week before, whatever its budget?",
            "One provider degraded, or a setting changed: compare models below.",
            empty="Compared with the week before yesterday; there is not yet as much history",
        ),
        [lately(config, "stage_ttfb", "baseline_ratio", "count", labels.STAGE)],
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
        [lately(config, "turn_remainder_seconds", "p95", "seconds", labels.CONTRIBUTION)],
        bounds=config.thresholds.remainder.p95,
    )


def _models(config: Config) -> Panel:
    queries = [q.by_model(quantile, usual(config)) for quantile in QUANTILES]
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
        transformations=[merged(), organised(order, names | {"Value #D": "Requests"}, ["Time"])],
        overrides=[*(column(name, unit="s", decimals=3) for name in names.values()), column("Requests", decimals=0)],
        sort="P95",
    )


def _contributions() -> Panel:
    return graph(
        Card(
            30,
            "Where a turn's latency goes",
            "On what is the wait spent, and who owns that part? The areas add up to it.",
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
