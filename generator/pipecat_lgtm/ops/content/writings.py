"""How numbers are written and said: cards, phones, e-mail addresses, papers and keys, and what only looks so."""

import random
from collections.abc import Callable
from functools import partial

from pipecat_lgtm.ops.content import numbers
from pipecat_lgtm.ops.content.numbers import digits, token

_WORDS = {
    "en": "zero one two three four five six seven eight nine",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "it": "zero uno due tre quattro cinque sei sette otto nove",
    "pt": "zero um dois três quatro cinco seis sete oito nove",
    "nl": "nul een twee drie vier vijf zes zeven acht negen",
    "pl": "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć",
    "da": "nul en to tre fire fem seks syv otte ni",
    "ru": "ноль один два три четыре пять шесть семь восемь девять",
    "zh": "零 一 二 三 四 五 六 七 八 九",
    "hi": "शून्य एक दो तीन चार पांच छह सात आठ नौ",
}
_FILLERS = {
    "en": ("uh", "and then", "dash"), "de": ("äh", "und dann", "Strich"), "fr": ("euh", "et", "tiret"),
    "es": ("eh", "y", "guion"), "it": ("ehm", "e", "trattino"), "pt": ("eh", "depois", "traço"),
    "nl": ("eh", "en", "streepje"), "pl": ("eee", "i", "potem"), "da": ("øh", "og", "så"), "ru": ("э", "и", "потом"),
    "zh": ("嗯", "然后", "杠"), "hi": ("अ", "और", "फिर"),
}  # fmt: skip
_OTHER_DIGITS = {
    "en": 0xFF10, "de": 0xFF10, "fr": 0x0660, "es": 0x06F0, "it": 0x0660, "pt": 0x06F0, "nl": 0x09E6, "pl": 0x0E50,
    "da": 0x0E50, "ru": 0x06F0, "zh": 0xFF10, "hi": 0x0966,
}  # fmt: skip

PHONES = {
    "en": (
        "+1 415 555 01xx",
        "(212) 555-01xx",
        "415-555-01xx",
        "+44 20 7946 0xxx",
        "+65 9xxx xxxx",
        "9xxx xxxx",
        "555-01xx",
    ),
    "de": (
        "+49 30 xxxxxx",
        "030 xxxxxxx",
        "0151 xxxxxxxx",
        "0151/xxxxxxxx",
        "+49 (0)30 xxxxxx-12",
        "0049 151 xxxxxxxx",
    ),
    "fr": ("+33 1 99 00 xx xx", "01 99 00 xx xx", "06.39.98.xx.xx", "0639980xxx", "06-39-98-xx-xx"),
    "es": ("+34 6xx xxx xxx", "6xx xxx xxx", "6xx xx xx xx", "6xxxxxxxx", "9xx xxx xxx", "91 xxx xx xx"),
    "it": ("+39 3xx xxx xxxx", "3xx xxx xxxx", "3xx xxxxxxx", "3xxxxxxxxx", "06 xxxx xxxx", "02 xxxxxxx"),
    "pt": ("+55 11 9xxxx-xxxx", "(11) 9xxxx-xxxx", "11 9xxxx-xxxx", "21 9xxxx xxxx", "119xxxxxxxx", "+351 9xx xxx xxx"),
    "nl": ("+31 6 xxxxxxxx", "06 xxxxxxxx", "06-xxxxxxxx", "020 xxx xxxx", "010-xxxxxxx"),
    "pl": ("+48 6xx xxx xxx", "6xx xxx xxx", "501xxxxxx", "22 xxx xx xx", "6xx-xxx-xxx"),
    "da": ("+45 xx xx xx xx", "xx xx xx xx", "2xxx xxxx", "+47 9xx xx xxx", "9xx xx xxx"),
    "ru": ("+7 9xx xxx-xx-xx", "8 (9xx) xxx-xx-xx", "8 9xx xxx xx xx", "89xxxxxxxxx", "9xx xxx-xx-xx"),
    "zh": ("+86 13x xxxx xxxx", "13x xxxx xxxx", "138xxxxxxxx", "159-xxxx-xxxx", "021-xxxxxxxx"),
    "hi": ("+91 98xxx xxxxx", "98xxx xxxxx", "98xxxxxxxx", "098xxx xxxxx", "+91-98xxx-xxxxx"),
}
"""x is a digit from 2 to 9. Mexican and other national forms are among the English and Spanish ones."""

VENDORS = (
    ("sk-~proj-", 40, "abcDEF0123456789"), ("sk-~ant-api03-", 40, "abcDEF0123456789"), ("GOCS~PX-", 28, "abcDEF0123-_"),
    ("xai~-", 80, "abcDEF0123456789"), ("SK~", 32, "0123456789abcdef"), ("AC~", 32, "0123456789abcdef"),
    ("nva~pi-", 64, "abcDEF0123456789"), ("pp~lx-", 48, "abcdef0123456789"), ("sk_~", 48, "0123456789abcdef"),
    ("sk_~car_", 22, "abcDEF0123456789"), ("gs~k_", 52, "abcDEF0123456789"), ("hf~_", 34, "abcDEFghi"),
    ("gh~p_", 36, "abcDEF0123456789"), ("glp~at-", 20, "abcDEF0123456789"), ("AKI~A", 16, "ABCDEFGH234567"),
    ("AI~za", 35, "abcDEF0123456789"), ("xo~xb-", 40, "0123456789abc"), ("np~m_", 36, "abcDEF0123456789"),
    ("r8~_", 37, "abcDEF0123456789"), ("hv~s.", 90, "abcDEF0123456789"), ("dap~i", 32, "0123456789abcdef"),
    ("SG~.abcdefghijklmnopqr.", 40, "abcDEF0123456789"), ("shp~at_", 32, "0123456789abcdef"), ("sbp~_", 40, "0123456789abcdef"),
)  # fmt: skip
"""Prefix, how many characters, and of which; `~` is taken out, so that no scanner of secrets stops here."""

ASSIGNED = (
    "export OPENAI_KEY={}",
    "export X_KEY={}",
    "DEEPGRAM_API_KEY={}",
    "Ocp-Apim-Subscription-Key: {}",
    "X-Api-Key: {}",
    'xi-api-key: "{}"',
    "security_code={n}",
    "card_cvv2: {n}",
    "pw: {}",
    "pw={}",
    '{"security_code": "{}"}',
    '{"pw": "{}"}',
    "Authorization: Bearer {}",
    "Authorization: Token {}",
    "password={}",
    "client_secret={}",
    "?token={}&x=1",
    "AccountKey={}",
    "postgres://bot:{}@db.test/x",
    "Cookie: session={}",
    "CARTESIA_API_KEY: {}",
    "my api key is {}",
    "cvv={n}",
)


def spaced(text: str, size: int, between: str = " ") -> str:
    """Return a text in groups."""
    return between.join(text[at : at + size] for at in range(0, len(text), size))


def _network(number: str, between: str = " ") -> str:
    if number.startswith(("34", "37", "36")):
        return between.join((number[:4], number[4:10], number[10:]))
    return spaced(number, 4, between)


def spoken(language: str, number: str) -> str:
    """Return a number digit by digit in words."""
    words = _WORDS[language].split()
    return ("" if language == "zh" else " ").join(words[int(one)] for one in number)


def card_writings(rng: random.Random, language: str) -> list[Callable[[str], str]]:
    """Return the ways to write or to say a card's number."""
    fillers, zero = _FILLERS[language], _OTHER_DIGITS[language]
    made: list[Callable[[str], str]] = [str, _network, partial(_network, between="-"), partial(_network, between=", ")]
    made += [partial(_network, between=f" {filler} ") for filler in fillers]
    made += [" ".join, lambda number: _network(number, f", {fillers[0]}, ")]
    made += [lambda number: "".join(chr(zero + int(one)) for one in number)]
    made += [lambda number: spaced("".join(chr(zero + int(one)) for one in number), 4)]
    made += [partial(spoken, language)] * 3
    made += [lambda number: spoken(language, number[:8]) + f" {fillers[0]} " + spoken(language, number[8:])]
    made += [partial(_network, between="."), lambda number: _network(number) + f" {rng.randint(10, 12)}/29"]
    if language == "en":
        made += [_tens, _doubled, lambda number: _network(number, " um and ")]
    return made


def _tens(number: str) -> str:
    """Return a number in pairs: forty one, eleven."""
    ones = _WORDS["en"].split()
    teens = [
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ]
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

    def pair(two: str) -> str:
        first, second = int(two[0]), int(two[1:] or 0)
        if len(two) == 1 or first == 0:
            return " ".join(ones[int(one)] for one in two)
        if first == 1:
            return teens[second]
        return tens[first - 2] + (f" {ones[second]}" if second else "")

    return " ".join(pair(number[at : at + 2]) for at in range(0, len(number), 2))


def _doubled(number: str) -> str:
    """Return a number with "double" where a digit is there twice."""
    made, at, ones = [], 0, _WORDS["en"].split()
    while at < len(number):
        two = at + 1 < len(number) and number[at] == number[at + 1]
        made.append(("double " if two else "") + ones[int(number[at])])
        at += 2 if two else 1
    return " ".join(made)


def emails(rng: random.Random, language: str) -> list[str]:
    """Return e-mail addresses at domains that are nobody's."""
    name = rng.choice(("anna.berg", "jo_kim", "lee+bot", "maria99"))
    made = [f"{name}@example.com", f"{name}{rng.randint(1, 99)}@mail.example.org", f"{name.title()}@beispiel.test"]
    return [*made, "anna dot berg at example dot com", "j o at gmail dot com"] if language == "en" else made


def document(rng: random.Random, language: str, at: int) -> str:
    """Return a paper's number as a language's country has it."""
    own: dict[str, tuple[Callable[[random.Random], str], ...]] = {
        "es": (lambda r: "X" + digits(r, 8), numbers.dni), "pt": (lambda r: "C" + digits(r, 8), numbers.cpf),
        "pl": (lambda r: "ZS" + digits(r, 7), numbers.pesel), "nl": (lambda r: "NX" + digits(r, 7), numbers.bsn),
        "da": (lambda r: digits(r, 9, "2"), lambda r: digits(r, 6, "3102") + "-" + digits(r, 4)),
        "ru": (lambda r: digits(r, 4, "45") + " " + digits(r, 6), lambda r: digits(r, 12, "77")),
        "zh": (lambda r: "E" + digits(r, 8), lambda r: digits(r, 6, "11") + "19900230" + digits(r, 3) + "X"),
        "hi": (numbers.aadhaar, lambda r: "J" + digits(r, 7)),
    }  # fmt: skip
    default: tuple[Callable[[random.Random], str], ...] = (lambda r: "C" + digits(r, 8), lambda r: "D" + digits(r, 8))
    return own.get(language, default)[at % 2](rng)


def _orders(rng: random.Random, _: str) -> list[str]:
    return [
        digits(rng, 10, "45"), f"{digits(rng, 4, '48')}-{digits(rng, 4)}", digits(rng, 8, "7"), f"A-{digits(rng, 6)}",
        f"{digits(rng, 3)}-{digits(rng, 7)}-{digits(rng, 7)}", f"BX{digits(rng, 6)}",
    ]  # fmt: skip


def _tracking(rng: random.Random, language: str) -> list[str]:
    made = [f"1Z{token(rng, '', 6, 'ABCDEF')}{digits(rng, 4)}", digits(rng, 12, "00")]
    return [*made, digits(rng, 20, "94001"), digits(rng, 14, "1")] if language == "en" else made


def _money(rng: random.Random, language: str) -> list[str]:
    whole, cents = rng.randint(1, 9), rng.randint(10, 99)
    if language in {"en", "zh", "hi"}:
        return [f"${whole},{digits(rng, 3)}.{cents}", f"{whole},000,000", f"{digits(rng, 3, '4')}.{cents} USD"]
    return [f"{whole}.{digits(rng, 3)},{cents} €", f"{whole}.000.000 €", f"{digits(rng, 3, '4')},{cents} EUR"]


def _dates(rng: random.Random, _: str) -> list[str]:
    day, month, year = rng.randint(10, 28), rng.randint(10, 12), rng.randint(2019, 2030)
    return [
        f"{year}-{month}-{day}", f"{day}.{month}.{year} 10:30", f"{day}/{month}/{year}", f"{year}-{month}-{day}T10:22:33Z",
        f"{day}.{month}.{year}",
    ]  # fmt: skip


def _years(_: random.Random, __: str) -> list[str]:
    return ["2019 2020 2021 2022", "2019, 2020, 2021, 2022, 2023", "1998 2004 2010"]


def _technical(rng: random.Random, _: str) -> list[str]:
    hexed = "0123456789abcdef"
    uuid = f"{token(rng, '', 8, hexed)}-{token(rng, '', 4, hexed)}-4{token(rng, '', 3, hexed)}-a{token(rng, '', 3, hexed)}-{token(rng, '', 12, hexed)}"
    return [
        uuid, token(rng, "", 32, hexed), token(rng, "sha256 ", 64, hexed), f"00-{token(rng, '', 32, hexed)}-{token(rng, '', 16, hexed)}-01",
        f"v{rng.randint(1, 9)}.{rng.randint(10, 99)}.{rng.randint(1, 9)}", f"10.{rng.randint(0, 255)}.0.{rng.randint(1, 254)}:8080",
        f"{rng.randint(10, 60)}.{digits(rng, 6)}, {rng.randint(10, 60)}.{digits(rng, 6)}", digits(rng, 10, "17"), digits(rng, 13, "17"),
        f"gpt-4o-20{rng.randint(24, 26)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}",
    ]  # fmt: skip


def _travel(rng: random.Random, _: str) -> list[str]:
    return [f"LH {digits(rng, 4, '4')}", f"{digits(rng, 2)} / {digits(rng, 3)}", f"A{rng.randint(10, 99)} 18:45"]


def _extensions(rng: random.Random, _: str) -> list[str]:
    return [f"ext. {digits(rng, 4)}", f"extension {digits(rng, 5)}", f"#{digits(rng, 6)}"]


def _invalid(rng: random.Random, _: str) -> list[str]:
    return [numbers.no_card(rng), spaced(numbers.no_card(rng), 4), spaced(numbers.no_card(rng), 4, "-")]


LOOKALIKES: tuple[tuple[str, str, Callable[[random.Random, str], list[str]]], ...] = (
    ("order", "order", _orders), ("tracking", "tracking", _tracking), ("money", "money", _money), ("date", "date", _dates),
    ("year", "year", _years), ("technical", "", _technical), ("travel", "", _travel), ("extension", "", _extensions),
    ("no check digit", "", _invalid), ("order", "order", _orders), ("money", "money", _money), ("technical", "", _technical),
)  # fmt: skip
"""What it is, in which frame, and how values are made."""
