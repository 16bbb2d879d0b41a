"""Prices: from the config's table to what each counted thing adds to the bill."""

import pytest

from pipecat_lgtm.config import load_default
from pipecat_lgtm.config.prices import TokenPrice
from pipecat_lgtm.rules import prices


def _price(**given: object) -> TokenPrice:
    return TokenPrice.model_validate({"date": "2026-06", "source": "test", "input": 2.0, "output": 8.0, **given})


@pytest.mark.parametrize(
    ("price", "used", "dollars"),
    [
        pytest.param(
            _price(), {"input": 1, "output": 1, "cache_read": 1}, 10.0, id="a part without a price is the whole's"
        ),
        pytest.param(_price(cache_read=0.5), {"input": 3, "cache_read": 1}, 4.5, id="cached within input"),
        pytest.param(
            _price(cache_read=0.5, apart=("cache_read",)), {"input": 3, "cache_read": 1}, 6.5, id="cached beside input"
        ),
        pytest.param(
            _price(reasoning=8.0, apart=("reasoning",)),
            {"output": 1, "reasoning": 1},
            16.0,
            id="reasoning beside output",
        ),
    ],
)
def test_bill(price: TokenPrice, used: dict[str, float], dollars: float) -> None:
    """A bill of millions of tokens, by what is counted within and what beside input and output."""
    rates = prices.rates(price)

    assert pytest.approx(dollars) == sum(count * rates.get(kind, 0.0) for kind, count in used.items())


def test_apart_needs_a_price() -> None:
    """What is counted beside input and output cannot be billed without a price of its own."""
    with pytest.raises(ValueError, match="cache_creation is counted apart, so it needs a price of its own"):
        _price(apart=("cache_creation",))


def test_prices_carry_the_labels_of_usage() -> None:
    """Each price is recorded once, in dollars of one unit, under the labels it is joined on."""
    made = list(prices.recordings(load_default()))
    one = next(
        each for each in made if dict(each.labels) == {"provider": "openai", "model": "gpt-4.1", "type": "output"}
    )
    heard = next(each for each in made if dict(each.labels) == {"provider": "openai", "model": "whisper-1"})

    assert ("pipecat:token_price:dollars", "vector(8e-06)") == (one.name, one.query.expr)
    assert ("pipecat:audio_second_price:dollars", "vector(0.0001)") == (heard.name, heard.query.expr)
    assert len(made) == len({(each.name, *each.labels) for each in made})
