r"""Whether what was masked as a card has a card's check digit: only then is it counted, and pages.

A mask takes what looks like a card, for a digit that was misheard makes a card no less secret. OTTL has `IsValidLuhn`,
but for one text of digits; here a whole utterance is rewritten, so that all of its numbers are checked at once: words
become digits, every number gets a line, every digit as many `x` as it counts for, and a line of `x` in tens is a card.
"""

from typing import Any

from pipecat_lgtm.renderers.collector import protect_words as words
from pipecat_lgtm.renderers.collector.ottl import attribute, group, quoted
from pipecat_lgtm.renderers.collector.protect_place import SPAN
from pipecat_lgtm.renderers.collector.protect_shapes import FILLER, MARK, THIN
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d

KIND = "card"
SAID = (
    (a.TRANSCRIPT.span, f'{a.STAGE.span} == "stt"'),
    (a.TEXT.span, f'{a.STAGE.span} == "tts"'),
    (a.OUTPUT.span, f"span.name == {quoted(d.REALTIME_RESPONSE)}"),
)
"""What a caller or the bot said, and on which spans."""

_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH = ("zero|oh|o", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_BETWEEN = rf"(?:[\s,.;:/_\"'…{THIN}{MARK}-]|\\[nrt]|%20|%2d|\+)+"
_FILLED = (rf"([0-9]){_BETWEEN}(?:{FILLER}{_BETWEEN})+([0-9])", "${1} ${2}")


def _digit(value: int) -> str:
    r"""Return the expression of a digit's words; `\b` knows letters of ASCII only."""
    several = sorted({*_ENGLISH[value].split("|"), *words.values()[value][0].split("|")})
    latin = [one for one in several if one[0].isascii() and one[-1].isascii()]
    others = [one for one in several if one not in latin]
    return "|".join([rf"\b(?:{'|'.join(latin)})\b", *others])


STEPS: tuple[tuple[str, str], ...] = (
    *(_FILLED,) * 2,
    *((rf"\b{word}\b", str(10 + at)) for at, word in enumerate(_TEENS)),
    *((rf"\b{word}\b", f"{2 + at}t") for at, word in enumerate(_TENS)),
    *((_digit(value), str(value)) for value in range(10)),
    (r"([0-9])t[\s-]+([1-9])\b", "${1}${2}"),
    (r"([0-9])t\b", "${1}0"),
    (r"[\s-]+hundred\b", "00"),
    (r"\bdouble[\s-]+([0-9])", "${1}${1}"),
    (r"\btriple[\s-]+([0-9])", "${1}${1}${1}"),
    *(_FILLED,) * 2,
    (rf"([0-9]){_BETWEEN}", "${1}"),
    (r"[^0-9]+", "\n"),
    (r"(?m)^([0-9]{16})([0-9]+)$", "${1}${2}\n${1}"),
    (r"(?m)^([0-9]+)([0-9]{16})$", "${1}${2}\n${2}"),
    (r"(?m)^(3[47][0-9]{13})([0-9]+)$", "${1}${2}\n${1}"),
    (r"(?m)^(?:[0-9]{0,12}|[0-9]{20,}|[017-9][0-9]*|2[0189][0-9]*)$", "-"),
    (r"(?m)^((?:[0-9]{2})*[0-9])$", "0${1}"),
    (r"([0-9])([0-9])", "${1}d${2}s"),
    *(
        (rf"{value}s|{next(one for one in range(10) if sum(divmod(2 * one, 10)) == value)}d", "x" * value)
        for value in range(10)
    ),
)
"""Rewrites a lower-case text; in a pair of digits the first counts twice, its digits added."""

VALID = r"(?m)^(?:xxxxxxxxxx)+$"


def kept() -> list[str]:
    """Return the statements that keep what was said until it is masked."""
    return [f"set({SPAN.cache('said')}, {path}) where {where} and IsString({path})" for path, where in SAID]


def told(kind_found: str) -> str:
    """Return the statement that hands a masked text on to be checked.

    Args:
        kind_found: the condition that a card was masked in what was said.
    """
    return f"set({SPAN.work('check')}, {SPAN.cache('said')}) where {kind_found}"


def checked() -> dict[str, Any]:
    """Return the group that counts a card with a check digit."""
    text, work = SPAN.cache("check"), SPAN.work("check")
    statements = [
        f"set({text}, ToLowerCase({work}))",
        f"delete_key({SPAN.map}, {quoted(SPAN.work_key('check'))})",
        *(f"replace_pattern({text}, {quoted(regex)}, {quoted(replacement)})" for regex, replacement in STEPS),
        f"set({attribute(a.FINDING_PREFIX + KIND)}, 1) where IsMatch({text}, {quoted(VALID)})",
    ]
    return group("span", statements, f"{work} != nil")
