r"""Digits as people say them; in other languages than English each word is one digit."""

from pipecat_lgtm.renderers.collector.protect_shapes import FILL
from pipecat_lgtm_bridge.contract.spoken import DIGITS

_ENGLISH = (
    "zero oh o one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred double triple"
)
_OWN = [word for language, words in DIGITS.items() if language != "zh" for each in words for word in each.split("|")]
_HAN = "".join(word for each in DIGITS["zh"] for word in each.split("|"))
_SHORT = "".join(sorted({word[0] for word in _OWN if word[0].isascii()}))
_ALL = sorted({*_OWN, *_ENGLISH.split()}, key=lambda word: (-len(word), word))
_LATIN = [word for word in _ALL if word[0].isascii() and word[-1].isascii()]
WORD = rf"(?i:(?:{'|'.join(_LATIN)})\b|{'|'.join(word for word in _ALL if word not in _LATIN)})"
"""Any word for a number; `\b` knows letters of ASCII only."""
HAN = f"[{_HAN}]"
HAN_PAUSE = rf"(?:[\s,，、.-]|{FILL}?(?:嗯|呃|然后|杠)){{0,5}}"

STEMS = (
    "vier", "vijf", "cht", "wei", "fünf", "zev", "fem", "fire", "fyra", "ks", "ju", "yv", "cin", "quat", "cuat", "uit", "cho",
    "tto", "uev", "zero", "zy", "zter", "jed", "dwa",
)  # fmt: skip
"""Of every language with Latin letters some digits' words hold one: seven digits in a row without are rare. They begin with
rare letters where they can, which are found faster."""

NEXT = rf"(?:[\s,.;:…-]{{1,4}}[{_SHORT}][^\s0-9]{{1,9}}){{4}}"
"""What follows such a word, by first letters."""


def values() -> list[tuple[str, str]]:
    """Return the words by the digit they mean, all languages together."""
    return [
        ("|".join(sorted({word for words in DIGITS.values() for word in words[digit].split("|")})), str(digit))
        for digit in range(10)
    ]
