"""A card that a caller says in several goes: the collector sees each utterance alone, the bridge all of them in order.

Digits at the end of an utterance wait for those of the next ones. What makes a card together is hidden from then on in
all that is sent of the call; a first part is hidden at once if somebody has just spoken of a card, or if it is half of
one. A whole card in one utterance is left as it is: the collector hides it, and counts it.
"""

import re
import unicodedata
from collections import deque

from pipecat_lgtm_bridge.contract.spoken import DIGITS

MASK = "[card]"
_LONGEST, _SHORTEST = 19, 13
_HALF = 8
"""Digits that are hidden at once, if they begin like a card and nobody has spoken of an order."""
_AFTER = 4
"""Digits that may follow a card's in one part, as when it expires."""
_LEAST = 3
"""Digits of a part that are hidden: two may stand anywhere."""
_MOST_PARTS = 32
_QUIET = 2
"""Utterances without digits after which the next digits are no continuation."""
_REMEMBERED = 6

_CARD = re.compile(
    r"\b(?:card|credit|debit|visa|mastercard|amex|karte|kartennummer|kreditkarte|carte|tarjeta|carta|cart[aã]o|kaart|kart[aęy]|kort)|"
    r"карт|卡|कार्ड|بطاقة|کارت",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:order|tracking|booking|invoice|ticket|reference|phone|call|bestell|auftrag|rechnung|telefon|commande|"
    r"téléphone|pedido|teléfono|ordine|telefono|encomenda|bestelling|zamówieni|ordre)|заказ|телефон|订单|电话",
    re.IGNORECASE,
)
_ENDING = re.compile(r"\b(?:ending|ends|last (?:four|4)|endet|letzten vier|termina|finit)\b", re.IGNORECASE)
"""The last digits of a card may be said."""
_LENGTHS = {"2": (16,), "3": (14, 15, 16), "4": (13, 16, 19), "5": (16,), "6": (16, 17, 18, 19)}
"""Digits of a card, by the first."""
_BEGINS = re.compile(r"^(?:[3-6]|2[2-7])")
_FILLERS = frozenset(
    ("uh", "uhm", "um", "er", "erm", "hm", "and", "then", "dash", "hyphen", "space", "okay", "ok", "so", "äh", "ähm",
     "und", "dann", "euh", "eh", "ehm")
)  # fmt: skip
_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_AMBIGUOUS = frozenset(("to", "en", "et", "um", "un", "fire", "sex", "no", "ni"))
"""Digits in one language, and ordinary words in another."""
_WORDS = {
    **{word: str(at) for several in DIGITS.values() for at, one in enumerate(several) for word in one.split("|")},
    **{word: str(at) for at, word in enumerate(_ONES)},
    **{word: str(10 + at) for at, word in enumerate(_TEENS)},
    **{word: f"{2 + at}0" for at, word in enumerate(_TENS)},
    "oh": "0",
}
_HAN = {one for several in DIGITS["zh"] for one in several.split("|")}
_TOKEN = re.compile(rf"[{''.join(sorted(_HAN))}]|\d+|[^\W\d_]+(?:[\u0900-\u097f]*[^\W\d_]*)*")


class Halves:
    """What one call's caller has said of numbers."""

    def __init__(self) -> None:
        self._open, self._parts = "", list[str]()
        self._quiet = 0
        self._hidden: deque[str] = deque(maxlen=_MOST_PARTS)
        self._said: deque[str] = deque(maxlen=_REMEMBERED)

    def spoke(self, text: str) -> None:
        """Take what the bot said: whether it asked for a card, or for something else."""
        self._said.append(text)

    def heard(self, text: str) -> str:
        """Take the caller's next utterance; return it without what is part of a card."""
        found = _numbers(text)
        if _elsewhere(text):
            self._close()
        elif found:
            self._quiet = 0
            for digits, raw in found:
                self._take(digits, raw)
        else:
            self._quiet += 1
            if self._quiet >= _QUIET:
                self._close()
        if not found or _elsewhere(text):
            self._said.append(text)
        return self.hide(text)

    def partly(self, text: str) -> str:
        """Return an utterance that is not over yet without what may be part of a card; nothing is remembered of it."""
        hidden = self.hide(text)
        for digits, raw in [] if _elsewhere(text) else _numbers(text):
            known = self._probable(self._open + digits, 2 if self._open else 1) or _card(self._open + digits)
            if known and not _card(digits):
                hidden = hidden.replace(raw, MASK)
        return hidden

    def hide(self, text: str) -> str:
        """Return a text of this call without the parts of cards that are known."""
        for part in tuple(self._hidden):  # a log line may come from another thread
            if part in text:
                text = text.replace(part, MASK)
        return text

    def _take(self, digits: str, raw: str) -> None:
        together = self._open + digits
        if _card(digits):
            self._close()
        elif self._open and _card(together):
            self._conceal([*self._parts, raw])
            self._close()
        elif self._open and len(together) < _LONGEST:
            self._open, self._parts = together, [*self._parts, raw]
        elif _BEGINS.match(digits) and len(digits) < _LONGEST:
            self._open, self._parts = digits, [raw]
        else:
            self._close()
        if self._probable(self._open, len(self._parts)):
            self._conceal(self._parts)

    def _probable(self, digits: str, parts: int) -> bool:
        """Return whether the digits so far, of one part or several, are a card's, though too few to be checked."""
        if len(digits) < _LEAST or not _BEGINS.match(digits):
            return False
        last = next((text for text in reversed(self._said) if _CARD.search(text) or _OTHER.search(text)), "")
        if _CARD.search(last):
            return True
        return parts == 1 and _HALF <= len(digits) < _SHORTEST and not last

    def _conceal(self, parts: list[str]) -> None:
        self._hidden.extend(part for part in parts if part not in self._hidden and len(part) >= _LEAST)

    def _close(self) -> None:
        self._open, self._parts = "", []


def _elsewhere(text: str) -> bool:
    """Return whether a text says of itself that its numbers are no part of a card's."""
    return _ENDING.search(text) is not None or (_OTHER.search(text) is not None and _CARD.search(text) is None)


def _card(digits: str) -> bool:
    """Return whether digits, or the first of them, have a card's length, beginning and check digit."""
    lengths = _LENGTHS.get(digits[:1], ())
    return any(_valid(digits[:length]) for length in lengths if length <= len(digits) <= length + _AFTER)


def _valid(digits: str) -> bool:
    total = sum(sum(divmod(int(one) * (1 + at % 2), 10)) for at, one in enumerate(reversed(digits)))
    return total % 10 == 0 and _BEGINS.match(digits) is not None


def _numbers(text: str) -> list[tuple[str, str]]:
    """Return the numbers of a text, typed or spoken: their digits, and how they stand there."""
    found: list[tuple[str, int, int]] = []
    together = False
    for token in _TOKEN.finditer(text):
        digits = _digits(token[0].lower())
        if digits is None:
            together = together and token[0].lower() in _FILLERS
            continue
        if together and found:
            before, start, _ = found[-1]
            tens = len(digits) == 1 and text[start : token.start()].rstrip(" -").lower().endswith(_TENS)
            found[-1] = ((before[:-1] if tens else before) + digits, start, token.end())
        else:
            found.append((digits, token.start(), token.end()))
        together = True
    return [(digits, text[start:end]) for digits, start, end in found if len(digits) > 1]


def _digits(token: str) -> str | None:
    if token.isdigit():
        return "".join(str(unicodedata.digit(one)) for one in token)
    return None if token in _AMBIGUOUS else _WORDS.get(token)
