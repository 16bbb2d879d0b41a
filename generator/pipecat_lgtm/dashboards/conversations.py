"""pipecat-conversations: what is happening, and which calls went wrong?"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.dashboards.panels.calls import call_columns, emitter_columns
from pipecat_lgtm.dashboards.panels.card import Card, Panel
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.numbers import stat
from pipecat_lgtm.dashboards.panels.recorded import lately
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.table import table
from pipecat_lgtm.queries import panels_calls as calls
from pipecat_lgtm.queries import panels_conversations as q
from pipecat_lgtm.queries import scope
from pipecat_lgtm.rules.recordings import recorded, usual

UID = "pipecat-conversations"


def conversations(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    sheet = Sheet(
        UID,
        "Pipecat: conversations",
        "What is happening, and which calls went wrong?",
        leads_to=(("pipecat-errors", "What fails?"), ("pipecat-quality", "Is the agent any good?")),
    )
    return finished(
        config,
        sheet,
        [
            Line(6, [_number(), _turns_each(), _active(), _turns()]),
            Line(9, [_failures(config), _over_time()]),
            heading(100, "Calls that went wrong"),
            Line(11, [_worst(config)]),
            Line(9, [_short(config), _recent()]),
            heading(101, "How they went"),
            Line(8, [_interruptions(), _silences()]),
            Line(7, [_silence_share(config), _emitters()]),
        ],
    )


def _number() -> Panel:
    return stat(
        Card(
            1,
            "Conversations",
            "How many conversations ended in the time range?",
            "None though calls go on: see the stack dashboard.",
        ),
        [scope.in_range(m.CONVERSATIONS)],
        decimals=0,
    )


def _turns_each() -> Panel:
    return stat(
        Card(
            2,
            "Turns per conversation",
            "How long do callers stay, counted in turns?",
            "Suddenly fewer: callers give up early; listen to one.",
        ),
        [q.turns_per_conversation()],
        decimals=1,
    )


def _active() -> Panel:
    return stat(
        Card(
            3,
            "Active calls",
            "How many calls go on right now? From heartbeats, so a crashed call stops counting.",
            "Nought in business hours: bots do not start, or do not reach the collector.",
            "bridge",
        ),
        [q.active_calls()],
        decimals=0,
    )


def _turns() -> Panel:
    return stat(
        Card(
            4,
            "Turns",
            "How many turns ended in the time range?",
            "Turns without conversations: calls have not ended yet, or bots die.",
        ),
        [scope.in_range(m.TURNS)],
        decimals=0,
    )


def _failures(config: Config) -> Panel:
    bounds = config.thresholds.error_ratio
    return graph(
        Card(
            5,
            f"Error rate, critical above {(bounds.critical or 0) * 100:g} %",
            "In which share of ended conversations did a component fail? Spans alone show LLM failures only.",
            "Red: the errors dashboard says which stage and provider.",
            "both",
        ),
        [
            scope.recorded(recorded("conversation_failures", "ratio", usual(config)), "ratio", ""),
        ],
        bounds=bounds,
    )


def _over_time() -> Panel:
    return graph(
        Card(
            6,
            "Conversations over time",
            "How many conversations end a minute, and how?",
            "More of failed or abandoned: see the table below. Without the bridge the outcome is unknown.",
            "both",
        ),
        [scope.over_time(m.CONVERSATIONS, labels.OUTCOME)],
        look="bars",
    )


def _worst(config: Config) -> Panel:
    bound = config.thresholds.ttfw.p95.critical or config.thresholds.ttfw.p95.warning or 1.0
    columns, overrides = call_columns(a.CONVERSATION_ID, a.TURN_NUMBER, a.TURN_LATENCY, a.TTFW)
    return table(
        Card(
            10,
            f"Slowest turns (wait above {bound:g} s)",
            "Which calls kept the caller waiting, and for how long?",
            "Click a trace id: the call opens with its trace, transcript and logs.",
            "both",
            empty=f"No turn above {bound:g} s in this time range",
        ),
        [calls.slow_turns(bound)],
        transformations=columns,
        overrides=overrides,
        sort="Wait",
    )


def _short(config: Config) -> Panel:
    turns = config.dashboards.short_call
    columns, overrides = call_columns(a.CONVERSATION_ID, a.TURN_NUMBER, a.TURN_LATENCY)
    return table(
        Card(
            12,
            f"Short calls (fewer than {turns} turns)",
            "Which callers left early, and what was their last turn?",
            "Many of them: the greeting puts callers off, or the first answer takes too long.",
            empty=f"No call with fewer than {turns} turns in this time range",
        ),
        [calls.short_calls(turns)],
        transformations=columns,
        overrides=overrides,
        sort="Start",
    )


def _recent() -> Panel:
    columns, overrides = call_columns(a.CONVERSATION_ID, a.CONVERSATION_OUTCOME)
    return table(
        Card(
            11,
            "Latest conversations",
            "Which calls were there, good ones too, to compare with?",
            "Click a trace id to open the call.",
        ),
        [calls.conversations()],
        transformations=columns,
        overrides=overrides,
        sort="Start",
    )


def _interruptions() -> Panel:
    return graph(
        Card(
            20,
            "Interruptions per turn",
            "In which share of turns does the caller talk over the bot? Only real ones: the bot was speaking.",
            "Rising: answers too long, or turn detection too eager.",
            "bridge",
        ),
        [q.interruptions_per_turn()],
    )


def _silences() -> Panel:
    return graph(
        Card(
            21,
            "Silences",
            "How often does nobody speak in mid-conversation? The bridge tells of silences from 5 s on.",
            "Each one is a caller who wonders whether the line is dead: tools without filler words, lost audio.",
            "bridge",
        ),
        [scope.over_time(m.SILENCE, labels.SERVICE_NAME)],
        look="bars",
    )


def _silence_share(config: Config) -> Panel:
    bound = config.thresholds.silence.warning or 0
    return graph(
        Card(
            22,
            f"Turns with a silence over {bound:g} s",
            "In which share of turns does nobody speak for that long?",
            "Red: the bot does not answer, or does not hear.",
            "bridge",
        ),
        [q.with_bridge(lately(config, "silent_turns", "share", "ratio"))],
        bounds=config.thresholds.silent_turns,
    )


def _emitters() -> Panel:
    columns, overrides = emitter_columns()
    return table(
        Card(
            23,
            "Services and languages",
            "Which bots report here, in which language and with which version of the SDK?",
            "One is missing: it has not ended a conversation in the time range.",
        ),
        [calls.emitters()],
        transformations=columns,
        overrides=overrides,
    )
