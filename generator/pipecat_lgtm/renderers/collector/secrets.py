r"""What must not be stored, as RE2 patterns: one list, most specific first.

RE2 has no look-around, so look-alikes are kept apart by grouping: a bare number is no phone and no card unless it has a
card's prefix and length; an IBAN is upper case, as a hexadecimal id is lower; `basic` needs a base64 ending.
"""

from dataclasses import dataclass

_DIGIT_WORD = "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_NAMES = (
    "password|passwd|passphrase|passwort|pwd|secret|api[_ -]?key|apikey|access[_-]?key|access[_-]?token|auth[_-]?token|"
    "refresh[_-]?token|client[_-]?secret|private[_-]?key|token|cvv|cvc|pin"
)


@dataclass(frozen=True)
class Secret:
    """One kind of secret: its marker and the patterns it is known by."""

    kind: str
    pattern: str

    @property
    def marker(self) -> str:
        """What stands in its place."""
        return f"[{self.kind}]"


SECRETS = (
    Secret(
        "secret",
        "|".join(
            (
                r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
                r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?",
                r"(?i:\bbearer\s+[A-Za-z._~+/-]*[0-9][A-Za-z0-9._~+/=-]{6,})",
                r"(?i:\bauthorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|token)\s+[^\s\"',;}]+)",
                r"\b[Bb]asic [A-Za-z0-9+/]{8,}={1,2}",
                r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}",
                r"\b(?:sk|pk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}",
                r"\b(?:AKIA|ASIA)[0-9A-Z]{12,}",
                r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{15,}",
                r"\bxox[abeprs]-[A-Za-z0-9-]{10,}|\bAIza[0-9A-Za-z_-]{30,}|\bhf_[A-Za-z0-9]{20,}|\bnpm_[A-Za-z0-9]{30,}",
                r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
                r"://[^\s/:@]+:[^\s/@]+@",
                rf"(?i:[\"'\\]*\b(?:{_NAMES})\b[\"'\\]*\s*[:=]\s*[\"'\\]*[^\s\"'\\,;&}}]{{3,}})",
                r"(?i:\b(?:password|passwort|passcode|pass ?phrase|pin(?: code| number)?|security code|cvv|cvc)"
                r"\s+(?:is|are|was|ist|lautet)[:,]?\s+[^.!?\n]{2,80})",
            )
        ),
    ),
    Secret(
        "email",
        r"[\pL\pN._%+-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)*\.\pL{2,}"
        r"|(?i:\b[a-z0-9_+-]+(?: (?:dot|underscore|dash) [a-z0-9_+-]+)* at "
        r"[a-z0-9-]+(?: dot [a-z0-9-]+)* dot [a-z]{2,}\b)",
    ),
    Secret("iban", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    Secret(
        "card",
        r"\b3[47]\d{2}[ .-]?\d{6}[ .-]?\d{5}\b"
        r"|\b(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6(?:011|5\d{2}|4[4-9]\d)|3(?:0[0-5]|[68]\d)\d|35\d{2})"
        r"[ .-]?\d{4}[ .-]?\d{4}[ .-]?\d{1,4}(?:[ .-]?\d{1,3})?\b"
        rf"|(?i:\b(?:{_DIGIT_WORD}[ ,-]+){{12,}}{_DIGIT_WORD}\b)",
    ),
    Secret(
        "ssn",
        r"\b\d{3}-\d{2}-\d{4}\b|\b\d{3} \d{2} \d{4}\b|(?i:\b(?:social security|ssn)\b\D{0,24}\d{9}\b)"
        rf"|(?i:\b(?:social security|ssn)\b[^.!?\n]{{0,24}}?(?:{_DIGIT_WORD}[ ,-]+){{8}}{_DIGIT_WORD}\b)",
    ),
    Secret(
        "phone",
        r"\+\d{1,3}[ .\-/()]{0,3}\d(?:[ .\-/()]{0,3}\d){6,12}\b"
        r"|\(\d{3}\) ?\d{3}[ .-]?\d{4}\b|\b\d{3}[ .-]\d{3}[ .-]\d{4}\b"
        r"|\b00[1-9]\d{0,2}[ .-]?\d{2,4}(?:[ .-]?\d{2,4}){1,4}\b|\b0[1-9]\d{1,3}[ /-]{1,3}\d{3,8}(?:[ -]\d{2,5})*\b"
        r"|\b0[1-9](?: \d{2}){4}\b"
        rf"|(?i:\b(?:{_DIGIT_WORD}[ ,-]+){{6,}}{_DIGIT_WORD}\b)",
    ),
)
