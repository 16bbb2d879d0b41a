"""Makes the labelled set of frames and numbers: the same rows in every run."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from pipecat_lgtm.ops.content import numbers, writings
from pipecat_lgtm.ops.content.writings import LOOKALIKES, PHONES, spaced

SENTENCES = Path(__file__).parent / "sentences.yaml"
_SEED = 14


@dataclass(frozen=True)
class Row:
    """One thing said.

    Args:
        kind: of the secret; of a look-alike what it is: order, date, …
        language: ISO 639-1.
        text: as a transcript has it.
        hidden: what must not be stored; empty for a look-alike.
    """

    kind: str
    language: str
    text: str
    hidden: str = ""


def _frames() -> dict[str, dict[str, list[Any]]]:
    loaded: dict[str, dict[str, list[Any]]] = yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))
    return loaded


LANGUAGES = tuple(_frames())


def rows() -> list[Row]:
    """Return the whole set: secrets first."""
    frames, rng = _frames(), random.Random(_SEED)  # noqa: S311 - repeatable on purpose
    made = [row for language in frames for row in _secrets(rng, language, frames[language])]
    made += [Row("secret", "en", _put(frame, one), one) for frame, one in _keys(rng)]
    made += [row for language in frames for row in _lookalikes(rng, language, frames[language])]
    whole = (replace(one, text=_whole(one.text), hidden=_whole(one.hidden)) for one in made)
    return list({one.text: one for one in whole}.values())


def _whole(text: str) -> str:
    """Return a text without the marks that keep scanners of secrets off."""
    return text.replace("~", "")


def _put(frame: str, value: str) -> str:
    return frame.replace("{}", value)


def _each(kind: str, language: str, frames: list[str], values: list[str], *, plain: bool = False) -> Iterator[Row]:
    """Yield values in frames, taken in turn."""
    for at, value in enumerate(values):
        yield Row(kind, language, _put(frames[at % len(frames)], value), "" if plain else value)


def _secrets(rng: random.Random, language: str, frames: dict[str, list[Any]]) -> Iterator[Row]:
    cards = [write(numbers.card(rng)) for write in writings.card_writings(rng, language)]
    yield from _each("card", language, frames["card"], cards)
    phones = [_filled(rng, form) for form in PHONES[language] * 2] + [
        writings.spoken(language, numbers.digits(rng, 10))
    ]
    yield from _each("phone", language, frames["phone"], phones)
    yield from _each("email", language, frames["email"], writings.emails(rng, language))
    ibans = [numbers.iban(rng) for _ in range(4)]
    written = [ibans[0], spaced(ibans[1], 4), spaced(ibans[2], 4, "-"), ibans[3].lower()]
    yield from _each("iban", language, frames["iban"], written)
    words = [numbers.token(rng, rng.choice(("Tulpe", "rosa", "Stern", "luna")), 4, "23456789") for _ in range(4)]
    yield from _each("secret", language, frames["password"], words)
    for name, count in (("pin", 4), ("otp", 6), ("cvv", 3)):
        yield from _each("secret", language, frames[name], [numbers.digits(rng, count, "7") for _ in frames[name]])
    papers = [writings.document(rng, language, at) for at in range(len(frames["document"]))]
    yield from _each("id", language, frames["document"], papers)
    for kind, text, hidden in frames.get("written", []):
        yield Row(kind, language, text, hidden)
    if language == "en":
        ssns = [numbers.ssn(rng) for _ in range(12)]
        ssns[4:6] = [one.replace("-", " ") for one in ssns[4:6]]
        ssns[6:8] = [one.replace("-", "") for one in ssns[6:8]]
        yield from _each("ssn", language, ["My social security number is {}.", "SSN {}"], ssns)
        papers = [numbers.nino(rng), numbers.aadhaar(rng), f"D{numbers.digits(rng, 7)}", numbers.cpf(rng)]
        named = ("national insurance number {}", "my Aadhaar is {}", "driving licence {}", "my CPF is {}")
        yield from (Row("id", language, _put(frame, one), one) for frame, one in zip(named, papers, strict=True))


def _keys(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield keys of vendors, and frames to put them in."""
    frames = ("the key is {}", "failed with {}.", "{}")
    for at, (prefix, count, alphabet) in enumerate(writings.VENDORS):
        yield frames[at % len(frames)], numbers.token(rng, prefix, count, alphabet)
    for at, frame in enumerate(writings.ASSIGNED):
        alphabet = "0123456789" if "{n}" in frame else "abcdefghjk23456789"
        yield frame.replace("{n}", "{}"), numbers.token(rng, "", 3 if "{n}" in frame else 18 + at % 5, alphabet)


def _lookalikes(rng: random.Random, language: str, frames: dict[str, list[Any]]) -> Iterator[Row]:
    for text in frames["talk"]:
        yield Row("talk", language, text)
    for kind, frame, make in LOOKALIKES:
        values = make(rng, language)
        yield from _each(kind, language, frames[frame] if frame else ["{}"], values, plain=True)


def _filled(rng: random.Random, form: str) -> str:
    """Return a form with a digit for each x; 0 to 9 stand for themselves."""
    return "".join(rng.choice("23456789") if one == "x" else one for one in form)
