"""pipecat-quality: is the agent any good?"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.dashboards.panels.card import Card, Panel
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.queries import panels_quality as q
from pipecat_lgtm.queries import scope

UID = "pipecat-quality"


def quality(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    sheet = Sheet(
        UID,
        "Pipecat: quality",
        "Is the agent any good?",
        leads_to=(("pipecat-conversations", "Which calls?"),),
        span="now-24h",
    )
    return finished(
        config,
        sheet,
        [
            heading(100, "Does it do its job?"),
            Line(8, [_completion(), _outcomes()]),
            Line(8, [_intents(), _scores()]),
            heading(101, "Does it understand callers?"),
            Line(8, [_confidence(config), _word_errors()]),
            heading(102, "Does it behave, and do callers bear it?"),
            Line(8, [_findings(), _frustration()]),
        ],
    )


def _completion() -> Panel:
    return graph(
        Card(
            1,
            "Task completion",
            "Which share of tasks does the bot say it completed?",
            "Falling: compare transcripts of failed and completed calls.",
            "bridge",
        ),
        [q.completion()],
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
        ),
        [q.outcomes()],
        look="bars",
    )


def _intents() -> Panel:
    return graph(
        Card(
            3,
            "Intents recognised",
            "Which share of what callers want is recognised?",
            "Falling: callers ask for something new, or STT mishears.",
            "bridge",
        ),
        [q.matched()],
        top=1,
    )


def _scores() -> Panel:
    return graph(
        Card(
            4,
            "Judge's scores",
            "What does the judge say of completion, relevance and tone?",
            "A drop right after a deploy: the prompt or the model.",
            "bridge",
        ),
        [q.scores()],
        top=1,
    )


def _confidence(config: Config) -> Panel:
    bound = config.thresholds.stt_confidence.warning or 0
    return graph(
        Card(
            10,
            f"Confidence of transcripts (warning below {bound * 100:g} %)",
            "How sure is STT of what it hears?",
            "Low for one model: its settings or language. Low for all: bad sound, see the network dashboard.",
            "bridge",
        ),
        [q.confidence()],
        bounds=config.thresholds.stt_confidence,
        top=1,
    )


def _word_errors() -> Panel:
    return graph(
        Card(
            11,
            "Word error rate",
            "Which share of words is wrong, against reference transcripts?",
            "Rising for one provider: its model changed.",
            "bridge",
        ),
        [q.word_errors()],
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
        [scope.over_time(m.COMPLIANCE_FINDINGS, labels.KIND)],
        look="bars",
    )


def _frustration() -> Panel:
    return graph(
        Card(
            21,
            "Frustration per turn",
            "How often do callers ask again, complain, or want a human?",
            "repeat_request: they are not understood. escalation_request: they give up on the bot.",
            empty="No caller asked again, complained or wanted a human in this time range",
        ),
        [q.per_turn(m.FRUSTRATION_MARKERS)],
    )
