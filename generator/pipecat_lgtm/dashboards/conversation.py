"""pipecat-conversation: what happened in this call?"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import events as e
from pipecat_lgtm.dashboards.panels import variables
from pipecat_lgtm.dashboards.panels.calls import call_columns
from pipecat_lgtm.dashboards.panels.card import Card, Panel
from pipecat_lgtm.dashboards.panels.fields import column
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.palette import steps
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.table import table
from pipecat_lgtm.dashboards.panels.texts import lines, trace
from pipecat_lgtm.queries import panels_calls as q

UID = "pipecat-conversation"


def conversation(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    sheet = Sheet(
        UID,
        "Pipecat: one conversation",
        "What happened in this call?",
        chooses=(
            variables.typed("trace", "Trace id", "Of the call; links fill it."),
            variables.short_trace_id(),
            variables.typed("conversation", "Conversation id", "Of the call; finds its trace in the first table."),
        ),
        leads_to=(("pipecat-conversations", "Other calls"),),
        span="now-6h",
    )
    return finished(
        config,
        sheet,
        [
            Line(6, [_find()]),
            Line(14, [_trace()]),
            heading(100, "Turn by turn"),
            Line(9, [_turns(config)]),
            Line(10, [_transcript()]),
            heading(101, "What the bot wrote"),
            Line(11, [_lines()]),
            Line(8, [_decisions(), _happened()]),
            heading(102, "The network during the call"),
            Line(8, [_jitter(config), _loss(config)]),
        ],
    )


def _find() -> Panel:
    columns, overrides = call_columns(a.CONVERSATION_ID, a.TURN_NUMBER)
    return table(
        Card(
            1,
            "Find by conversation id",
            "Which trace belongs to the conversation id in the box above?",
            "Click the trace id. OpenInference makes a trace per turn: choose the turn.",
            empty="Paste a conversation id above, or a trace id to go straight to it",
        ),
        [q.this_call()],
        transformations=columns,
        overrides=overrides,
    )


def _trace() -> Panel:
    return trace(
        Card(
            2,
            "Trace",
            "Where did the time go, span by span?",
            "Look for the widest bar below a slow turn; with the bridge the waits between the stages are spans too.",
            empty="Paste a trace id above",
        ),
        q.this_trace(),
    )


def _turns(config: Config) -> Panel:
    columns, overrides = call_columns(*q.OF_A_TURN, one=True)
    red = {"mode": "absolute", "steps": steps(config.thresholds.ttfw.p95)}
    marks = [
        column(name, thresholds=red, custom__cellOptions={"type": "color-text"}) for name in ("Wait", "First word")
    ]
    return table(
        Card(
            3,
            "Turns",
            "Which turn went wrong, and how long did the caller wait in each?",
            "A turn without a wait: the greeting, or the bot never spoke. First word, end to end and tokens need the bridge.",
            "both",
        ),
        [q.turns()],
        transformations=columns,
        overrides=[*overrides, *marks],
    )


def _transcript() -> Panel:
    columns, overrides = call_columns(a.STAGE, a.TRANSCRIPT, a.TEXT, a.TTFB_ACCEPTED, one=True)
    return table(
        Card(
            4,
            "Transcript",
            "What did caller and bot say, in order?",
            "Empty: content.mode in stack.yaml is drop. Masked parts are protected data.",
        ),
        [q.transcript()],
        transformations=columns,
        overrides=overrides,
    )


def _lines() -> Panel:
    return lines(
        Card(
            5,
            "Logs of this call",
            "What did the bot log during this call, and nothing else?",
            "Empty: the bot's logs carry no trace id; see docs/telemetry.md.",
        ),
        q.lines(),
    )


def _decisions() -> Panel:
    return lines(
        Card(
            6,
            "Decisions",
            "What did the bot choose, among what, and why?",
            "Nothing here: the bot records none; `bridge.record_decision`.",
            "bridge",
        ),
        q.events(e.DECISION, chose=e.DECISION_SELECTED, of=e.DECISION_OPTIONS, because=e.DECISION_RATIONALE),
    )


def _happened() -> Panel:
    return lines(
        Card(
            7,
            "Failures",
            "Which component failed in this call?",
            "The category says whose fault it is; the errors dashboard whether others have it too.",
            "bridge",
        ),
        q.events(e.ERROR, stage=a.STAGE, of=a.PROVIDER, failed_with=e.CATEGORY),
    )


def _jitter(config: Config) -> Panel:
    return graph(
        Card(
            8,
            "Jitter",
            "Did packets come evenly, on either side?",
            "Red: the caller heard the bot stutter, or STT heard the caller in pieces.",
            "bridge",
        ),
        [q.measured(e.WEBRTC, e.JITTER, e.SIDE, e.DIRECTION, unit="seconds")],
        bounds=config.thresholds.webrtc_jitter,
    )


def _loss(config: Config) -> Panel:
    return graph(
        Card(
            9,
            "Packet loss",
            "Did packets get lost, on either side?",
            "Red: words were lost; do not look for the fault in STT.",
            "bridge",
        ),
        [q.measured(e.WEBRTC, e.PACKET_LOSS, e.SIDE, e.DIRECTION, unit="ratio")],
        bounds=config.thresholds.webrtc_packet_loss,
    )
