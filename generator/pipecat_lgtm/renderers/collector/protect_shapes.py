"""The shapes of secrets and of what stands between their parts, as pieces of RE2 expressions.

Private-use characters are our own: they are taken out of what is sent, and never reach a store.
"""

GUARD, MARK, FILL, WORD, DIGITS = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
PRIVATE = (GUARD, MARK, FILL, WORD, DIGITS)
"""Before a look-alike, a group of digits, what is said between two, a number's word, and digits beside such words."""


def any_of(*choices: str) -> str:
    """Return an alternative of expressions."""
    return "(?:" + "|".join(choices) + ")"


START = r"(^|%[0-9A-Fa-f]{2}|\\{1,4}[nrt]|[^0-9A-Za-z.]|[^0-9]\.)"
r"""What may be before a secret; `\n` as two characters is JSON's end of line."""

MARKED = rf"(%B|{START[1:-1]}|(?i:card|cc|visa|amex|pan|tel|phone|ssn|iban|number))"
"""What may be before a number: also a word, without a space."""

THIN = "\u00a0\u00ad\u2000-\u2015\u202f\u2060\u2212\ufeff"
"""Spaces, dashes and what has no width."""

_FILLERS = (
    "dash|hyphen|space|then|and|plus|minus|u+h+m*|u+m+|er|erm|hm+|okay|ok|so|well|like|sorry|wait|next|comma|slash|point|"
    "äh*m*|e+h*m*|euh|und|dann|strich|bindestrich|puis|tiret|et|guion|guión|luego|poi|trattino|depois|en|dan|"
    "streepje|potem|i|og|streg|bindestreg|ø+h*m*|y"
)
_OTHERS = "después|traço|myślnik|så|э+|и|потом|тире|嗯|呃|然后|杠|横杠|अ|और|फिर|डैश"
FILLER = f"(?i:{_FILLERS}|{_OTHERS})"
"""What people say between the parts of a number."""
FILLER_ALONE = rf"(?i:(?:{_FILLERS})\b|{_OTHERS})"
NO_LETTER = "[^A-Za-z0-9À-žЀ-ӿ؀-ۿऀ-ॿ一-鿿" + WORD + DIGITS + "]"
"""What may be before a word."""

SEP = rf"(?:[\s._/{THIN}{MARK}-]|%20|%2[dD]|\+|\\{{1,4}}[nrt])"
GAP, OPTIONAL = f"{SEP}{{1,4}}", f"{SEP}{{0,4}}"
_FILLED = rf"[\s,.;:-]+{FILL}[^{FILL}]+{FILL}[\s,.;:-]+{MARK}?"
_COMMA_GAP = rf"(?:,?{SEP}{{1,4}}|,|{_FILLED})"
_ONE_BY_ONE = rf"[\s,\"'\\{THIN}-]{{1,10}}{MARK}?"
SPACE = rf"[\s{THIN}-]{{1,2}}{MARK}?"
_LINE = rf"(?:[ ._/{THIN}{MARK}-]|%20|\\{{1,4}}[nrt]){{0,4}}"
END = r"(?:\b|_|(?i:exp|cv[vc]|usd|eur|gbp))"

_ZEROS = (0xFF10, 0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50)
ANY_WIDE = "[" + "".join(f"{chr(zero)}-{chr(zero + 9)}" for zero in _ZEROS) + "]"
WIDE = tuple((f"[{''.join(chr(zero + digit) for zero in _ZEROS)}]", str(digit)) for digit in range(10))
"""Full-width, Arabic-Indic, Persian, Devanagari, Bengali and Thai digits, by what they mean."""

# Words people say for digits; "o" only between others, or every "o" would be one.
_ONES = "zero|oh|one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
NUMBER_WORD = f"(?:{_ONES}|{_TEENS}|{_TENS}|hundred|double|triple|o)"
_STOP = r"(?:[\s,.;:…-]|\\n)"
_SAID = rf"[^\s,.;:…\\{WORD}{DIGITS}{FILL}-]+"
PAUSE = f"{_STOP}+"
BETWEEN = f"{_STOP}+(?:{FILL}{_SAID}{_STOP}+)*"
SAID, ITEM = f"{WORD}{_SAID}", f"[{WORD}{DIGITS}]{_SAID}"
"""A number's word, and any item of a spoken number, once they are marked."""


TOKENS = any_of(
    r"sk-[A-Za-z0-9_-]{12,}",
    r"(?:[srp]k|gsk|whsec|npm|hf|glsa|shpat|shpss|dop_v1|sk_car|r8|fw|nfp|sbp|ntn|figd|lin_api|sntrys|tgp|vcp|pypi)_[A-Za-z0-9_]{12,}",
    r"(?:AKIA|ASIA)[A-Z0-9]{12,}",
    r"gh[pousr]_[A-Za-z0-9]{12,}",
    r"github_pat_[A-Za-z0-9_]{12,}",
    r"xox[a-z]-[A-Za-z0-9-]{8,}",
    r"xapp-[A-Za-z0-9-]{8,}",
    r"AIza[A-Za-z0-9_-]{16,}",
    r"glpat-[A-Za-z0-9_-]{10,}",
    r"ya29\.[A-Za-z0-9_-]{10,}",
    r"GOCSPX-[A-Za-z0-9_-]{12,}",
    r"(?:xai|nvapi|pplx|tvly|pypi|dapi|jina|co)-[A-Za-z0-9_-]{20,}",
    r"(?:SK|AC|key-|dapi)[0-9a-f]{32}\b",
    r"(?:hv[sb]\.|dp\.pt\.)[A-Za-z0-9_-]{16,}",
    r"sq0[a-z]{3}-[A-Za-z0-9_-]{20,}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{20,}",
    r"ATATT3[A-Za-z0-9_=-]{20,}",
    r"SG\.[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{8,}",
    r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{3,}(?:\.[A-Za-z0-9_-]*)?",
    r"(?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks)/[A-Za-z0-9_/-]{12,}",
    r"[0-9]{8,10}:AA[A-Za-z0-9_-]{30,}",
)
COUNTRIES = (
    "AD|AE|AL|AT|AZ|BA|BE|BG|BH|BR|BY|CH|CR|CY|CZ|DE|DK|DO|EE|EG|ES|FI|FO|FR|GB|GE|GI|GL|GR|GT|HR|HU|IE|IL|IQ|IS|IT|"
    "JO|KW|KZ|LB|LC|LI|LT|LU|LV|MC|MD|ME|MK|MR|MT|MU|NL|NO|PK|PL|PS|PT|QA|RO|RS|SA|SC|SE|SI|SK|SM|ST|SV|TL|TN|TR|UA|"
    "VA|VG|XK"
)
IBAN = any_of(
    rf"(?:{COUNTRIES})[0-9]{{2}}(?:{OPTIONAL}[A-Z0-9]{{4}}){{3,7}}(?:{OPTIONAL}[A-Z0-9]{{1,3}})?",
    rf"(?i:{COUNTRIES})[0-9]{{2}}{OPTIONAL}(?:(?i:[A-Z]{{1,4}}){OPTIONAL})?[0-9](?:{OPTIONAL}[0-9]){{9,26}}[A-Z]?",
)
_FOUR = r"(?:3[0-9]{3}|[45][0-9]{3}|6[0-9]{3}|2[2-7][0-9]{2})"
"""What a card begins with: no year does."""
CARD = any_of(
    r"[3-6][0-9]{12,18}",
    r"2[2-7][0-9]{14}",
    rf"{_FOUR}(?:{_COMMA_GAP}[0-9]{{4}}){{2}}{_COMMA_GAP}[0-9]{{1,4}}(?:{_COMMA_GAP}[0-9]{{1,3}})?",
    rf"3[0-9]{{3}}{_COMMA_GAP}[0-9]{{6}}{_COMMA_GAP}[0-9]{{4,5}}",
    rf"{_FOUR}{_COMMA_GAP}[0-9]{{12}}",
    rf"{_FOUR}[0-9]{{4}}{_COMMA_GAP}[0-9]{{8}}",
    rf"{_FOUR}[0-9]{{2}}{_COMMA_GAP}[0-9]{{10}}",
    rf"{_FOUR}{_COMMA_GAP}[0-9]{{8}}{_COMMA_GAP}[0-9]{{4}}",
    rf"{_FOUR}{_COMMA_GAP}[0-9]{{4}}{_COMMA_GAP}[0-9]{{8}}",
    rf"{_FOUR}[0-9]{{4}}(?:{_COMMA_GAP}[0-9]{{4}}){{2}}",
    rf"[2-6](?:(?:{_ONE_BY_ONE}|{_FILLED})[0-9]){{12,18}}",
    rf"[2-6][0-9](?:(?:{SPACE}|{_FILLED})[0-9]{{2}}){{7}}",
    rf"{_FOUR}(?:{GAP}[0-9]{{2}}){{6}}",
    rf"(?:[3-6][0-9]|2[2-7])[0-9](?:{GAP}[0-9]{{3}}){{3}}{GAP}[0-9]{{4}}",
    rf"(?:[3-6][0-9]|2[2-7])[0-9](?:{GAP}[0-9]{{3}}){{4}}{GAP}[0-9]",
)
_THIN_GAP = rf"[\s{THIN}.-]{MARK}?"
_SPACED = rf"[\s{THIN}-]{MARK}?"
NUMBERED = any_of(
    rf"[0-9](?:{SPACE}[0-9]){{9,11}}",
    rf"(?:\+ ?|\(\+|00)[1-9](?:[\s.()/{THIN}{MARK}-]{{0,5}}[0-9]){{6,13}}",
    rf"(?:\+?1{_LINE})?\(?[2-9][0-9]{{2}}\)?{_LINE}[2-9][0-9]{{2}}{_LINE}[0-9]{{4}}",
    rf"[2-9][0-9]{{2}},\s?{MARK}?[2-9][0-9]{{2}},\s?{MARK}?[0-9]{{4}}",
    rf"\(?0[1-9](?:[\s.)/{THIN}{MARK}-]{{0,4}}[0-9]){{7,10}}",
    rf"\([1-9][0-9]\){_LINE}9[0-9]{{4}}{_LINE}[0-9]{{4}}",
    rf"[6-9][0-9]{{4}}{SPACE}[0-9]{{5}}",
    rf"[5-9][0-9]{{2}}(?:{_THIN_GAP}[0-9]{{3}}){{2}}",
    rf"[5-9][0-9]{{2}}(?:{_THIN_GAP}[0-9]{{2}}){{3}}",
    r"(?:45|5[0137]|6[0-9]|7[1-9]|88)[0-9]{7}",
    rf"[1-9][0-9](?:{_SPACED}[0-9]{{2}}){{3}}",
    rf"[1-9][0-9]{_SPACED}[0-9]{{3}}(?:{_SPACED}[0-9]{{2}}){{2}}",
    rf"[49][0-9]{{2}}{_THIN_GAP}[0-9]{{2}}{_THIN_GAP}[0-9]{{3}}",
    rf"[3689][0-9]{{3}}{SPACE}[0-9]{{4}}",
    rf"1[3-9][0-9]{_THIN_GAP}[0-9]{{4}}{_THIN_GAP}[0-9]{{4}}",
    r"1[3-9][0-9]{9}",
    rf"[1-9][1-9](?:{_THIN_GAP})?9[0-9]{{4}}(?:{_THIN_GAP})?[0-9]{{4}}",
    rf"\(?[1-9][1-9]\)?{_LINE}9{_THIN_GAP}[0-9]{{4}}{_THIN_GAP}[0-9]{{4}}",
    rf"\(?(?:55|56|33|81)\)?{_LINE}[0-9]{{4}}{_LINE}[0-9]{{4}}",
    rf"3[1-9][0-9](?:{_THIN_GAP})?[0-9]{{3}}(?:{_THIN_GAP})?[0-9]{{4}}",
    rf"3[1-9][0-9]{_THIN_GAP}[0-9]{{2}}{_THIN_GAP}[0-9]{{2}}{_THIN_GAP}[0-9]{{3}}",
    rf"(?:8{_LINE})?\(?9[0-9]{{2}}\)?{_LINE}[0-9]{{3}}{_LINE}[0-9]{{2}}{_LINE}[0-9]{{2}}",
    rf"8{_LINE}\(?[3489][0-9]{{2}}\)?{_LINE}[0-9]{{3}}{_LINE}[0-9]{{2}}{_LINE}[0-9]{{2}}",
    rf"[0-9](?: {MARK}[0-9]){{2}}[,.] {MARK}[0-9](?: {MARK}[0-9]){{2}}[,.] {MARK}[0-9](?: {MARK}[0-9]){{1,3}}",
)
MAILERS = "gmail|googlemail|yahoo|outlook|hotmail|icloud|proton|protonmail|aol|gmx|web|live"
ENDINGS = "com|org|net|edu|gov|io|co|de|fr|uk|ai|us|info|biz|eu|ch|nl|es|it|in|ca|au|dev|app|me|test|example"
AT = r"(?:@|%40|\\u0040|&#64;|\uff20)".replace(r"\uff20", "\uff20")
NOT_LOCAL, NOT_HOST = r"\s@\"'<>(),;:=\[\]|{}&", r"\s@\"'<>(),;:=\[\]|{}/\\?&."
