"""What is used and paid for: tokens, characters, audio, models, cost."""

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.scope import WHO, by, legend, selector

_MODEL = (labels.PROVIDER, labels.MODEL)
TOKEN_PRICE, CHARACTER_PRICE, AUDIO_PRICE = (
    f"pipecat:{what}_price:dollars" for what in ("token", "character", "audio_second")
)
"""Recorded by rules.prices, with the labels they are joined on."""

_TYPED = f"on ({labels.PROVIDER}, {labels.MODEL}, {labels.TYPE}) group_left ()"


def tokens_over_time(*types: str) -> Query:
    """Return tokens of some types in each step of a graph."""
    kinds = f'{labels.TYPE}=~"{"|".join(types)}"'
    expr = f"sum by ({labels.TYPE}) (increase({m.TOKENS.prometheus}{selector(kinds, WHO)}[$__interval]))"
    return Query(f"tokens.{'_'.join(types)}", expr, "tokens", m.TOKENS.brief, legend(labels.TYPE))


def tokens_in_range(kind: str) -> Query:
    """Return all tokens of a type in the time range."""
    matcher = f'{labels.TYPE}="{kind}"'
    expr = f"sum(increase({m.TOKENS.prometheus}{selector(matcher, WHO)}[$__range]))"
    return Query(f"tokens.range.{kind}", expr, "tokens", m.TOKENS.brief, kind)


def models(stage: str) -> Query:
    """Return how many requests of a stage each model had in the time range."""
    matcher = f'{labels.STAGE}="{stage}"'
    expr = f"sum{by(*_MODEL)} (increase({m.STAGE_REQUESTS.prometheus}{selector(matcher)}[$__range]) > 0)"
    return Query(f"models.{stage}", expr, "count", f"Models of {stage}.", legend(*_MODEL))


def _priced(usage: str, price: str, on: str) -> str:
    return f"sum{by(*_MODEL)} ({usage} * {on} {price})"


def _used(metric: str, window: str, *names: str) -> str:
    return f"sum{by(*_MODEL, *names)} (increase({metric}{selector(WHO)}[{window}]))"


def cost(window: str = "$__range") -> list[Query]:
    """Return what LLM, TTS and STT cost in a window, per model; models without a price are absent."""
    flat = f"on ({labels.PROVIDER}, {labels.MODEL}) group_left ()"
    parts = {
        "LLM": _priced(_used(m.TOKENS.prometheus, window, labels.TYPE), TOKEN_PRICE, _TYPED),
        "TTS": _priced(_used(m.TTS_CHARACTERS.prometheus, window), CHARACTER_PRICE, flat),
        "STT": _priced(_used(m.STT_AUDIO.prometheus, window), AUDIO_PRICE, flat),
    }
    return [
        Query(f"cost.{name}.{window}", expr, "dollars", f"Cost of {name}.", f"{name} {legend(*_MODEL)}")
        for name, expr in parts.items()
    ]


def cost_in_all() -> Query:
    """Return what everything with a price cost in the time range, and that per ended conversation; read once."""
    terms = " + ".join(f"(sum({query.expr}) or vector(0))" for query in cost())
    calls = f"sum(increase({m.CONVERSATIONS.prometheus}{selector()}[$__range]))"
    shares = " or ".join(
        f'label_replace({share}, "{labels.TYPE}", "{name}", "", "")'
        for name, share in (("in all", "vector(1)"), ("per conversation", f"1 / ({calls} > 0)"))
    )
    expr = f"({terms}) * on () group_right () ({shares})"
    return Query("cost.all", expr, "dollars", "Cost of all that has a price.", legend(labels.TYPE))


def unpriced() -> list[Query]:
    """Return what was used of models that have no price: tokens, characters, seconds of audio."""
    on = f"unless on ({labels.PROVIDER}, {labels.MODEL})"
    parts = {
        "tokens": (m.TOKENS.prometheus, TOKEN_PRICE),
        "characters": (m.TTS_CHARACTERS.prometheus, CHARACTER_PRICE),
        "audio": (m.STT_AUDIO.prometheus, AUDIO_PRICE),
    }
    return [
        Query(f"unpriced.{name}", f"({_used(metric, '$__range')} > 0) {on} {price}", "count", f"Unpriced {name}.", name)
        for name, (metric, price) in parts.items()
    ]


def price(dollars: float) -> Query:
    """Return a price as a query; its labels come from the rule that records it."""
    return Query("price", f"vector({dollars:.12g})", "dollars", "Dollars of one token, character or second.")
