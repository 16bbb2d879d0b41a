"""What is used and paid for: tokens, characters, audio, models, cost."""

from pipecat_lgtm.queries.expr import Aggregate, Binary, Expr, Number, Vector, among, call, equal, total
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.scope import RANGE, STEP, WHO, grown, legend
from pipecat_lgtm.queries.semantics import per
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric

_MODEL = (labels.PROVIDER, labels.MODEL)
TOKEN_PRICE, CHARACTER_PRICE, AUDIO_PRICE = (
    f"pipecat:{what}_price:dollars" for what in ("token", "character", "audio_second")
)
"""Recorded by rules.prices, with the labels they are joined on."""


def tokens_over_time(*types: str) -> Query:
    """Return tokens of some types in each step of a graph."""
    which = (among(labels.TYPE, *types), *WHO)
    expr = grown("increase", m.TOKENS, STEP, labels.TYPE, where=which)
    return Query(f"tokens.{'_'.join(types)}", expr, "tokens", m.TOKENS.brief, legend(labels.TYPE))


def tokens_in_range(kind: str) -> Query:
    """Return all tokens of a type in the time range."""
    expr = grown("increase", m.TOKENS, RANGE, where=(equal(labels.TYPE, kind), *WHO))
    return Query(f"tokens.range.{kind}", expr, "tokens", m.TOKENS.brief, kind)


def models(stage: str) -> Query:
    """Return how many requests of a stage each model had in the time range."""
    expr = grown("increase", m.STAGE_REQUESTS, RANGE, *_MODEL, where=(equal(labels.STAGE, stage),)).above(0)
    return Query(f"models.{stage}", call("sort_desc", expr), "count", f"Models of {stage}.", legend(*_MODEL))


def _priced(usage: Expr, price: str, *on: str) -> Expr:
    return total((usage * Vector(price)).matched(*on, many="left"), *_MODEL)


def _used(metric: Metric, window: str, *names: str) -> Expr:
    return grown("increase", metric, window, *_MODEL, *names, where=WHO)


def cost(window: str = RANGE) -> list[Query]:
    """Return what LLM, TTS and STT cost in a window, per model; models without a price are absent."""
    typed = (*_MODEL, labels.TYPE)
    parts = {
        "LLM": _priced(_used(m.TOKENS, window, labels.TYPE), TOKEN_PRICE, *typed),
        "TTS": _priced(_used(m.TTS_CHARACTERS, window), CHARACTER_PRICE, *_MODEL),
        "STT": _priced(_used(m.STT_AUDIO, window), AUDIO_PRICE, *_MODEL),
    }
    return [
        Query(f"cost.{name}.{window}", expr, "dollars", f"Cost of {name}.", f"{name} {legend(*_MODEL)}")
        for name, expr in parts.items()
    ]


def cost_in_all() -> Query:
    """Return what everything with a price cost in the time range, and that per ended conversation; read once."""
    first, *rest = (total(query.promql).or_(call("vector", 0)) for query in cost())
    terms = first
    for one in rest:
        terms += one
    calls = grown("increase", m.CONVERSATIONS, RANGE)
    whole, each = (
        call("label_replace", share, labels.TYPE, name, "", "")
        for name, share in (("in all", call("vector", 1)), ("per ended call", per(Number(1), calls)))
    )
    expr = Binary("*", terms, whole.or_(each)).matched(many="right")
    return Query("cost.all", expr, "dollars", "Cost of all that has a price.", legend(labels.TYPE))


def unpriced() -> list[Query]:
    """Return what was used of models that have no price: tokens, characters, seconds of audio."""
    parts = {
        "tokens": (m.TOKENS, TOKEN_PRICE),
        "characters": (m.TTS_CHARACTERS, CHARACTER_PRICE),
        "audio": (m.STT_AUDIO, AUDIO_PRICE),
    }
    return [
        Query(
            f"unpriced.{name}",
            _used(metric, RANGE).above(0).unless(Vector(price), _MODEL),
            "count",
            f"Unpriced {name}.",
            name,
        )
        for name, (metric, price) in parts.items()
    ]


def models_unpriced() -> list[Query]:
    """Return how many models without a price were used in the time range, per kind of service."""
    kinds = zip(("LLM", "TTS", "STT"), unpriced(), strict=True)
    return [
        Query(f"models.{query.id}", Aggregate("count", query.promql), "count", "Models without a price.", kind)
        for kind, query in kinds
    ]


def price(dollars: float) -> Query:
    """Return a price as a query; its labels come from the rule that records it."""
    return Query("price", call("vector", dollars), "dollars", "Dollars of one token, character or second.")
