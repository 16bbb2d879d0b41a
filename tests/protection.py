"""Content protection as the collector would run it, in Python: the same tests and patterns in the same order.

RE2 and Python's `re` agree on what these patterns use, with ASCII classes. That the real collector agrees is shown by
tests/stack/test_content.py.
"""

import re
from pathlib import Path
from typing import Any

import yamls
from pipecat_lgtm.renderers.collector import protect_patterns as p
from pipecat_lgtm.renderers.collector import protect_scan as scan
from pipecat_lgtm.renderers.collector import protect_shapes as shapes

FIXTURES = Path(__file__).parent / "fixtures" / "content"


def secrets() -> list[tuple[str, str, list[str]]]:
    """Return kind, text and hidden parts of every planted secret."""
    data = yamls.load((FIXTURES / "secrets.yaml").read_text(encoding="utf-8"))
    return [(kind, row["text"].replace("~", ""), row["hidden"]) for kind, rows in data.items() for row in rows]


def lookalikes() -> list[str]:
    """Return the texts that only look like a secret."""
    texts: list[str] = yamls.load((FIXTURES / "lookalikes.yaml").read_text(encoding="utf-8"))
    return texts


def fires(text: str, one: scan.Scan) -> bool:
    """Return whether a family's test fires on a lower-case text."""
    return any(literal in text for literal in one.literals) or any(
        re.search(regex, text, re.ASCII) for regex in one.expressions
    )


def fired(text: str, key: str = "input") -> set[str]:
    """Return the families whose cheap test fires on an attribute."""
    quoted = text.replace('"', '\\"')
    joined = f'{key}="{quoted}"\n'.lower() if re.search("[=\n]", text) else f"{key}={quoted}\n".lower()
    for regex in scan.THIN:
        joined = re.sub(regex, "", joined, flags=re.ASCII)
    for wide, digit in shapes.WIDE:
        joined = re.sub(wide, digit, joined)
    foreign = {"spoken"} if not joined.isascii() and re.search(scan.SPOKEN, joined, re.ASCII) else set()
    families: set[str] = foreign | {
        family for family, one in scan.SCANS.items() if family == "wide" or fires(joined, one)
    }
    if "digit" in families:
        for regex in scan.ORDERS:
            joined = re.sub(regex, "", joined, flags=re.ASCII)
        if not fires(joined, scan.SCANS["digit"]):
            families.discard("digit")
    if not re.search(scan.SPOKEN, joined, re.ASCII):
        families.discard("spoken")
    return families


def replaced(text: str, families: set[str]) -> str:
    """Return a text after the patterns of some families."""
    made = text
    for private in shapes.PRIVATE:
        made = made.replace(private, "")
    for one in (*p.WIDEN, *p.SHIELDS, *p.PATTERNS):
        if one.family in families:
            made = re.sub(one.regex, one.replacement.replace("${", "\\g<").replace("}", ">"), made, flags=re.ASCII)
    made = re.sub(p.UNSHIELD, "", made)
    return made if re.search(r"\[(card|email|phone|iban|ssn|id|secret)\]", made) else text


def redacted(text: str) -> str:
    """Return a text as the collector would store it."""
    return replaced(text, fired(text))


def statements(processors: dict[str, Any]) -> list[tuple[str, str]]:
    """Return context and statement of everything two rendered processors do."""
    return [
        (group["context"], statement)
        for processor in processors.values()
        for key in ("trace_statements", "log_statements")
        for group in processor.get(key, [])
        for statement in group["statements"]
    ]


SECRET_NAMES = (
    "authorization", "proxy-authorization", "cookie", "set-cookie", "cvv", "cvc", "cvv2", "cvc2", "pin", "pin_code",
    "ssn", "social_security_number", "otp", "one_time_code", "passcode", "passphrase", "password", "passwd", "pwd",
    "pw", "secret", "client_secret", "api_key", "x-api-key", "access_token", "token", "private_key",
    "subscription_key", "security_code", "card_cvv2", "verification_code", "security_answer", "credentials",
)  # fmt: skip
"""Names whose values are secrets, whatever they look like."""
HARMLESS_NAMES = (
    "shopping", "pinned", "mapping", "spinner", "cookies_accepted_count", "cookie_policy", "opinion", "pincer",
    "passenger", "http.request.header.content-type", "gen_ai.usage.input_tokens", "author", "authorized", "secretary",
    "hotp.x", "password_length", "compass", "bypass", "tokenizer", "monkey", "keyword", "pwm", "dispatch",
    "session.id", "hashpin",
)  # fmt: skip
"""Names that hold the letters of one."""


def spellings(name: str) -> list[str]:
    """Return a name in other writings, and as the last part of longer names."""
    words = re.split("[-_]", name)
    pascal = "".join(word.capitalize() for word in words)
    joined = [join.join(words) for join in ("-", "_", "")]
    own = {name, *joined, pascal, pascal[0].lower() + pascal[1:], name.upper(), name.title()}
    own |= {f"{name}_", f"{name} "}
    return [*sorted(own), *(f"{before}{name}" for before in ("http.request.header.", "MY_BOT.", "a/")), f"user{pascal}"]
