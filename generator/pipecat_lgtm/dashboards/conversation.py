"""pipecat-conversation: what happened in this call?"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards.panels import variables
from pipecat_lgtm.dashboards.panels.calls import call_columns
from pipecat_lgtm.dashboards.panels.card import NO_REPORT, Card, Panel
from pipecat_lgtm.dashboards.panels.fields import column
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.numbers import FAULT, found, stacked
from pipecat_lgtm.dashboards.panels.palette import steps
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.table import table
from pipecat_lgtm.dashboards.panels.texts import lines, trace
from pipecat_lgtm.queries import panels_calls as q
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels

UID = "pipecat-conversation"


def conversation(config: Config) -> dict[str, Any]:
    """Return the dashboard: the verdict, the turns and their words, where the waits went, the trace, the logs."""
    sheet = Sheet(
        UID,
        "Pipecat: one conversation",
        "What happened in this call?",
        chooses=(
            variables.typed("trace", "Trace id", "Of the call; links fill it."),
            variables.short_trace_id(),
            variables.typed(
                "conversation", "Conversation id", "Instead of the trace id; the turns name the trace.", shown=False
            ),
            variables.level(),
        ),
        leads_to=(("pipecat-conversations", "Calls"),),
        span="now-6h",
        # Links bring them along; nobody looks for a call by them here.
        shows_who=False,
    )
    verdict = _verdict(config)
    return finished(
        config,
        sheet,
        [
            Line(3, verdict[:4], [9, 5, 5, 5]),
            Line(3, verdict[4:], [5, 5, 5, 4, 5]),
            Line(9, [_turns(config), _transcript(config)], [13, 11]),
            Line(8, [_parts()]),
            heading(100, "Span by span"),
            Line(14, [_trace()]),
            heading(101, "What the bot logged"),
            Line(10, [_lines()]),
            heading(102, "The network during the call"),
            Line(8, [_jitter(config), _loss(config)]),
        ],
    )


def _verdict(config: Config) -> list[Panel]:
    """Return the numbers that say at a glance how the call went."""
    bounds = config.thresholds.ttfw.p95
    unanswered = "no wait known"
    return [
        found(
            Card(
                28,
                "Conversation id",
                "Which call is this, as the bot and its own logs call it?",
                "Not known: no span of this call has an id; name it by its trace id above.",
                empty="not known",
            ),
            q.identity(),
            a.CONVERSATION_ID.name,
            "lastNotNull",
            unit="string",
        ),
        found(
            Card(20, "Outcome", "How did the call end?", "Without the bridge it is not known.", empty="not known"),
            q.verdict(),
            a.CONVERSATION_OUTCOME.name,
            "lastNotNull",
            unit="string",
        ),
        found(
            Card(
                21,
                "Turns",
                "How many turns did it have? The greeting is one.",
                "One or two: the caller left.",
                empty="0",
            ),
            q.turns(),
            a.TURN_NUMBER.name,
            "count",
        ),
        found(
            Card(26, "Tokens", "How many tokens did the turns use?", "Needs the bridge.", empty="not known"),
            q.turns(),
            a.TURN_TOKENS.name,
            "sum",
        ),
        found(
            Card(22, "Worst wait", "How long did the caller wait at worst?", "See the turns below.", empty=unanswered),
            q.turns(),
            a.TURN_LATENCY.name,
            "max",
            unit="s",
            bounds=bounds,
        ),
        found(
            Card(
                23,
                "To first word",
                "How long at worst to the first audible word?",
                "Needs the bridge.",
                empty=unanswered,
            ),
            q.turns(),
            a.TTFW.name,
            "max",
            unit="s",
            bounds=bounds,
        ),
        found(
            Card(
                24,
                "Component errors",
                "How often did STT, LLM, TTS or a tool fail? The outcome of the call is another matter.",
                "Needs the bridge, which says so when the call ends; failed spans are in the trace below.",
                empty="not known",
            ),
            q.verdict(),
            a.CONVERSATION_ERRORS.name,
            "max",
            bounds=FAULT,
        ),
        found(
            Card(
                25,
                "Barge-ins",
                "In how many turns did the caller speak over the bot?",
                "Needs the bridge.",
                empty="0",
            ),
            q.interrupted(),
            a.TURN_NUMBER.name,
            "count",
        ),
        found(
            Card(
                27,
                "Times unanswered",
                "How often did the caller speak and get no answer?",
                "Needs the bridge.",
                empty="0",
            ),
            q.verdict(),
            a.CONVERSATION_UNANSWERED.name,
            "max",
            bounds=FAULT,
        ),
    ]


def _parts() -> Panel:
    return stacked(
        Card(
            10,
            "Where each wait went",
            "On what was each turn's wait spent: endpointing, transcription, the model, tools, synthesis?",
            "The widest part of the longest bar is where to start.",
            "bridge",
        ),
        q.parts(),
        row=a.TURN_OF_PART.name,
        column=a.CONTRIBUTION.name,
        parts=labels.CONTRIBUTION,
        name="Turn",
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
        column("Start", unit="time:HH:mm:ss", custom__width=75),
        column("Turn", custom__width=70),
        *(
            column(name, thresholds=red, custom__width=width, custom__cellOptions={"type": "color-text"})
            for name, width in (("Wait", 70), ("First word", 90))
        ),
        *(column(name, custom__width=width) for name, width in (("End to end", 90), ("Barge-in", 78), ("Tokens", 68))),
    ]
    return table(
        Card(
            3,
            "Turns",
            "Which turn went wrong, and how long did the caller wait in each?",
            "No wait: the greeting, or the bot never spoke. First word, end to end, tokens need the bridge.",
            "both",
            empty="No turn with this trace id is stored in this time range. Calls, above, leads to lists of calls.",
        ),
        [q.turns()],
        transformations=columns,
        overrides=[*overrides, *marks],
        sort="Turn",
        least_first=True,
    )


def _transcript(config: Config) -> Panel:
    columns, overrides = call_columns(a.STAGE, a.TRANSCRIPT, a.TEXT, a.TTFB_ACCEPTED, one=True)
    clock = [
        column("Start", unit="time:HH:mm:ss", custom__width=80),
        column("Stage", custom__width=65),
        column("To first byte", custom__width=113),
        *(column(name, custom__wrapText=True, custom__minWidth=100) for name in ("Caller said", "Bot said")),
    ]
    return table(
        Card(
            4,
            "Transcript",
            "What did caller and bot say, in order?",
            "Empty: content.mode in stack.yaml is drop. Masked parts are protected data.",
            empty="Nothing that was said is stored: content.mode in stack.yaml is drop"
            if config.content.mode == "drop"
            else "Nothing that was said in this call is stored in this time range",
        ),
        [q.transcript()],
        transformations=columns,
        overrides=[*overrides, *clock],
        sort="Start",
        least_first=True,
    )


def _lines() -> Panel:
    return lines(
        Card(
            5,
            "Logs of this call",
            "What did the bot log during this call, and nothing else?",
            "What failed, what the bot decided and when it was interrupted are sentences among them. Empty: the bot's logs "
            "carry no trace id; see docs/telemetry.md. For lines of level DEBUG choose them above. A line that says only "
            "[dropped]: content.mode in stack.yaml is drop.",
        ),
        q.lines(),
        oldest_first=True,
    )


def _jitter(config: Config) -> Panel:
    return graph(
        Card(
            8,
            "Jitter",
            "Did packets come evenly, on either side?",
            "Red: the caller heard the bot stutter, or STT heard the caller in pieces.",
            "bridge",
            empty=NO_REPORT,
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
            empty=NO_REPORT,
        ),
        [q.measured(e.WEBRTC, e.PACKET_LOSS, e.SIDE, e.DIRECTION, unit="ratio")],
        bounds=config.thresholds.webrtc_packet_loss,
    )
