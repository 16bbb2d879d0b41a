"""pipecat-conversations: what is happening, and which calls went wrong?"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_ratio
from pipecat_lgtm.dashboards.panels import variables
from pipecat_lgtm.dashboards.panels.alarms import alarms
from pipecat_lgtm.dashboards.panels.calls import by_call, call_columns, emitter_columns
from pipecat_lgtm.dashboards.panels.card import Card, Panel
from pipecat_lgtm.dashboards.panels.fields import column, to_dashboard
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.numbers import stat
from pipecat_lgtm.dashboards.panels.recorded import lately
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.table import table
from pipecat_lgtm.dashboards.panels.targets import TRACES_SHOWN
from pipecat_lgtm.queries import panels_calls as calls
from pipecat_lgtm.queries import panels_conversations as q
from pipecat_lgtm.queries import scope
from pipecat_lgtm.rules.recordings import recorded, usual
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m

UID = "pipecat-conversations"


def conversations(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    sheet = Sheet(
        UID,
        "Pipecat: conversations",
        "What is happening, and which calls went wrong?",
        chooses=(variables.typed("conversation", "Call id", ""),),
    )
    return finished(
        config,
        sheet,
        [
            alarms(90),
            Line(4, [_number(), _turns_each(), _active(), _turns()]),
            Line(9, [_failures(config), _over_time()]),
            heading(100, "Calls that went wrong"),
            Line(9, [_bad()]),
            Line(11, [_worst(config)]),
            Line(9, [_short(config), _recent()]),
            heading(101, "How they went"),
            Line(8, [_interruptions(), _silences(config)]),
            Line(7, [_silence_share(config), _unanswered_share(config)]),
            Line(7, [_unanswered(), _emitters()]),
        ],
    )


def _number() -> Panel:
    return stat(
        Card(
            1,
            "Calls ended",
            "How many calls ended in the time range, however they ended?",
            "None though calls go on: see the stack dashboard. The tables below list single calls, at most "
            f"{TRACES_SHOWN} each.",
            empty="none",
        ),
        [scope.in_range(m.CONVERSATIONS)],
        decimals=0,
    )


def _turns_each() -> Panel:
    return stat(
        Card(
            2,
            "Turns per ended call",
            "How long did callers stay in the time range, counted in turns?",
            "Suddenly fewer: callers give up early; listen to one.",
            empty="none",
        ),
        [q.turns_per_conversation()],
        decimals=1,
    )


def _active() -> Panel:
    return stat(
        Card(
            3,
            "Calls going on now",
            "How many calls go on right now? From heartbeats, so a crashed call stops counting.",
            "0 in business hours: bots do not start, or do not reach the collector.",
            "bridge",
            empty="none, or no bridge",
        ),
        [q.active_calls()],
        decimals=0,
    )


def _turns() -> Panel:
    return stat(
        Card(
            4,
            "Turns ended",
            "How many turns ended in the time range?",
            "Turns without ended calls: calls have not ended yet, or bots die.",
            empty="none",
        ),
        [scope.in_range(m.TURNS)],
        decimals=0,
    )


def _failures(config: Config) -> Panel:
    bounds = config.thresholds.error_ratio
    return graph(
        Card(
            5,
            f"Calls failed or with errors (last {usual(config)})",
            "In which share of ended calls did a component (STT, LLM, TTS, a tool) fail, or did the bot say that the call "
            "failed? Which of the two it was says the table below. Spans alone show LLM failures only. "
            f"Critical above {format_ratio(bounds.critical or 0)}.",
            "Red: the errors dashboard says which stage and provider.",
            "both",
        ),
        [
            scope.recorded(recorded("conversation_failures", "ratio", usual(config)), "ratio", ""),
        ],
        bounds=bounds,
        links=[to_dashboard("pipecat-errors", "Errors")],
    )


def _over_time() -> Panel:
    return graph(
        Card(
            6,
            "Calls ended a minute, by outcome",
            "How many calls end a minute, and with which outcome? A call with a component error counts as failed, whatever the "
            "bot says that it achieved; the table below has both.",
            "More of failed or abandoned: see the table below. Without the bridge the outcome is unknown.",
            "both",
        ),
        [scope.over_time(m.CONVERSATIONS, labels.OUTCOME)],
        look="bars",
        overrides=[column("failed", displayName="failed or with errors")],
    )


def _bad() -> Panel:
    columns, overrides = by_call(a.CONVERSATION_ID, a.CONVERSATION_OUTCOME, a.CONVERSATION_ERRORS, a.STAGE)
    return table(
        Card(
            13,
            "Calls that ended badly or had errors",
            "Which calls ended with outcome failed or abandoned, and in which did a component fail? Component errors are those "
            f"of STT, LLM, TTS and tools; the stage is that of the failed span. The latest {TRACES_SHOWN}.",
            "Open one: the call comes with its trace, transcript and logs. Outcome and number of errors need the bridge.",
            "both",
            empty="No call ended badly and none had an error in this time range",
        ),
        [calls.bad_calls()],
        transformations=columns,
        overrides=overrides,
        sort="Start",
    )


def _worst(config: Config) -> Panel:
    bound = config.thresholds.ttfw.p95.critical or config.thresholds.ttfw.p95.warning or 1.0
    columns, overrides = call_columns(a.CONVERSATION_ID, a.TURN_NUMBER, a.TURN_LATENCY, a.TTFW)
    return table(
        Card(
            10,
            f"Slowest turns (wait above {bound:g} s)",
            f"Which calls kept the caller waiting, and for how long? Turns of the latest {TRACES_SHOWN} such calls.",
            "Open one: the call comes with its trace, transcript and logs.",
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
    columns, overrides = call_columns(a.CONVERSATION_ID, a.CONVERSATION_TURNS, a.CONVERSATION_OUTCOME)
    return table(
        Card(
            12,
            f"Short calls (fewer than {turns} turns)",
            "Which callers left early, after how many turns, and what became of the call?",
            "Many of them: the greeting puts callers off, or the first answer takes too long.",
            "bridge",
            empty=f"No ended call with fewer than {turns} turns in this time range; the bridge feeds this panel",
        ),
        [calls.short_calls(turns)],
        transformations=columns,
        overrides=overrides,
        sort="Start",
    )


def _recent() -> Panel:
    columns, overrides = call_columns(a.CONVERSATION_ID, a.TURN_NUMBER, a.CONVERSATION_OUTCOME)
    return table(
        Card(
            11,
            f"Latest calls (at most {TRACES_SHOWN})",
            "Which calls were there, good ones too, to compare with? With the call's (conversation) id above: where is that one?",
            "Open it. OpenInference makes a trace per turn: choose the turn.",
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


def _silences(config: Config) -> Panel:
    return graph(
        Card(
            21,
            "Silences",
            f"How often does nobody speak in mid-conversation, for over {config.thresholds.kept_silence:g} s? Each counts when "
            "it is over.",
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
            f"Silences over {bound:g} s per turn",
            "How often does nobody speak for that long, for each turn? While the caller waits it counts before it ends.",
            "Red: the bot does not answer, or does not hear.",
            "bridge",
        ),
        [q.with_bridge(lately(config, "silent_turns", "share", "ratio"))],
        bounds=config.thresholds.silent_turns,
    )


def _unanswered_share(config: Config) -> Panel:
    return graph(
        Card(
            24,
            "Speech without an answer",
            "Which share of what callers say does the bot never answer?",
            "Red: the STT is deaf or the bot hangs; the panel below says which.",
            "bridge",
        ),
        [q.with_bridge(lately(config, "unanswered_speech", "ratio", "ratio"))],
        bounds=config.thresholds.unanswered_speech,
    )


def _unanswered() -> Panel:
    return graph(
        Card(
            25,
            "Speech without an answer, by reason",
            "Why was a caller not answered: no transcript came from the STT, or no reply from the bot?",
            "no_transcript: look at STT and audio. no_reply: at the model, its prompt and the turn detection.",
            "bridge",
        ),
        [scope.over_time(m.UNANSWERED_SPEECH, labels.REASON)],
        look="bars",
    )


def _emitters() -> Panel:
    columns, overrides = emitter_columns()
    return table(
        Card(
            23,
            "Services and languages",
            f"Which bots sent the latest {TRACES_SHOWN} calls, in which language and with which version of the SDK?",
            "One is missing: it has not ended a call lately.",
        ),
        [calls.emitters()],
        transformations=columns,
        overrides=overrides,
    )
