"""The labelled set itself, and the check of check digits."""

import re
from collections import Counter

import pytest

from pipecat_lgtm.ops import content
from pipecat_lgtm.ops.content import numbers
from pipecat_lgtm.renderers.collector import protect_check as check
from pipecat_lgtm.renderers.collector.protect_redact import KINDS

ROWS = content.rows()


def _card(text: str) -> bool:
    """Return what the collector's statements say of a text, run in Python."""
    made = text.lower()
    for regex, replacement in check.STEPS:
        made = re.sub(regex, replacement.replace("${", "\\g<").replace("}", ">"), made, flags=re.ASCII)
    return re.search(check.VALID, made) is not None


def test_the_set_is_large_and_in_twelve_languages() -> None:
    """At least 600 secrets and 600 look-alikes; every kind that is masked, and every language on both sides."""
    secrets, others = ([one for one in ROWS if bool(one.hidden) is side] for side in (True, False))

    assert len(secrets) >= 600
    assert len(others) >= 600
    assert set(KINDS) == {one.kind for one in secrets}
    assert 12 == len(content.LANGUAGES)
    for side in (secrets, others):
        assert set(content.LANGUAGES) == {
            one.language for one in side if Counter(r.language for r in side)[one.language] > 25
        }


def test_the_set_is_the_same_in_every_run() -> None:
    """Rows are made of a fixed seed, none is there twice, and what is hidden stands in its text."""
    assert ROWS == content.rows()
    assert len(ROWS) == len({one.text for one in ROWS})
    assert [] == [one for one in ROWS if one.hidden not in one.text or "~" in one.text]


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("4111 1111 1111 1111", True),
        ("4111 1111 1111 1112", False),
        ("3782 822463 10005 and the cvv is 1234", True),
        ("it's 4111-1111-1111-1111 exp 12/29", True),
        ("4111 uh 1111 and then 1111 dash 1111", True),
        ("four one one one one one one one one one one one one one one one", True),
        ("forty one eleven eleven eleven eleven eleven eleven eleven", True),
        ("five five double zero triple zero zero zero zero zero zero zero zero oh four", True),
        ("cuatro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno", True),
        ("my card, 4111111111111112, no, 5500000000000004", True),
        ("4111111111111112 4111111111111113", False),
        ("2019 2020 2021 2022", False),
        ("1712345678901234", False),
        ("call 415 555 0134", False),
    ],
)
def test_a_card_is_one_with_its_check_digit(text: str, *, valid: bool) -> None:
    """Typed, spoken, with what people say in between, and among other numbers."""
    assert valid is _card(text)


def test_made_up_cards_have_their_check_digit() -> None:
    """Of a thousand made numbers all are valid, and none is with another last digit."""
    import random  # noqa: PLC0415

    rng = random.Random(7)
    cards = [numbers.card(rng) for _ in range(300)]

    assert [] == [one for one in cards if not _card(one)]
    assert [] == [one for one in cards if _card(one[:-1] + str((int(one[-1]) + 5) % 10))]
