r"""The cheap test: may anything in a span or log record be a secret, and of which family?

Go's regular expressions cost about 11 ns a byte, but next to nothing when they begin with a literal, which is searched
for by vector instructions (measured, Go 1.26: 900 B of speech, `[0-9]` 10 µs, `five [a-z]` 0.1 µs). So the test joins
all values into one lower-case JSON text and asks only for literals and for expressions that begin with one. It may fire
without cause, which costs time; it must fire with cause: a test plants every secret of the fixtures.
"""

from pipecat_lgtm.renderers.collector.protect_patterns import NUMBER_WORD, Family

FIRES = "@ pass five five five 1234567"
"""Stands for a text that cannot be read; every family's test fires on it."""

THIN = (
    r"\.[0-9]{5,}",  # a double's fraction
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]",  # dates, also behind model names
    r"-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",  # the greater part of a random UUID
)
"""Long numbers on every other span that are no secret; taken out before digits are looked for."""

_SEP = r"(?:[\s,.;:-]|\\n)+(?:(?:dash|hyphen|space|then|and|plus)[\s,.;:-]+)?"
_BEGINNINGS = [
    "zero",
    "oh",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "teen",
    "ty",
    "double",
    "triple",
]

LITERALS: dict[Family, tuple[str, ...]] = {
    "key": (
        "pass", "pwd", "secret", "bearer", "basic ", "authoriz", "api", "credential", "signature", "cvv", "cvc",
        "security ", "maiden", "-----begin", "pk_", "rk_", "akia", "asia", "aroa", "aida", "_pat_", "xox", "xapp",
        "aiza", "glpat", "ya29", "eyj", "hf_", "npm_", "glsa_", "whsec", "dop_v1",
    ),
    "at": ("@", "%40", " dot ", "at)", "at]"),
    "digit": (),
    "spoken": (),
}  # fmt: skip
"""Texts of which a family's secrets contain at least one."""

EXPRESSIONS: dict[Family, tuple[str, ...]] = {
    "key": (r"token[^a-z_]", r"key[^a-z_]", r"pin[^a-z]", r"sk[_-][a-z0-9]", r"gh[pousr]_", r"sg\.[a-z0-9_-]{12}"),
    "at": (r"at (?:gmail|googlemail|yahoo|outlook|hotmail|icloud|proton|aol|gmx|web|live)",),
    "digit": (*(rf'{digit}(?:[^0-9a-z"]{{0,3}}[0-9]){{6}}' for digit in range(10)), r"social"),
    "spoken": tuple(rf"{begin}{_SEP}{NUMBER_WORD}{_SEP}{NUMBER_WORD}" for begin in _BEGINNINGS),
}
"""Expressions of which a family's secrets match at least one; each begins with a literal."""
