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
from pipecat_lgtm.renderers.collector import protect_words as words
from pipecat_lgtm.renderers.collector.protect_patterns import Family

FIRES = (
    "\uff11\u0661-----begin yj00000. bearer a password=a password is a ://a:b@ @a.bc gmx "
    "nine nine nine nine nine nine 1234567"
)
"""Stands for a text that cannot be read; every family's test fires on it."""

_IS = r"[\s_.-]{0,2}\\*[\"']?\s*(?::|=)"
_SAID = r"(?:'s|[\s_.-]{0,2}\\*[\"']?\s*(?::|=)| is| was| w| sh| number| ist| es| la|,? [0-9])"
_GAP = r"[^a-z0-9]{1,4}"
_WORD = r"(?:[0-9]+|(?:ze|o|t[wher]|f[oi]|s[ie]|e[il]|ni|do|hu)[a-z]{0,7})"
_NEXT = rf"{_GAP}(?:(?:[udh]|sp|and|pl|mi|er|ok)[a-z]{{0,5}}{_GAP})?{_WORD}"
"""What may be a number's word, or a filler and one, by first letters: whole words would make every test slow."""


@dataclass(frozen=True)
class Scan:
    """A family's test: any of the literals is in the text, or any of the expressions matches."""

    literals: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()


WIDE_LEADS = (b"\xef\xbc", b"\xd9", b"\xdb", b"\xe0\xa5", b"\xe0\xa7", b"\xe0\xb9")
SPOKEN_LEADS = (b"\xd0", b"\xd8", b"\xd9", b"\xdb", b"\xe0\xa4", b"\xe4", b"\xe5")
"""First bytes of digits and of letters in UTF-8: without one of them, a text beyond ASCII has no such digits or words."""

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

_SPOKEN = rf"{words.WORD}(?:[\s,.;:…-]{{1,4}}(?:[^\s0-9]{{1,12}}[\s,.;:…-]{{1,4}})?{words.WORD}){{2}}"
SPOKEN = shapes.any_of(_SPOKEN, rf"{words.HAN}(?:{words.HAN_PAUSE}{words.HAN}){{6}}")
"""The spoken number itself, asked for only where the cheap test fired, or a text has such letters."""

SCANS: dict[Family, Scan] = {
    "wide": Scan(expressions=(shapes.ANY_WIDE,)),
    "pem": Scan(("-----begin",)),
    "vendor": Scan(
        ("ya29.", "xapp-", "xox", "pat-", "cspx-", "ks.slack", "webhooks", "hvs.", "hvb.", "dp.pt.", "att3"),
        (r"_[a-z0-9]{16}", r"za[a-z0-9_-]{16}", r"k-[a-z0-9_-]{12}", r"-[a-z0-9]{20}",
         r"yj[a-z0-9_-]{5,}\.", r"g\.[a-z0-9_-]{12,}\.[a-z0-9_-]{8}", r"kia[a-z0-9]{12}", r"sia[a-z0-9]{12}",
         r"sk[0-9a-f]{32}", r"ac[0-9a-f]{32}", r"y-[0-9a-f]{32}", r"api[0-9a-f]{32}", r":aa[a-z0-9_-]{30}"),
    ),
    "header": Scan((), (rf"zation{_IS}", r"bearer\s", r"basic\s+[a-z0-9+/]{8}", rf"kies?{_IS}")),
    "assigned": Scan(
        ("&sig=", "?sig="),
        (rf"pass(?:words?|wds?|phrase|codes?|wort)?{_IS}", rf"pwd{_IS}", rf"crets?{_IS}", rf"ken{_IS}", r"key [^\n]{0,4}[0-9a-f]{32}", r"ken [^\n]{0,4}[0-9a-f]{32}", rf"key{_IS}", rf"credentials?{_IS}",
         rf"gnature{_IS}"),
    ),
    "said": Scan(
        ("пароль", "код", "密码", "验证码", "пин", "पासवर्ड", "पिन", "कोड", "ओटीपी", "nnwort", "wachtwoord", "senha", "clave ", "adgangskode", "hasło"),
        (r"pass\s?(?:word|code|phrase|wort)(?:'s|:|[^.\n\"]{0,40}(?:\b(?:is|was|to|ist|lautet|would|will|should|es|est)\b| è| é))",
         r"pass\s?(?:word|code|phrase)\s+[^\s\",;]*[0-9]", r"code(?:'s|\s*:| is| was|[^0-9\n]{0,32}[0-9])", r"kode[^0-9\n]{0,16}[0-9]", r"codi", r"códi",
         rf"pin(?:{_SAID}|[ ._-]?(?:code|kode|number|nummer|no)|[^a-z0-9\n][^0-9\n]{{0,16}}[0-9])",
         r"cret (?:word|answer|key)", r"y answer", rf"cv[vc]2?(?:{_SAID}|[^0-9\n]{{0,16}}[0-9])", rf"otp(?:[ ._-]?code)?(?:{_SAID}|[^0-9\n]{{0,16}}[0-9])",
         r"maiden name", r"key is ", r"on (?:the|my|its) (?:back|card)", r"as your (?:[a-z-]+ ){0,2}(?:code|pin|otp|pass)", r"is your (?:one|code|pin|otp|pass|ver|log|sec)", r"digits? (?:[a-z]+ )?code", r"verification (?:val|num)",
         r"cret is ",
         r"ken is ", r"contraseña", r"mot de passe", r"kod ",
         rf"ssn{_IS}", rf"pw{_IS}", rf"curity(?:[ ._-]?(?:code|answer|number|no))?{_IS}", rf"cation[ ._-]?code{_IS}",
         rf"time[ ._-]?(?:code|pin|pass)(?:{_IS}|[a-z ]{{0,12}}[^a-z0-9\n]{{1,4}}[0-9])"),
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
             r'\\",\s?\\{1,4}"[0-9]\\{1,4}",\s?\\{1,4}"[0-9]\\', *(rf"{digit}[0-9]{{3,5}}[^0-9\n]{{1,20}}[0-9]{{4}}" for digit in range(2, 7)),
             r"nino[^\n]{0,30}[0-9]{2}", r"surance n[^\n]{0,30}[0-9]{2}", r"passport[^\n]{0,30}[0-9]{3}",
             r"licen[cs]e[^\n]{0,30}[0-9]{3}")
    ),
    "spoken": Scan(
        (),
        (*(rf"{end}(?:{_NEXT}){{4}}" for end in ("zero", "ne", "wo", "three", "four", "ven?", "x", "ght", "teen")),
         *(rf"{stem}[a-z]{{0,4}}{words.NEXT}" for stem in words.STEMS)),
    ),
}  # fmt: skip
r"""By family. The literals begin with rare letters where they can: `zation` for authorization, `kia` for AKIA.

Spoken numbers by the ends of one and nine, two, five, seven, eleven and twelve, six, eight. Tens, "oh", "ten" and "double" begin no
test: among seven words in a row one of the others comes first enough.
"""
