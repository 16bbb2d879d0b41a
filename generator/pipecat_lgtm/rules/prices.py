"""Prices as recordings: the price table of the config, with the labels of the usage they are multiplied with."""

from collections.abc import Iterator
from typing import TypeVar

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.prices import TokenPrice
from pipecat_lgtm.queries import panels_usage as q
from pipecat_lgtm.rules.model import Recording
from pipecat_lgtm_bridge.contract import labels

GROUP = "pipecat-prices"
_MILLION = 1e6
_MINUTE = 60.0
Entry = TypeVar("Entry")


def recordings(config: Config) -> Iterator[Recording]:
    """Yield every price of the config."""
    for provider, model, price in _each(config.prices.llm):
        for kind, dollars in rates(price).items():
            yield _price(q.TOKEN_PRICE, dollars / _MILLION, provider, model, {labels.TYPE: kind})
    for provider, model, spoken in _each(config.prices.tts):
        yield _price(q.CHARACTER_PRICE, spoken.characters / _MILLION, provider, model, {})
    for provider, model, heard in _each(config.prices.stt):
        yield _price(q.AUDIO_PRICE, heard.minute / _MINUTE, provider, model, {})


def rates(price: TokenPrice) -> dict[str, float]:
    """Return what a million tokens of each counted type add to the bill.

    A type that is counted within input or output (a cached token is also an input token) adds only the difference to
    what it is already billed as.
    """
    given = {"input": price.input, "output": price.output}
    for kind in ("cache_read", "cache_creation", "audio_input", "reasoning", "audio_output"):
        dollars = getattr(price, kind)
        if dollars is not None:
            whole = price.output if kind in {"reasoning", "audio_output"} else price.input
            given[kind] = dollars if kind in price.apart else dollars - whole
    return given


def _each(table: dict[str, dict[str, Entry]]) -> Iterator[tuple[str, str, Entry]]:
    for provider, models in sorted(table.items()):
        for model, price in sorted(models.items()):
            yield provider, model, price


def _price(name: str, dollars: float, provider: str, model: str, own: dict[str, str]) -> Recording:
    every = {labels.PROVIDER: provider, labels.MODEL: model, **own}
    return Recording(name, q.price(dollars), tuple(every.items()))
