r"""What must not be stored, and what only looks like it, as RE2 patterns in the order in which they run.

RE2 has no look-around. Two things stand in for it: START, a group that keeps the character before a secret, and GUARD, a
private-use character put into look-alikes (dates, UUIDs, order numbers, "password is wrong") before the patterns
run and taken out afterwards; no pattern crosses it.
"""

from dataclasses import dataclass
from typing import Literal

GUARD = "\ue000"

Family = Literal["key", "at", "digit", "spoken"]
"""Which cheap test of a whole span has to fire before a pattern is tried at all."""


@dataclass(frozen=True)
class Pattern:
    """One replacement.

    Args:
        family: the test that must have fired.
        regex: RE2, also valid in Python's `re`.
        replacement: `${1}` is what the first group kept.
    """

    family: Family
    regex: str
    replacement: str


def _any(*choices: str) -> str:
    return "(?:" + "|".join(choices) + ")"


START = "(^|[^0-9A-Za-z.])"
_NBSP = "\u00a0"
_GAP = f"[ .{_NBSP}-]{{1,2}}"

# Words people say for digits; "o" only between others, or every "o" would be one.
_ONES = "zero|oh|one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
NUMBER_WORD = f"(?:{_ONES}|{_TEENS}|{_TENS}|double|triple|o)"
_PAUSE = r"(?:[\s,.;:-]|\\n)+(?:(?:dash|hyphen|space|then|and|plus)[\s,.;:-]+)?"


def _spoken(least: int, most: int | None = None) -> str:
    upper = "" if most is None else most - 1
    return rf"(?i)(^|[^A-Za-z])(?:{NUMBER_WORD}{_PAUSE}){{{least - 1},{upper}}}{NUMBER_WORD}\b"


_ORDER_WORDS = (
    "order|invoice|ticket|case|ref|reference|booking|confirmation|tracking|reservation|sku|item|part|article|batch|"
    "version|build|request|flight|serial|model|shipment|epoch|timestamp|ean|isbn|barcode|po"
)
_NO_ANSWER = (
    "not|wrong|incorrect|expired|invalid|required|missing|too|still|being|been|case|empty|working|"
    "reset|locked|the same|never"
)

SHIELDS = (
    # A literal \n in JSON text: the letter would hide the start of what follows.
    Pattern("key", r"(\\[nrt])", "${1}" + GUARD),
    Pattern("digit", r"\b((?:19|20)[0-9]{2}-)([01][0-9]-)([0-3][0-9])", f"${{1}}{GUARD}${{2}}{GUARD}${{3}}{GUARD}"),
    Pattern(
        "digit",
        r"\b([0-3]?[0-9][./-])([0-3]?[0-9][./-])((?:19|20)[0-9]{2})\b",
        f"${{1}}{GUARD}${{2}}{GUARD}${{3}}{GUARD}",
    ),
    Pattern("digit", r"\b([0-9]{3}-)([0-9]{7}-)([0-9]{7})\b", f"{GUARD}x${{1}}{GUARD}x${{2}}{GUARD}x${{3}}{GUARD}"),
    Pattern(
        "digit",
        r"(?i)\b([0-9a-f]{8}-)([0-9a-f]{4}-)([0-9a-f]{4}-)([0-9a-f]{4}-)([0-9a-f]{12})\b",
        f"{GUARD}${{1}}{GUARD}${{2}}{GUARD}${{3}}{GUARD}${{4}}{GUARD}${{5}}{GUARD}",
    ),
    Pattern(
        "digit",
        rf"(?i)\b((?:{_ORDER_WORDS})s?(?:[ _-]?(?:number|no\.?|id|code|num))?(?:\s+is|\s+was)?[\s:=#\"'\\-]{{0,4}})"
        r"([0-9]{5,12})\b",
        f"${{1}}{GUARD}x${{2}}{GUARD}",
    ),
    Pattern(
        "key",
        rf"(?i)\b((?:pass\s?(?:word|code|phrase)|pin(?: code| number)?|code|secret)\s+(?:is|was)\s+)((?:{_NO_ANSWER})\b)",
        f"${{1}}{GUARD}${{2}}",
    ),
)
"""`x` after GUARD keeps a shielded number from being a phone's START; UNSHIELD takes both out."""

UNSHIELD = f"{GUARD}x?"

_NAME = (
    r"(?:passw(?:or)?d|passphrase|passcode|passwort|pwd|secret|token|api[ _-]?key|apikey|access[_-]?key|secret[_-]?key|"
    r"private[_-]?key|auth[_-]?key|credentials?|signature)"
)
_IS = r"\\*[\"']?\s*[:=]\s*\\*[\"']?"
_VALUE = r"[^\s\"'\\,;&}<>\[\]" + GUARD + "]"

TOKENS = _any(
    r"sk-[A-Za-z0-9_-]{12,}",
    r"(?:[srp]k|gsk|whsec|npm|hf|glsa|shpat|dop_v1|sk_car)_[A-Za-z0-9_]{12,}",
    r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}",
    r"gh[pousr]_[A-Za-z0-9]{12,}",
    r"github_pat_[A-Za-z0-9_]{12,}",
    r"xox[a-z]-[A-Za-z0-9-]{8,}",
    r"xapp-[A-Za-z0-9-]{8,}",
    r"AIza[A-Za-z0-9_-]{16,}",
    r"glpat-[A-Za-z0-9_-]{10,}",
    r"ya29\.[A-Za-z0-9_-]{10,}",
    r"SG\.[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{8,}",
    r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{3,}(?:\.[A-Za-z0-9_-]*)?",
)
_COUNTRIES = (
    "AD|AE|AL|AT|AZ|BA|BE|BG|BH|BR|BY|CH|CR|CY|CZ|DE|DK|DO|EE|EG|ES|FI|FO|FR|GB|GE|GI|GL|GR|GT|HR|HU|IE|IL|IQ|IS|IT|"
    "JO|KW|KZ|LB|LC|LI|LT|LU|LV|MC|MD|ME|MK|MR|MT|MU|NL|NO|PK|PL|PS|PT|QA|RO|RS|SA|SC|SE|SI|SK|SM|ST|SV|TL|TN|TR|UA|"
    "VA|VG|XK"
)
CARD = _any(
    r"[3-6][0-9]{12,18}",
    r"2[2-7][0-9]{14}",
    rf"[2-6][0-9]{{3}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{1,4}}(?:{_GAP}[0-9]{{1,3}})?",
    rf"3[0-9]{{3}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{4,5}}",
    rf"[2-6][0-9]{{3}}{_GAP}[0-9]{{12}}",
    rf"[2-6][0-9]{{7}}{_GAP}[0-9]{{8}}",
    r"[2-6](?:[ ,-]{1,2}[0-9]){12,18}",
    r"[2-6][0-9](?: [0-9]{2}){7}",
)
_MAILERS = "gmail|googlemail|yahoo|outlook|hotmail|icloud|proton|protonmail|aol|gmx|web|live"
_ENDINGS = "com|org|net|edu|gov|io|co|de|fr|uk|ai|us|info|biz|eu|ch|nl|es|it|in|ca|au|dev|app|me|test|example"

PATTERNS = (
    Pattern("key", r"(?s)-----BEGIN[^-]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END[^-]{0,60}-----|$)", "[secret]"),
    Pattern("key", rf"{START}{TOKENS}", "${1}[secret]"),
    Pattern(
        "key",
        r"(?i)\b(authorization)" + _IS + r"(?:(?:basic|bearer|digest|token|apikey|negotiate)\s+)?" + _VALUE + "{6,}",
        "${1}: [secret]",
    ),
    Pattern(
        "key",
        r"(?i)\b(bearer)\s+(?:[A-Za-z._~+/=-]*[0-9][A-Za-z0-9._~+/=-]*|[A-Za-z0-9._~+/=-]{16,})",
        "${1} [secret]",
    ),
    Pattern(
        "key", r"\b([Bb]asic|BASIC)\s+(?:[A-Za-z0-9+/]{7,}={1,2}|[A-Za-z+/]*[0-9][A-Za-z0-9+/]{7,})", "${1} [secret]"
    ),
    Pattern(
        "key",
        rf"(?i)((?:passw(?:or)?d|passphrase|passcode|passwort|pwd|cvv|cvc){_IS}){_VALUE}{{3,}}",
        "${1}[secret]",
    ),
    Pattern("key", rf"(?i)\b((?:pin|pin code){_IS})[0-9]{{4,8}}\b", "${1}[secret]"),
    Pattern("key", rf"(?i)({_NAME}{_IS})[0-9]*[A-Za-z_+/=.-]{_VALUE}{{3,}}", "${1}[secret]"),
    Pattern("key", rf"(?i)\b(key=){_VALUE}{{6,}}", "${1}[secret]"),
    Pattern(
        "key",
        r"(?i)\b((?:pass\s?(?:word|code|phrase)|passwort|pin(?: code| number)?|secret (?:word|code|answer)|"
        r"security (?:code|answer)|cvv|cvc|mother'?s maiden name)"
        r"(?:\s+(?:for|to|of)\s+\w+(?:\s+\w+)?)?\s*(?:,|:|\bis\b|\bwas\b|\bare\b|\blautet\b|\bist\b|\bto\b)\s*(?:now\s+|actually\s+|it'?s\s+)?)"
        rf"[^\s\",;!?.\\{GUARD}]+(?:[ -]+[^\s\",;!?.\\{GUARD}]+){{0,6}}",
        "${1}[secret]",
    ),
    Pattern(
        "key",
        rf"(?i)\b((?:api key|access key|secret key|token)\s+is\s+)[^\s\",;!?.\\{GUARD}]*[0-9_-][^\s\",;!?\\{GUARD}]{{3,}}",
        "${1}[secret]",
    ),
    Pattern("at", r"(://)[^\s/:@\"]+:[^\s/@\"]+@", "${1}[secret]@"),
    Pattern(
        "at",
        r"[^\s@\"'<>(),;:=\[\]|{}&]+(?:@|%40)[^\s@\"'<>(),;:=\[\]|{}/\\?&.]+(?:\.[^\s@\"'<>(),;:=\[\]|{}/\\?&.]+)*\.[^\s@\"'<>(),;:=\[\]|{}/\\?&.0-9]{2,}",
        "[email]",
    ),
    Pattern(
        "at",
        r"(?i)[\w.+-]+\s*[\[(]\s*at\s*[\])]\s*[\w-]+(?:\s*(?:\.|[\[(]\s*dot\s*[\])]|\sdot\s)\s*[\w-]+)+",
        "[email]",
    ),
    Pattern(
        "at",
        r"(?i)\b(?:\w\s+){0,24}[\w'+-]+(?:\s+(?:dot|underscore|dash|hyphen|minus|plus)\s+\w+|\.\w+)*\s+at\s+(?:\w\s+){0,24}[\w-]+"
        rf"(?:\s+(?:dash|hyphen|dot)\s+\w+)*?\s+dot\s+(?:{_ENDINGS})(?:\s+dot\s+uk)?\b",
        "[email]",
    ),
    Pattern("at", rf"(?i)[\w.+-]+\s+at\s+(?:{_MAILERS})\s*\.\s*(?:com|de|net|ch|me|fr|uk)\b", "[email]"),
    Pattern(
        "digit",
        rf"{START}(?:{_COUNTRIES})[0-9]{{2}}(?:[ -]?[A-Z0-9]{{4}}){{3,7}}(?:[ -]?[A-Z0-9]{{1,3}})?\b",
        "${1}[iban]",
    ),
    Pattern(
        "digit",
        rf"{START}(?i:{_COUNTRIES})[0-9]{{2}}[ -]?(?:(?i:[A-Z]{{4}})[ -]?)?[0-9](?:[ -]?[0-9]){{9,26}}[A-Z]?\b",
        "${1}[iban]",
    ),
    Pattern("digit", rf"(?:{START}|(?i:card|visa|amex)){CARD}\b", "${1}[card]"),
    Pattern("digit", rf"{START}[0-9]{{3}}[ .-][0-9]{{2}}[ .-][0-9]{{4}}\b", "${1}[ssn]"),
    Pattern("digit", r"(?i)((?:\bssn|social)[^0-9\n]{0,30})(?:[0-9][ .-]{0,2}){8}[0-9]\b", "${1}[ssn]"),
    Pattern("digit", rf"{START}[0-9](?:[ -][0-9]){{9,11}}\b", "${1}[phone]"),
    Pattern("digit", rf"{START}[0-9](?:[ -][0-9]){{8}}\b", "${1}[ssn]"),
    Pattern("digit", rf"{START}[0-9](?:[ -][0-9]){{6,7}}\b", "${1}[phone]"),
    Pattern("digit", rf"{START}(?:\+ ?|00)[1-9](?:[ .()/{_NBSP}-]{{0,3}}[0-9]){{6,13}}\b", "${1}[phone]"),
    Pattern(
        "digit",
        rf"{START}(?:1[ .-]?)?\(?[2-9][0-9]{{2}}\)?[ .{_NBSP}-]{{0,2}}[2-9][0-9]{{2}}[ .{_NBSP}-]{{0,2}}[0-9]{{4}}\b",
        "${1}[phone]",
    ),
    Pattern("digit", rf"{START}\(?0[1-9](?:[ ./){_NBSP}-]{{0,2}}[0-9]){{7,10}}\b", "${1}[phone]"),
    Pattern("digit", rf"{START}[6-9][0-9]{{4}}[ -][0-9]{{5}}\b", "${1}[phone]"),
    Pattern("digit", rf"{START}[6-9][0-9]{{2}}(?:[ -][0-9]{{3}}){{2}}\b", "${1}[phone]"),
    Pattern(
        "digit", rf"{START}[0-9](?: [0-9]){{2}}[,.] [0-9](?: [0-9]){{2}}[,.] [0-9](?: [0-9]){{1,3}}\b", "${1}[phone]"
    ),
    Pattern(
        "digit",
        r"(?i)(\b(?:call|phone|dial|tel|telephone|number|reach|text|fax|mobile|cell)\b[^.\n\"0-9]{0,25})[2-9][0-9]{2}[ -][0-9]{4}\b",
        "${1}[phone]",
    ),
    Pattern("spoken", _spoken(12), "${1}[card]"),
    Pattern(
        "spoken",
        rf"(?i)((?:\bssn|social)[^0-9\n]{{0,30}}?\b)(?:{NUMBER_WORD}{_PAUSE}){{6,9}}{NUMBER_WORD}\b",
        "${1}[ssn]",
    ),
    Pattern("spoken", _spoken(10, 11), "${1}[phone]"),
    Pattern("spoken", _spoken(9, 9), "${1}[ssn]"),
    Pattern("spoken", _spoken(7, 8), "${1}[phone]"),
)

_TAIL = rf"(?:(?:[A-Z0-9().+,-]+|\[[a-z]+\]|[A-Za-z]+\s+(?:at|dot|dash|underscore)|[\w.+-]+\s*[\[(]\s*at\s*[\])]|{NUMBER_WORD}|is|at|dot|dash)[\s,]+)*[^\s]*"


def half(limit_bytes: int) -> str:
    """Return what may be half a secret at the end of a text that was cut at a limit.

    Only texts so long that they can have been cut match: a UTF-8 character has at most 4 bytes.

    Args:
        limit_bytes: where it was cut.
    """
    return rf"(?s)^(.{{{min(1000, limit_bytes // 4)}}}.*?)(?:\b|\\[nrt]){_TAIL}$"
