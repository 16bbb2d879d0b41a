r"""What must not be stored, and what only looks like it, as RE2 patterns in the order in which they run.

Go's regular expressions cost about 40 ns a byte, but next to nothing when they begin with a literal, which is searched
for by vector instructions. So one pass puts MARK before every group of digits, and the patterns for numbers begin
with it. RE2 has no look-around. Two things stand in for it: START, a group that keeps what is before a secret, and
GUARD, put into look-alikes (dates, UUIDs, order numbers, "password is wrong") before the patterns run; no pattern
crosses it. Both are private-use characters, are taken out of what is sent, and never reach a store.
"""

from dataclasses import dataclass
from typing import Literal

from pipecat_lgtm.renderers.collector.protect_shapes import (
    AT,
    BETWEEN,
    CARD,
    COUNTRIES,
    DIGITS,
    END,
    ENDINGS,
    FILL,
    FILLER,
    FILLER_ALONE,
    GAP,
    GUARD,
    IBAN,
    ITEM,
    MAILERS,
    MARK,
    MARKED,
    NO_LETTER,
    NOT_HOST,
    NOT_LOCAL,
    NUMBER_WORD,
    NUMBERED,
    OPTIONAL,
    PAUSE,
    SAID,
    SEP,
    SPACE,
    START,
    TOKENS,
    WIDE,
    any_of,
)
from pipecat_lgtm.renderers.collector.protect_shapes import WORD as SPOKEN
from pipecat_lgtm.renderers.collector.protect_words import HAN, HAN_PAUSE, WORD

Family = Literal["wide", "pem", "vendor", "header", "assigned", "said", "url", "email", "email_said", "digit", "spoken"]
"""What a cheap test of a whole span looks for; where it fires, the family's patterns run."""


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


def _spoken(least: int, most: int | None = None) -> str:
    """Return the expression of so many items in a row, of which a word is the first, or follows the first digits."""
    rest, fewer = (
        rf"(?:{BETWEEN}{ITEM}){{{least - items},{'' if most is None else most - items}}}" for items in (1, 2)
    )
    return any_of(f"{SAID}{rest}", f"{DIGITS}[0-9]+{BETWEEN}{SAID}{fewer}")


_JOIN = "[ ._-]?"
NAMES: dict[Family, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "header": (("authorization",), ("cookies?", f"proxy{_JOIN}authorization")),
    "assigned": (
        ("pass",),
        ("passw(?:or)?ds?", "passphrase", "passcodes?", "passwort", "pwd", "secrets?", "token", "credentials?",
         f"(?:api|access|secret|private|auth|account|signing|encryption|master|subscription){_JOIN}key"),
    ),
    "said": (
        (f"pin(?:{_JOIN}(?:code|number|no))?", "pw"),
        ("ssn", f"otp(?:{_JOIN}code)?", "cv[vc]2?", f"social{_JOIN}security(?:{_JOIN}(?:number|no))?",
         f"security{_JOIN}(?:code|answer)", f"verification{_JOIN}code", f"one{_JOIN}time{_JOIN}(?:code|pin|pass)"),
    ),
}  # fmt: skip
"""Last words of names whose values are secrets, by the family whose test finds them: whole words, and ends of words.

A whole word begins the name, or comes after what is no letter and no digit, or has a capital: `pin`, `card_pin`, `cardPin`,
but not `mapping`.
"""


def _named(family: Family) -> str:
    whole, ends = NAMES[family]
    capital = any_of(*(f"{one[0].upper()}(?i:{one[1:]})" for one in whole))
    return any_of(rf"(?:^|[^A-Za-z0-9])(?i:{any_of(*whole)})", rf"[a-z0-9]{capital}", rf"(?i:{any_of(*ends)})")


SECRET_KEYS = any_of(*(_named(family) for family in NAMES)) + r"[\s_.:-]{0,2}$"
"""An attribute with such a key is taken out: its value alone does not say what it is."""

_CLOSED = r"\\*[\"']\s*:\s*"
_TEXT, _TEXT_IN_TEXT = r"(?:[^\"\\]|\\.)", r"(?:[^\"\\]|\\\\(?:\\[\\\"]|[^\\\"]))"
_NESTED = rf"[\[{{](?:[^\[\]{{}}\"\\]|\"{_TEXT}*\"|\\+\"{_TEXT_IN_TEXT}*\\+\")*[\]}}]"
MEMBERS = tuple(
    Pattern(
        family,
        rf"(?s)({_named(family)}[\s_.-]{{0,2}})(?:([\"']\s*:\s*\"){_TEXT}+|([\"']\s*:\s*'){_TEXT.replace(chr(34), chr(39))}+|"
        rf"(\\+[\"']\s*:\s*\\+\"){_TEXT_IN_TEXT}+|({_CLOSED})(?:-?[0-9][0-9.eE+-]*|{_NESTED}|[\[{{].*))",
        "${1}${2}${3}${4}${5}[secret]",
    )
    for family in NAMES
)
"""The value of a member of JSON, or of JSON within JSON, with such a name: a text, a number, a list or an object.

A list or an object that holds others goes with all that is behind it: RE2 cannot tell where it ends.
"""
SCHEMAS = tuple(
    Pattern(
        family,
        rf"({_named(family)}[\s_.-]{{0,2}}{_CLOSED})(\{{(?:\\*\"anyOf\\*\"\s*:\s*\[\s*\{{)?[^{{}}]*\"type\\*\"\s*:\s*\\*\""
        r"(?:string|integer|number|boolean|array|object)\b)",
        f"${{1}}{GUARD}${{2}}",
    )
    for family in NAMES
)
"""What a tool says of a parameter with such a name is no secret."""

ORDER_WORDS = (
    "order", "invoice", "ticket", "case", "ref", "booking", "confirmation", "reservation", "sku", "item", "part",
    "article", "batch", "version", "build", "request", "flight", "model", "po",
)  # fmt: skip
RARE_ORDER_WORDS = (
    "policy", "claim", "contract", "customer", "job", "task", "extension", "ext", "commit", "quote", "membership",
    "parcel", "upc", "gtin",
)  # fmt: skip
LONG_ORDER_WORDS = (
    "tracking", "shipment", "serial", "epoch", "timestamp", "ean", "isbn", "barcode", "imei",
)  # fmt: skip
FOREIGN_ORDER_WORDS = (
    "bestell", "auftrag", "rechnung", "sendung", "kunden", "vorgang", "buchung", "commande", "facture", "colis", "suivi",
    "dossier", "pedido", "factura", "envío", "reserva", "ordine", "fattura", "spedizione", "prenotazione", "encomenda",
    "fatura", "bestelling", "factuur", "boeking", "zamówieni", "faktur", "przesyłk", "rezerwacj", "ordre", "pakke",
    "beställning", "bokning", "заказ", "счет", "счёт", "накладн", "брон", "订单", "运单", "快递", "ऑर्डर", "बुकिंग",
)  # fmt: skip
_ANY_ORDER = "|".join((*ORDER_WORDS, *RARE_ORDER_WORDS, *LONG_ORDER_WORDS))
ORDER_TAIL = r"(?:erence)?s?(?:[ _-]?(?:number|no\.?|id|code|num))?(?:\s+is|\s+was)?[\s:=#\"'\\-]{0,4}"
FOREIGN_TAIL = r"[^0-9\n,.;]{0,24}"
_ONES, _TEENS = (
    "one|two|three|four|five|six|seven|eight|nine",
    "ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen",
)
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
YEAR = rf"(?:(?:nineteen|twenty)[\s-](?:oh[\s-](?:{_ONES})|(?:{_TENS})(?:[\s-](?:{_ONES}))?|{_TEENS})|two thousand(?: and)?(?:\s(?:{_ONES}|{_TEENS}|(?:{_TENS})(?:[\s-](?:{_ONES}))?))?)"
"""A year of this century or the last, as it is said."""
NO_ANSWER = (
    r"(?:(?:not|wrong|incorrect|expired|expiring|invalid|required|missing|too|still|being|been|case|empty|working|"
    r"reset|locked|never|stored|saved|supposed|protected|needed|what|sent|going|falsch|richtig|ungültig|abgelaufen|nicht|incorrecte?|faux|invalide|expirée?|incorrecta|errónea|incorrect[ao]|"
    r"sbagliata|scaduta|errada|inválida|onjuist|verkeerd|verlopen|błędne|nieprawidłowe|forkert|udløbet|valid|printed)\b|the same|at least|"
    r"no longer|about to|in the|on the|the one|only for|due|(?:correct|right|fine|okay|good)[^\w\s-])"
)

_PASSWORD = r"(?:\b(?:pass\s?(?:word|code|phrase)|passwort|kennwort|contraseña|mot de passe|parola d'ordine|wachtwoord|senha|clave|adgangskoden?|hasło)|пароль|密码|पासवर्ड)"
_CODE = (
    r"\b(?:pin(?:[ -]?(?:code|number|no))?|secret (?:word|code|answer)|security (?:code|answer)|"
    r"(?:verification|one[ -]?time|access|login|2fa) (?:pass\s?)?(?:code|pin|word)|otp|cv[vc]2?(?: code| number)?|card verification (?:value|code|number)|(?:three|four|six|[346])[ -]digits? (?:[a-z]+ )?(?:code|pin)|mother'?s maiden name|"
    r"(?:code|digits|numbers?) on (?:the|my|its) (?:back|card)(?: of (?:the|my|it)(?: card)?)?)"
)
_CODES = (
    r"(?:\b(?:pin-?(?:nummer|koden?)|(?:bestätigungs|sicherheits|verifizierungs|prüf)(?:code|nummer)|code lautet|code (?:pin|secret|sms|de (?:sécurité|vérification|confirmation))|"
    r"código (?:pin|otp|de (?:seguridad|verificación|segurança|verificação))|codice (?:pin|otp|di (?:sicurezza|verifica))|"
    r"(?:verificatie|beveiligings|bevestigings)code|kod (?:pin|sms|weryfikacyjny|bezpieczeństwa)|(?:bekræftelses|sikkerheds|engangs)koden?)|"
    r"(?:^|[\s\"])(?:код|пин)(?:-код)?|验证码|校验码|पिन|कोड|ओटीपी)"
)
_SAYS = r"(?:'s|\s*(?::|=|是|—)|\s(?:is|was|would be|will be|should be|are|lautet:?|ist|es|est|è|é|jest|है)(?:\s|:|$))"
"""What stands between the name of a secret and the secret, where people say it."""
SHIELDS = (
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
        f"{GUARD}x${{1}}{GUARD}${{2}}{GUARD}${{3}}{GUARD}${{4}}{GUARD}x${{5}}{GUARD}",
    ),
    Pattern(
        "digit",
        rf"(?i)\b((?:{'|'.join((*ORDER_WORDS, *RARE_ORDER_WORDS))}){ORDER_TAIL})([0-9]{{5,12}})\b",
        f"${{1}}{GUARD}x${{2}}{GUARD}",
    ),
    Pattern(
        "digit",
        rf"(?i)\b((?:{'|'.join(LONG_ORDER_WORDS)}){ORDER_TAIL})([0-9]{{5,22}})\b",
        f"${{1}}{GUARD}x${{2}}{GUARD}",
    ),
    Pattern(
        "digit",
        rf"(?i)\b((?:{_ANY_ORDER}){ORDER_TAIL})([0-9]{{2,6}}[-/])([0-9]{{2,6}})\b",
        f"${{1}}{GUARD}x${{2}}{GUARD}x${{3}}{GUARD}",
    ),
    Pattern(
        "digit",
        rf"(?i)\b((?:{_ANY_ORDER}){ORDER_TAIL})([0-9]{{2,5}} )([0-9]{{2,5}})\b",
        f"${{1}}{GUARD}x${{2}}{GUARD}x${{3}}{GUARD}",
    ),
    Pattern(
        "digit",
        rf"(?i)((?:{'|'.join(FOREIGN_ORDER_WORDS)}){FOREIGN_TAIL})([0-9]{{2,14}})([-/ ]?)([0-9]{{0,6}})\b",
        f"${{1}}{GUARD}x${{2}}{GUARD}${{3}}{GUARD}x${{4}}{GUARD}",
    ),
    Pattern(
        "spoken",
        rf"(?i)\b({YEAR})({PAUSE})({YEAR})\b",
        f"{GUARD}${{1}}{GUARD}${{2}}{GUARD}${{3}}{GUARD}",
    ),
    Pattern(
        "said",
        rf"(?i)((?:{_PASSWORD}|{_CODE}|\bcode|\bsecret){_SAYS}\s*)({NO_ANSWER})",
        f"${{1}}{GUARD}${{2}}",
    ),
    *SCHEMAS,
)
"""`x` after GUARD keeps a shielded number from being marked; UNSHIELD takes both out, and the marks of what is said."""

UNSHIELD = f"{GUARD}x?|[{FILL}{SPOKEN}{DIGITS}]"

PAPERS = any_of(
    r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
    r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?(?:[0-9]{2} ?){3}[A-D]",
    r"[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]",
    r"[A-Z]{4}[0-9]{6}[HM][A-Z]{5}[A-Z0-9][0-9]",
    r"[XYZ]?[0-9]{7,8}[A-HJ-NP-TV-Z]",
    r"[1-9][0-9]{5}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9][0-9]{3}[0-9X]",
)
"""Numbers of papers with a form of their own: CPF, NINO, codice fiscale, CURP, DNI and NIE, a Chinese resident's."""
DOCUMENTS = (
    r"(?:passport|driver'?s? licen[cs]e|driving licen[cs]e|licen[cs]e (?:number|no)|\bnino\b|national insurance|\bcpf\b|\bcnpj\b|"
    r"aadha+r|\bpan (?:card|number)|\bdni\b|\bnie\b|\bnif\b|\bpesel\b|\bbsn\b|burgerservicenummer|codice fiscale|\bcurp\b|"
    r"\bcpr\b|fødselsnummer|personnummer|steuer-?id|steuernummer|ausweis(?:nummer)?|reisepass(?:nummer)?|führerschein(?:nummer)?|"
    r"passeport|permis de conduire|carte d'identité|pasaporte|licencia de conducir|passaporto|patente|passaporte|"
    r"carteira|paspoort|rijbewijs|paszport|dow[oó]d|prawo jazdy|pas(?:nummer)?\b|паспорт|снилс|инн|身份证|护照|आधार|पासपोर्ट|"
    r"national id|identity card|\bid (?:card|number)|tax id|\bnric\b|medicare|social insurance)"
)
"""Names of papers whose numbers have no form of their own; next to them a number is one."""
_KEYS = (
    r"(?:passw(?:or)?d|passphrase|passcode|passwort|pwd|secret|token|api[ _-]?key|access[_-]?key|secret[_-]?key|"
    r"subscription[ _-]?key|private[_-]?key|(?:auth|account|signing|encryption|master|license|sas|ssh)[_-]?key|credentials?|signature|\bsig)"
)
_IS = r"\\*[\"']?\s*(?::|=>?)\s*\\*[\"']?"
_VALUE = rf"[^\s\"'\\,;&}}<>\[\]{GUARD}]"
_WORD = rf"(?:[^\s\",;!?.\\{GUARD}]|[,;!?.][^\s\",;!?.\\{GUARD}])+"
WIDEN = tuple(Pattern("wide", wide, digit) for wide, digit in WIDE)
PATTERNS = (
    *MEMBERS,
    Pattern("pem", r"(?s)-----BEGIN[^-]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END[^-]{0,60}-----|$)", "[secret]"),
    Pattern("vendor", rf"{START}{TOKENS}", "${1}[secret]"),
    Pattern(
        "header",
        r"(?i)\b(authorization)" + _IS + r"(?:(?:basic|bearer|digest|token|apikey|negotiate)\s+)?" + _VALUE + "{6,}",
        "${1}: [secret]",
    ),
    Pattern(
        "header",
        r"(?i)\b(bearer)\s+(?:[A-Za-z._~+/=-]*[0-9][A-Za-z0-9._~+/=-]*|[A-Za-z0-9._~+/=-]{16,})",
        "${1} [secret]",
    ),
    Pattern(
        "header", r"\b([Bb]asic|BASIC)\s+(?:[A-Za-z0-9+/]{7,}={1,2}|[A-Za-z+/]*[0-9][A-Za-z0-9+/]{7,})", "${1} [secret]"
    ),
    Pattern("header", r"(?i)\b((?:set-)?cookie" + _IS + r")[^\n\"\\]{4,}", "${1}[secret]"),
    Pattern("assigned", rf"(?i)({_KEYS}\\*[\"']?\s*[:=]\s*\\*\")[^\"\\{GUARD}]{{3,}}", "${1}[secret]"),
    Pattern(
        "assigned",
        rf"(?i)((?:passw(?:or)?d|passphrase|passcode|passwort|pwd|\bcvv|\bcvc){_IS}){_VALUE}{{3,}}",
        "${1}[secret]",
    ),
    Pattern(
        "said",
        rf"(?i)((?:\b|_)(?:pin|pin[ _-]?(?:code|number)|otp|cv[vc]2?|(?:security|verification|access|one[ _-]?time)[ _-]?(?:code|pin|number)){_IS})"
        r"[0-9]{3,8}\b",
        "${1}[secret]",
    ),
    Pattern("said", rf"(?i)((?:\b|_)pw\\*[\"']?\s*[:=]\s*\\*[\"']?){_VALUE}{{3,}}", "${1}[secret]"),
    Pattern(
        "assigned",
        rf"(\bexport\s+[A-Za-z0-9_]*(?i:key|token|secret|pass(?:word)?|pwd|pw|auth|pin|credentials?)[A-Za-z0-9_]*=[\"']?){_VALUE}{{3,}}",
        "${1}[secret]",
    ),
    Pattern(
        "assigned",
        rf"(\b[A-Z0-9_]+_(?:KEY|TOKEN|SECRET|PASS|PW|AUTH|SID)[\"']?\s*[:=]\s*[\"']?){_VALUE}{{6,}}",
        "${1}[secret]",
    ),
    Pattern(
        "assigned",
        r"(?i)\b((?:(?:api|auth|access|deepgram|eleven ?labs|cartesia|assembly ?ai|azure|speech|cohere|mistral|daily|livekit|account)[^\n0-9]{0,20}\bkey|"
        r"token|secret)\W{1,4}(?:is\s+)?)[0-9a-f]{32,64}\b",
        "${1}[secret]",
    ),
    Pattern("assigned", rf"(?i)({_KEYS}{_IS})[0-9]*[A-Za-z_+/=.-]{_VALUE}{{3,}}", "${1}[secret]"),
    Pattern("assigned", rf"(?i)\b(key=){_VALUE}{{6,}}", "${1}[secret]"),
    Pattern("assigned", rf"(?i)\b(pass(?:=|\\*[\"']\s*:\s*)\\*[\"']?){_VALUE}{{3,}}", "${1}[secret]"),
    Pattern(
        "said",
        rf"(?i)((?:(?:{_PASSWORD}|{_CODE})(?:\s+(?:for|of)\s+\w+(?:\s+\w+)?|\s+(?:i|we)\s+(?:use|used|have|set|chose))?{_SAYS}|\b(?:adgangskoden?|hasło) (?:er|to)\b"
        r"|\b(?:change|changed|set|reset|update|updated)\s+(?:my|the|your)\s+pass\s?(?:word|code)\s+to)\s*(?:now\s+|actually\s+|it'?s\s+)?)"
        rf"\\*[\"'“‘]?{_WORD}(?:[ -]+{_WORD}){{0,6}}",
        "${1}[secret]",
    ),
    Pattern(
        "said",
        rf"(?i)\b((?:api key|access key|secret key|secret|token)\s+is\s+)[^\s\",;!?.\\{GUARD}]*[0-9_-][^\s\",;!?\\{GUARD}]{{3,}}",
        "${1}[secret]",
    ),
    Pattern(
        "said",
        rf"(?i)((?:{_CODE}|{_CODES}|\bpasscode|\bone[ -]?time password)(?:{_SAYS}|\s(?:er|to|of|reads?)\b|[,:]?\s)\s*)[0-9](?:[ -]?[0-9]){{2,7}}\b",
        "${1}[secret]",
    ),
    Pattern(
        "said",
        r"(?i)\b[0-9](?:[ -]?[0-9]){2,7}(,?\s+(?:(?:is|as)\s+(?:your|my)\s+(?:[a-z-]+\s+){0,2}(?:code|pin|otp|passcode|password)|on the back)\b)",
        "[secret]${1}",
    ),
    Pattern(
        "said",
        r"(?i)\b(pass\s?(?:word|code|phrase)\s+)[^\s\",;]*(?:[A-Za-z][0-9]|[0-9][A-Za-z])[^\s\",;]{2,}",
        "${1}[secret]",
    ),
    Pattern("url", r"(://)[^\s/:@\"]*:[^\s/@\"]+@", "${1}[secret]@"),
    Pattern("email", rf"[^{NOT_LOCAL}]+{AT}[^{NOT_HOST}]+(?:\.[^{NOT_HOST}]+)*\.[^{NOT_HOST}0-9]{{2,}}", "[email]"),
    Pattern("email", r"(?i)[\w.+-]+\s*@\s*[\w-]+(?:\s*\.\s*[\w-]+)*\s*\.\s*(?:com|org|net|edu|gov|co|de)\b", "[email]"),
    Pattern(
        "email_said",
        r"(?i)[\w.+-]+\s*[\[(]\s*at\s*[\])]\s*[\w-]+(?:\s*(?:\.|[\[(]\s*dot\s*[\])]|\sdot\s)\s*[\w-]+)+",
        "[email]",
    ),
    Pattern(
        "email_said",
        r"(?i)\b(?:\w\s+){0,24}[\w'+-]+(?:\s+(?:dot|underscore|dash|hyphen|minus|plus)\s+\w+|\.\w+)*\s+at\s+(?:sign\s+)?(?:\w\s+){0,24}[\w-]+"
        rf"(?:\s+(?:dash|hyphen|dot)\s+\w+)*?\s+dot\s+(?:{ENDINGS})(?:\s+dot\s+uk)?\b",
        "[email]",
    ),
    Pattern("email_said", rf"(?i)[\w.+-]+\s+at\s+(?:{MAILERS})\s*\.\s*(?:com|de|net|ch|me|fr|uk)\b", "[email]"),
    Pattern(
        "email_said",
        rf"(?i)((?:e-?mail|mail)(?: address)?\s+is\s+)[\w.+-]+(?:\s+[\w.+-]+){{0,3}}?\s+at\s+[\w-]+(?:\.[\w-]+)*\.(?:{ENDINGS})\b",
        "${1}[email]",
    ),
    Pattern(
        "digit",
        rf"(?i)({DOCUMENTS}[^0-9\n{GUARD}]{{0,30}}?[\s:#=\"'(])[A-Z]{{0,5}}[ -]?[0-9](?:[ ./-]?[0-9A-Z]*[0-9]){{3,20}}(?:[ -]?[A-Z]{{1,2}}\b|[A-Z0-9]*)",
        "${1}[id]",
    ),
    Pattern("digit", rf"\b{PAPERS}\b", "[id]"),
    *(
        Pattern(
            "digit",
            rf"([0-9][\s,.;:-]{{1,3}})((?:{FILLER}[\s,.;:-]+)*{FILLER})([\s,.;:-]{{1,4}}[0-9])",
            f"${{1}}{FILL}${{2}}{FILL}${{3}}",
        ),
    )
    * 2,
    Pattern(
        "digit",
        rf"{MARKED}([+(]{{0,2}}[0-9]|(?i:{COUNTRIES})[0-9]{{2}}{SEP}{{0,2}}[A-Za-z0-9]{{4}})",
        f"${{1}}{MARK}${{2}}",
    ),
    Pattern("digit", rf"{MARK}{IBAN}\b", "[iban]"),
    Pattern("digit", rf"{MARK}{CARD}{END}", "[card]"),
    Pattern(
        "digit",
        rf"(?i)((?:\bcard|credit|debit|visa|amex)[^0-9\n]{{0,30}}){MARK}[2-6](?:{OPTIONAL}[0-9]){{12,18}}{END}",
        "${1}[card]",
    ),
    Pattern(
        "digit",
        rf"{MARK}(?:0(?:0[1-9]|[1-9][0-9])|[1-8][0-9]{{2}}|9[0-9]{{2}}){GAP}(?:0[1-9]|[1-9][0-9]){GAP}[0-9]{{4}}\b",
        "[ssn]",
    ),
    Pattern("digit", rf"(?i)((?:\bssn|social)[^0-9\n]{{0,30}})(?:[0-9]{OPTIONAL}){{8}}[0-9]\b", "${1}[ssn]"),
    Pattern("digit", rf"{MARK}{NUMBERED}\b", "[phone]"),
    Pattern("digit", rf"{MARK}[0-9](?:{SPACE}[0-9]){{8}}\b", "[id]"),
    Pattern("digit", rf"{MARK}[0-9](?:{SPACE}[0-9]){{6,7}}\b", "[phone]"),
    Pattern(
        "digit",
        rf"(?i)((?:\b(?:call|phone|dial|tel|telephone|telefon|telefonnummer|tlf|mobil|mobilnummer|handynummer|tel[eé]fono|m[oó]vil|celular|cellulare|numer|portable|nummer|ring|reach|text|fax|mobile|cell|whatsapp)[\s:(]|(?:телефон|номер|电话|手机|फ़ोन|मोबाइल|नंबर)|\bnumber is\b)[^.\n\"0-9]{{0,25}}){MARK}[0-9](?:{SPACE}[0-9]|[0-9]){{6,11}}\b",
        "${1}[phone]",
    ),
    Pattern("digit", MARK, ""),
    Pattern("spoken", rf"(^|{NO_LETTER}|\\n)({WORD})", f"${{1}}{SPOKEN}${{2}}"),
    Pattern("spoken", rf"(^|{NO_LETTER}|\\n)([0-9]{{1,4}})\b", f"${{1}}{DIGITS}${{2}}"),
    Pattern("spoken", rf"(^|{NO_LETTER}|\\n)({FILLER_ALONE})", f"${{1}}{FILL}${{2}}"),
    Pattern("spoken", _spoken(12), "[card]"),
    Pattern("spoken", rf"(?i)((?:\bssn|social)[^0-9\n{SPOKEN}]{{0,30}}){SAID}(?:{BETWEEN}{ITEM}){{6,9}}", "${1}[ssn]"),
    Pattern("spoken", _spoken(10, 11), "[phone]"),
    Pattern("spoken", _spoken(9, 9), "[id]"),
    Pattern("spoken", _spoken(7, 8), "[phone]"),
    *(
        Pattern("spoken", rf"{HAN}(?:{HAN_PAUSE}{HAN}){{{least - 1},}}", f"[{kind}]")
        for least, kind in ((12, "card"), (7, "phone"))
    ),
)

KEYS = (
    r"(?s)^()(?:.*[^A-Za-z0-9_.:/\[\]-].*)$",
    rf"{MARKED}(?:{TOKENS}|{IBAN}\b|{CARD}{END}|[0-9]{{3}}{GAP}[0-9]{{2}}{GAP}[0-9]{{4}}\b|{NUMBERED}\b)",
)
"""What is no key where a secret was found, and secrets that could be one; `${1}` is kept."""

_TAIL = rf"(?:(?:[A-Z0-9().+,-]+|\[[a-z]+\]|[A-Za-z]+\s+(?:at|dot|dash|underscore)|[\w.+-]+\s*[\[(]\s*at\s*[\])]|{NUMBER_WORD}|is|at|dot|dash)[\s,]+)*[^\s]*"


def half(limit_bytes: int) -> str:
    """Return what may be half a secret at the end of a text that was cut at a limit.

    Only texts so long that they can have been cut match: a UTF-8 character has at most 4 bytes.

    Args:
        limit_bytes: where it was cut.
    """
    return rf"(?s)^(.{{{min(1000, limit_bytes // 4)}}}.*?)(?:\b|\\[nrt]){_TAIL}$"
