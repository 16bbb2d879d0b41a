r"""The cheap test: may anything in a span or log record be a secret, and of which family?

All values are joined into one lower-case text of `key=value` lines. Every test on it is a literal or an expression that
begins with one: those are searched for by vector instructions. Measured (Go 1.26, a bot's span, 1 kB): a literal 0.02 to
0.7 µs, the rarer its first letter the less; `[0-9]{7}` 9 µs; the same in either case 20 µs; an expression that compiles
to more than some hundred instructions 5 µs and more. A test may fire without cause, which costs time; it must fire
with cause: tests plant every secret of the fixtures.
"""

from dataclasses import dataclass

from pipecat_lgtm.renderers.collector import protect_patterns as p
from pipecat_lgtm.renderers.collector import protect_shapes as shapes
from pipecat_lgtm.renderers.collector.protect_patterns import Family

FIRES = (
    "\uff11\u0661-----begin yj00000. bearer a password=a password is a ://a:b@ @a.bc gmx "
    "nine nine nine nine nine nine 1234567"
)
"""Stands for a text that cannot be read; every family's test fires on it."""

_IS = r"\\*[\"']?\s*(?::|=)"
_SAID = r"(?:'s|\\*[\"']?\s*(?::|=)| is| was|,? [0-9])"
_GAP = r"[^a-z0-9]{1,4}"
_WORD = r"(?:[0-9]+|(?:ze|o|t[wher]|f[oi]|s[ie]|e[il]|ni|do|hu)[a-z]{0,7})"
_NEXT = rf"{_GAP}(?:(?:[udh]|sp|and|pl|mi|er|ok)[a-z]{{0,5}}{_GAP})?{_WORD}"
"""What may be a number's word, or a filler and one, by first letters: whole words would make every test slow."""


@dataclass(frozen=True)
class Scan:
    """A family's test: any of the literals is in the text, or any of the expressions matches."""

    literals: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()


THIN = (
    r"=[0-9]{1,2}\.[0-9]{5,}\n",  # a double; never a phone number, which has three digits before a dot
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]",  # dates, also behind model names
    r"-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",  # the greater part of a random UUID
)
"""Long numbers on every other span that are no secret; taken out before digits are looked for."""

ORDERS = (
    *(rf"{word}{p.ORDER_TAIL}[0-9]{{5,12}}\b" for word in p.ORDER_WORDS),
    *(rf"{word}{p.ORDER_TAIL}[0-9]{{5,22}}\b" for word in p.LONG_ORDER_WORDS),
)
"""Taken out only where digits were found, which are then looked for once more."""

SPOKEN = rf"(?:[0-9]{{1,4}}{shapes.PAUSE})?{shapes.NUMBER_WORD}{shapes.PAUSE}(?:{shapes.ITEM}{shapes.PAUSE}){{4}}{shapes.ITEM}\b"
"""The spoken number itself, asked for only where the cheap test fired."""

SCANS: dict[Family, Scan] = {
    "wide": Scan(literals=tuple(wide for wide, _ in shapes.WIDE)),
    "pem": Scan(("-----begin",)),
    "vendor": Scan(
        ("ya29.", "xapp-", "xox", "pat_", "pat-", "whsec_", "v1_", "glsa_", "pm_", "ks.slack", "webhooks"),
        (r"za[a-z0-9_-]{16}", r"f_[a-z0-9]{12}", r"k_[a-z0-9_]{12}", r"k-[a-z0-9_-]{12}", r"gh[pousr]_[a-z0-9]{12}",
         r"yj[a-z0-9_-]{5,}\.", r"g\.[a-z0-9_-]{12,}\.[a-z0-9_-]{8}", r"kia[a-z0-9]{12}", r"sia[a-z0-9]{12}"),
    ),
    "header": Scan((), (rf"zation{_IS}", r"bearer\s", r"basic\s+[a-z0-9+/]{8}", rf"kies?{_IS}")),
    "assigned": Scan(
        ("&sig=", "?sig="),
        (rf"pass(?:words?|wds?|phrase|codes?|wort)?{_IS}", rf"pwd{_IS}", rf"crets?{_IS}", rf"ken{_IS}", rf"key{_IS}", rf"credentials?{_IS}",
         rf"gnature{_IS}"),
    ),
    "said": Scan(
        (),
        (r"pass\s?(?:word|code|phrase|wort)(?:'s|:|[^.\n\"]{1,40}\b(?:is|was|to|ist|lautet)\b)",
         r"pass\s?(?:word|code|phrase)\s+[^\s\",;]*[0-9]", r"code(?:'s|\s*:| is| was|,? [0-9])", rf"pin(?:[ ._-]?(?:code|number|no))?{_SAID}",
         r"cret (?:word|answer|key)", r"y answer", rf"cv[vc]2?{_SAID}", rf"otp(?:[ ._-]?code)?{_SAID}", r"maiden name", r"key is ",
         r"ken is ", r"contraseña", r"mot de passe",
         rf"ssn{_IS}", rf"pw{_IS}", rf"curity(?:[ ._-]?(?:code|answer|number|no))?{_IS}", rf"cation[ ._-]?code{_IS}",
         rf"time[ ._-]?(?:code|pin|pass){_IS}"),
    ),
    "url": Scan((), (r"://[^\s/:@\"]*:[^\s/@\"]+@",)),
    "email": Scan(("%40", "\\u0040", "&#64;", "\uff20"), (r"@\s*[^\s@\"]+\s*\.",)),
    "email_said": Scan(
        ("[at", "[ at", "(at", "( at", "yahoo", "gmx", "proton"),
        (r"mail\s?\.", r"k\s?\.\s?com", r"cloud\s?\.", r"b\s?\.\s?de\b", r"ve\s?\.\s?com", r"aol\s?\.", r"dot\s+[a-z]{2,7}\b",
         r"mail(?: address)?\s+is\s"),
    ),
    "digit": Scan(
        (), (*(rf"{digit}(?:[^0-9a-z]{{0,3}}[0-9]){{6}}" for digit in range(10)), r"cial[^0-9\n]{0,30}[0-9]",
             r'\\",\s?\\{1,4}"[0-9]\\{1,4}",\s?\\{1,4}"[0-9]\\')
    ),
    "spoken": Scan((), tuple(rf"{end}(?:{_NEXT}){{4}}" for end in ("zero", "ne", "wo", "three", "four", "ven?", "x", "ght", "teen"))),
}  # fmt: skip
r"""By family. The literals begin with rare letters where they can: `zation` for authorization, `kia` for AKIA.

Spoken numbers by the ends of one and nine, two, five, seven, eleven and twelve, six, eight. Tens, "oh", "ten" and "double" begin no
test: among seven words in a row one of the others comes first enough.
"""
