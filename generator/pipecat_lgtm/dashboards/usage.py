"""pipecat-usage: what do we use and pay for?"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards.panels import variables
from pipecat_lgtm.dashboards.panels.alarms import alarms
from pipecat_lgtm.dashboards.panels.card import Card, Panel
from pipecat_lgtm.dashboards.panels.fields import column
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.numbers import FAULT, bars, stat
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.table import side_by_side, table
from pipecat_lgtm.queries import panels_usage as q
from pipecat_lgtm.queries import scope
from pipecat_lgtm.rules.recordings import recorded, usual
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m

UID = "pipecat-usage"


def usage(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    sheet = Sheet(
        UID,
        "Pipecat: usage and cost",
        "What do we use and pay for?",
        chooses=(variables.provider(), variables.model()),
        leads_to=(("pipecat-conversations", "Calls"),),
        span="now-6h",
    )
    return finished(
        config,
        sheet,
        [
            alarms(90),
            heading(100, "Tokens"),
            Line(4, [_total(1, "Input tokens", "input"), _total(2, "Output tokens", "output"), _total(3, "Cached tokens", "cache_read")]),
            Line(9, [_tokens(), _per_turn(config)]),
            heading(101, "Models"),
            Line(5, [_models(10 + number, stage) for number, stage in enumerate(labels.STAGES)]),
            heading(102, "Speech"),
            Line(8, [_characters(), _audio()]),
            heading(103, "Cost at list prices"),
            Line(6, [_in_all(), _incomplete(), _cost_parts()]),
            Line(8, [_cost_over_time(), _unpriced()], [12, 12]),
            heading(104, "Machines"),
            Line(7, [_cpu(), _memory()]),
        ],
    )  # fmt: skip


def _total(identity: int, title: str, kind: str) -> Panel:
    return stat(
        Card(
            identity,
            title,
            f"How many tokens of type {kind} were used in the time range?",
            "Cached tokens are input tokens too, at a lower price; few of them: the start of the prompt changes each turn.",
            empty="none",
        ),
        [q.tokens_in_range(kind)],
        decimals=0,
    )


def _tokens() -> Panel:
    return graph(
        Card(
            4,
            "Token usage",
            "How many tokens a minute, in and out, and of which kind?",
            "Input grows with every turn of a call: long calls cost more than many short ones.",
        ),
        [q.tokens_over_time("input", "output"), q.tokens_over_time(*labels.TOKEN_TYPES[2:])],
        look="bars",
    )


def _per_turn(config: Config) -> Panel:
    bounds = config.thresholds.tokens_per_turn
    return graph(
        Card(
            5,
            f"Tokens per turn (critical above {bounds.critical or 0:g})",
            "Does a turn use more tokens than it should?",
            "Red: trim the context, or summarise it, before latency and cost follow.",
            "both",
        ),
        [
            scope.recorded(recorded("tokens_per_turn", "mean", usual(config)), "tokens", "Tokens per turn."),
            *_turn_quantiles(),
        ],
        bounds=bounds,
    )


def _turn_quantiles() -> list[Any]:
    return [scope.quantile(m.TURN_TOKENS, 0.95, unit="tokens", of="all")]


def _models(identity: int, stage: str) -> Panel:
    return bars(
        Card(
            identity,
            f"{stage.upper()} models, requests",
            f"Which models serve {stage.upper()}, by requests in the time range?",
            "A model you did not choose: a fallback is in use, or a bot has an old setting.",
            empty="No request in this time range",
        ),
        [q.models(stage)],
        decimals=0,
    )


def _characters() -> Panel:
    names = (labels.PROVIDER, labels.MODEL)
    return graph(
        Card(
            20,
            "Characters synthesised",
            "How many characters a minute are sent to TTS?",
            "From spans alone this is an estimate: failed and cut text is counted too.",
        ),
        [scope.over_time(m.TTS_CHARACTERS, *names, where=scope.WHO)],
        look="bars",
    )


def _audio() -> Panel:
    names = (labels.PROVIDER, labels.MODEL)
    return graph(
        Card(
            21,
            "Audio recognised",
            "How many seconds of audio a minute are sent to STT?",
            "Far more than callers talk: silence is transcribed too; look at voice detection.",
        ),
        [scope.over_time(m.STT_AUDIO, *names, unit="seconds", where=scope.WHO)],
        look="bars",
    )


def _in_all() -> Panel:
    return stat(
        Card(
            30,
            "Cost of the models with a price",
            "What did LLM, TTS and STT cost in the time range, in all and per ended call, as far as their models have a price?",
            "Incomplete where models without a price are named beside: it is of the LLM only if TTS and STT are among them. "
            "Prices: section prices of stack.yaml.",
            empty="none",
        ),
        [q.cost_in_all()],
        decimals=4,
    )


def _incomplete() -> Panel:
    return stat(
        Card(
            34,
            "Not in the cost: models without a price",
            "How many models of the LLM, of TTS and of STT were used in the time range that have no price?",
            "Any: the cost is incomplete. The table of unpriced models names them; give them a price in stack.yaml.",
            empty="none",
        ),
        q.models_unpriced(),
        bounds=FAULT,
        decimals=0,
    )


def _cost_parts() -> Panel:
    return bars(
        Card(
            31,
            "Cost by model with a price",
            "Which model cost most in the time range?",
            "List prices at the dates in stack.yaml; put your own there.",
            empty="Nothing with a price was used",
        ),
        q.cost(),
    )


def _cost_over_time() -> Panel:
    return graph(
        Card(
            32,
            "Cost a minute, of models with a price",
            "When is the money spent?",
            "A peak without more calls: longer contexts, or a dearer model.",
        ),
        q.cost("$__interval"),
        look="bars",
    )


def _unpriced() -> Panel:
    names = {"Value #A": "Tokens", "Value #B": "Characters", "Value #C": "Audio"}
    return table(
        Card(
            33,
            "Unpriced models",
            "Which models were used for which there is no price, and how much?",
            "Give them a price in section prices of stack.yaml; until then their cost is unknown, not 0.",
            empty="Every model in use has a price",
        ),
        q.unpriced(),
        transformations=side_by_side([labels.PROVIDER, labels.MODEL, *names], names),
        overrides=[
            column("Provider", custom__width=80),
            column("Model", custom__minWidth=130),
            *(column(name, decimals=0, custom__width=100) for name in ("Tokens", "Characters")),
            column("Audio", unit="s", custom__width=100),
        ],
    )


def _cpu() -> Panel:
    return graph(
        Card(
            40,
            "CPU of bot processes, mean",
            "Do bots have enough CPU? 1 is one whole core.",
            "Near the number of cores: audio stutters before latency shows it; fewer calls per process.",
            "bridge",
        ),
        [scope.mean(m.PROCESS_CPU, labels.SERVICE_NAME, unit="cores")],
    )


def _memory() -> Panel:
    return graph(
        Card(
            41,
            "Memory of bot processes, mean",
            "Does memory grow from call to call?",
            "Steady growth: calls leave something behind; restart bots between calls until it is found.",
            "bridge",
        ),
        [scope.mean(m.PROCESS_MEMORY, labels.SERVICE_NAME, unit="bytes")],
    )
