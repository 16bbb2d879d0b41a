"""pipecat-quality: is the agent any good?"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.thresholds import RatioBounds
from pipecat_lgtm.config.units import format_ratio, format_seconds
from pipecat_lgtm.dashboards.panels.alarms import alarms
from pipecat_lgtm.dashboards.panels.card import Card, Panel
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.recorded import evaluated, lately
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.queries import panels_quality as q
from pipecat_lgtm.queries.panels_conversations import with_bridge
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m

UID = "pipecat-quality"
_NO_CALLS = "No synthetic calls in this time range: docs/quality.md says how to place them"


def quality(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    sheet = Sheet(
        UID,
        "Pipecat: quality",
        "Is the agent any good?",
        leads_to=(("pipecat-conversations", "Calls"),),
        span="now-24h",
    )
    return finished(
        config,
        sheet,
        [
            alarms(90),
            heading(100, "Does it do its job?"),
            Line(8, [_completion(config), _outcomes(), _uptime(config)]),
            Line(8, [_intents(config), _scores(config), _score_drop(config)]),
            heading(101, "Does it understand callers?"),
            Line(8, [_confidence(config), _word_errors(config), _drift(config)]),
            heading(102, "Does it behave, and do callers bear it?"),
            Line(8, [_findings(), _disclosed(config), _off_script(config)]),
            Line(8, [_frustration(config)]),
            heading(103, "Does a call go round in circles, or end before its time?"),
            Line(8, [_repetitions(config), _signals()]),
        ],
    )


def _repetitions(config: Config) -> Panel:
    bound = config.thresholds.repetitions.warning or 0
    return graph(
        Card(
            30,
            f"Repetitions per turn (warning {format_ratio(bound)})",
            "How often does a caller ask for the same again, the bot ask what was answered, or give the same reply three times?",
            "Orange: open a call; it does not understand (STT, prompt) or does not remember (context).",
            "bridge",
        ),
        [with_bridge(lately(config, "repetitions", "share", "ratio"))],
        bounds=config.thresholds.repetitions,
    )


def _signals() -> Panel:
    return graph(
        Card(
            31,
            "Signals that calls go badly, by kind",
            "What does the bridge notice while calls last: repetitions, early hang-ups, raised voices, callers who have to be asked again?",
            "early_hangup: the reply before it. reprompt: callers do not hear, or do not know what to say. raised_voice: what came before.",
            "bridge",
            empty="The bridge has noticed nothing of the kind in this time range, or no bot runs it",
        ),
        [q.noticed()],
        look="bars",
    )


def _completion(config: Config) -> Panel:
    return graph(
        Card(
            1,
            "Task completion",
            "Which share of tasks does the bot say it completed?",
            "Falling: compare transcripts of failed and completed calls.",
            "bridge",
            empty="No outcome stated: the bot says it with bridge.record_outcome",
            producer="a bot that calls bridge.record_outcome",
        ),
        [evaluated(config, "task_completion", "ratio", "ratio", lower_is_worse=True)],
        bounds=config.thresholds.task_completion,
        top=1,
    )


def _outcomes() -> Panel:
    return graph(
        Card(
            2,
            "Outcomes",
            "How do tasks end: completed, failed, escalated, abandoned?",
            "abandoned with long waits: latency. escalated: what the bot cannot do.",
            "bridge",
            empty="No outcome stated: the bot says it with bridge.record_outcome",
            producer="a bot that calls bridge.record_outcome",
        ),
        [q.outcomes()],
        look="bars",
    )


def _intents(config: Config) -> Panel:
    return graph(
        Card(
            3,
            "Intents recognised",
            "Which share of what callers want is recognised?",
            "Falling: callers ask for something new, or STT mishears.",
            "bridge",
            empty="No intent looked for: the bot says it with bridge.record_intent",
            producer="a bot that calls bridge.record_intent",
        ),
        [evaluated(config, "intent_match", "ratio", "ratio", lower_is_worse=True)],
        bounds=config.thresholds.intent_match,
        top=1,
    )


def _scores(config: Config) -> Panel:
    return graph(
        Card(
            4,
            "Scores of calls, by who judged",
            "What do judges, policies and people say of completion, relevance and tone?",
            "A drop right after a deploy: the prompt or the model. Two lines of one name: two models judge, or two versions of a prompt.",
            "scores",
            empty="No scores: whoever judges calls sends them as events gen_ai.evaluation.result (docs/telemetry.md)",
            producer="whoever judges calls",
        ),
        [evaluated(config, "quality_score", "mean", "ratio", labels.DIMENSION, labels.SOURCE, lower_is_worse=True)],
        top=1,
    )


def _score_drop(config: Config) -> Panel:
    bound = config.thresholds.judge_drop.critical or 0
    return graph(
        Card(
            5,
            f"Scores of calls: drop (critical {format_ratio(bound)})",
            "Has a score dropped against the same service's last week, by the same judge?",
            "Red: undo the last deploy, then compare the prompts.",
            "scores",
            empty="No scores, or not yet a week of the same judge's to compare with",
            producer="whoever judges calls",
        ),
        [evaluated(config, "quality_score", "drift", "ratio", labels.DIMENSION, labels.SOURCE)],
        bounds=config.thresholds.judge_drop,
    )


def _drift(config: Config) -> Panel:
    return graph(
        Card(
            12,
            "Word errors above their baseline",
            "By how many points does a provider hear worse than in the last week?",
            "Red: its model changed, or the audio did; see the network dashboard.",
            "heartbeat",
            empty="No synthetic calls, or not yet a week of them to compare with: docs/quality.md says how to place them",
        ),
        [evaluated(config, "stt_wer", "drift", "ratio", labels.PROVIDER)],
        bounds=config.thresholds.wer_drift,
    )


def _uptime(config: Config) -> Panel:
    target = config.thresholds.uptime.target or 0
    return graph(
        Card(
            6,
            f"Failed synthetic calls (budget {(1 - target) * 100:.2g} %)",
            "Does a test caller get through and get done what it asks?",
            "Anything but 0: real callers meet the same.",
            "heartbeat",
            empty=_NO_CALLS,
        ),
        [evaluated(config, "synthetic_failures", "ratio", "ratio")],
        bounds=RatioBounds.model_construct(warning=round(1 - target, 9)),
    )


def _confidence(config: Config) -> Panel:
    bound = config.thresholds.stt_confidence.warning or 0
    return graph(
        Card(
            10,
            f"STT confidence (warning below {format_ratio(bound)})",
            "How sure is STT of what it hears?",
            "Low for one model: its settings or language. Low for all: bad sound, see the network dashboard.",
            "bridge",
            empty="No confidence stated: the bridge reads it of transcripts, where the STT service gives one",
        ),
        [lately(config, "stt_confidence", "mean", "ratio", labels.PROVIDER, lower_is_worse=True)],
        bounds=config.thresholds.stt_confidence,
        top=1,
    )


def _word_errors(config: Config) -> Panel:
    return graph(
        Card(
            11,
            "Word error rate",
            "Which share of words is wrong, against reference transcripts?",
            "Rising for one provider: its model changed.",
            "heartbeat",
            empty=_NO_CALLS,
        ),
        [evaluated(config, "stt_wer_ratio", "mean", "ratio", labels.PROVIDER), q.word_errors()],
    )


def _findings() -> Panel:
    return graph(
        Card(
            20,
            "Protected data spoken",
            "Do callers or the bot say card numbers, addresses, secrets?",
            "card or ssn: find the call at once; what is stored is masked.",
            empty="No protected data found in this time range",
        ),
        [q.protected()],
        look="bars",
    )


def _disclosed(config: Config) -> Panel:
    window, kinds = format_seconds(config.alerts.quality_window), ", ".join(config.alerts.pii_kinds)
    return graph(
        Card(
            22,
            f"Protected data that pages (last {window})",
            f"How often was what must not be said ({kinds}) said in the last {window}?",
            "Red: find the call, and what else of it is kept: a recording, the bot's own log files.",
            empty=f"None of {kinds} was found in this time range",
        ),
        [evaluated(config, "pii_findings", "increase", "count", labels.KIND)],
        bounds=config.thresholds.pii_findings,
    )


def _off_script(config: Config) -> Panel:
    window = format_seconds(config.alerts.quality_window)
    return graph(
        Card(
            23,
            f"Answers off the script (last {window})",
            f"How often did the bot say what its script does not allow, in the last {window}?",
            "Orange: read the calls, then tighten the prompt.",
            empty="None was found in this time range; a later evaluation of the calls finds them",
        ),
        [evaluated(config, "off_script", "increase", "count")],
        bounds=config.thresholds.off_script,
    )


def _frustration(config: Config) -> Panel:
    return graph(
        Card(
            21,
            "Frustration per turn",
            "How often do callers ask again, complain, or want a human?",
            "repeat_request: they are not understood. escalation_request: they give up on the bot.",
            empty="No caller asked again, complained or wanted a human in this time range",
        ),
        [evaluated(config, "frustration", "share", "ratio"), q.per_turn(m.FRUSTRATION_MARKERS)],
        bounds=config.thresholds.frustration,
    )
