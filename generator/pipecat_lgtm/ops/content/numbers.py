"""Made-up numbers with the check digits of their kind, the same in every run."""

import random

_VERHOEFF_P = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7), (9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)  # fmt: skip
_IBANS = {
    "DE": "dddddddddddddddddd", "GB": "LLLLdddddddddddddd", "FR": "ddddddddddddddddddddddd", "NL": "LLLLdddddddddd",
    "ES": "dddddddddddddddddddd", "IT": "Ldddddddddddddddddddddd", "PL": "dddddddddddddddddddddddd",
    "PT": "ddddddddddddddddddddd", "DK": "dddddddddddddd", "NO": "ddddddddddd", "AT": "dddddddddddddddd",
    "CH": "ddddddddddddddddd",
}  # fmt: skip
_IINS = ("4", "51", "52", "53", "54", "55", "2221", "2720", "34", "37", "6011", "65", "3528", "36", "62")
_LENGTHS = {"34": 15, "37": 15, "36": 14}
LETTERS = "ABCDEFGHJKLMNPRSTWXYZ"


def digits(rng: random.Random, count: int, first: str = "") -> str:
    """Return a number of so many digits, which may begin with given ones."""
    return first + "".join(rng.choice("0123456789") for _ in range(count - len(first)))


def luhn(body: str) -> str:
    """Return a number with the check digit of cards at its end."""
    doubled = sum(sum(divmod(int(digit) * (2 - at % 2), 10)) for at, digit in enumerate(reversed(body)))
    return body + str(-doubled % 10)


def card(rng: random.Random, first: str = "") -> str:
    """Return a card's number, of the networks in turn or beginning as given."""
    begin = first or rng.choice(_IINS)
    return luhn(digits(rng, _LENGTHS.get(begin, 16) - 1, begin))


def no_card(rng: random.Random) -> str:
    """Return 16 digits that are like a card's, but for the check digit."""
    whole = card(rng, "4")
    return whole[:-1] + str((int(whole[-1]) + 1 + rng.randrange(8)) % 10)


def iban(rng: random.Random) -> str:
    """Return an IBAN of one of twelve countries."""
    country = rng.choice(tuple(_IBANS))
    body = "".join(rng.choice(LETTERS) if one == "L" else rng.choice("0123456789") for one in _IBANS[country])
    number = int("".join(str(int(one, 36)) for one in body + country + "00"))
    return f"{country}{98 - number % 97:02d}{body}"


def ssn(rng: random.Random) -> str:
    """Return a US social security number, 3-2-4."""
    area = rng.choice((*range(1, 666), *range(667, 900)))
    return f"{area:03d}-{rng.randint(1, 99):02d}-{rng.randint(1, 9999):04d}"


def cpf(rng: random.Random) -> str:
    """Return a Brazilian CPF."""
    body = digits(rng, 9)
    for length in (10, 11):
        total = sum(int(one) * (length - at) for at, one in enumerate(body))
        body += str(total * 10 % 11 % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def aadhaar(rng: random.Random) -> str:
    """Return an Indian Aadhaar number, 4-4-4."""
    body = digits(rng, 11, rng.choice("23456789"))
    check = 0
    for at, one in enumerate(reversed(body), 1):
        check = _dihedral(check, _VERHOEFF_P[at % 8][int(one)])
    last = next(one for one in range(10) if _dihedral(check, one) == 0)
    whole = f"{body}{last}"
    return f"{whole[:4]} {whole[4:8]} {whole[8:]}"


def _dihedral(left: int, right: int) -> int:
    five = 5
    if left < five:
        return (left + right) % five if right < five else five + (left + right - five) % five
    return five + (left - right - five) % five if right < five else (left - right) % five


def nino(rng: random.Random) -> str:
    """Return a British national insurance number of a prefix that is not given out."""
    return f"QQ {digits(rng, 2)} {digits(rng, 2)} {digits(rng, 2)} {rng.choice('ABCD')}"


def dni(rng: random.Random) -> str:
    """Return a Spanish DNI."""
    body = digits(rng, 8)
    return body + "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23]


def pesel(rng: random.Random) -> str:
    """Return a Polish PESEL of a day that is none."""
    body = digits(rng, 10, "999912")
    total = sum(int(one) * weight for one, weight in zip(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True))
    return f"{body}{-total % 10}"


def bsn(rng: random.Random) -> str:
    """Return a Dutch BSN."""
    while True:
        body = digits(rng, 8, rng.choice("12"))
        last = sum(int(one) * (9 - at) for at, one in enumerate(body)) % 11
        if last < 10:  # noqa: PLR2004 - a digit
            return f"{body}{last}"


def token(
    rng: random.Random, prefix: str, count: int, alphabet: str = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRS23456789"
) -> str:
    """Return a vendor's key: a prefix and random characters."""
    return prefix + "".join(rng.choice(alphabet) for _ in range(count))
