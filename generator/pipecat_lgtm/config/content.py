"""The section `content`: what happens to what was said."""

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, field_validator, model_validator

from pipecat_lgtm.config.base import Section
from pipecat_lgtm.config.patterns import SearchedRe2
from pipecat_lgtm.config.units import Bytes
from pipecat_lgtm_bridge.contract import stored

KindName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""Becomes part of an attribute's name and the value of a label."""
FindingKind = Literal["card", "email", "phone", "ssn", "iban", "id", "secret"]
"""What the collector finds in what was said."""
PatternName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
"""Stands as [name] where something was masked, and is the value of a label."""
Key = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_./-]{0,127}$")]

MOST_PATTERNS, LONGEST_PATTERN, MOST_KEYS = 16, 300, 32
FINDING_KINDS: tuple[str, ...] = get_args(FindingKind)
RESERVED = (*FINDING_KINDS, "off_script", "dropped", "frustration", "tokens")
"""Names of the collector's own kinds, marks and signals."""

_ANCHOR = re.compile(r"(?<!\\)(?:\\\\)*(?:\\[Az]|\^(?<!\[\^)|\$)")
_FLAGS = re.compile(r"(?<!\\)(?:\\\\)*\(\?(?!:)")


def _within_a_text(value: str) -> str:
    if len(value) > LONGEST_PATTERN:
        raise ValueError(f"is longer than {LONGEST_PATTERN} characters; every byte of every text is held against it")
    if _FLAGS.search(value):
        raise ValueError("sets flags or names a group; patterns are case-insensitive, and only (?:…) is known")
    if _ANCHOR.search(re.sub(r"\[\^?(?:\\.|[^\]\\])*\]", "", value)):
        raise ValueError(r"is bound to the beginning or the end of a text; use \b, for it is looked for within texts")
    return value


PatternRe2 = Annotated[SearchedRe2, AfterValidator(_within_a_text)]
"""What a user wants masked."""


class Content(Section):
    """What happens to what was said."""

    mode: Literal["redact", "drop", "keep"]
    max_bytes: Bytes
    frustration: dict[KindName, tuple[SearchedRe2, ...]]
    patterns: dict[PatternName, PatternRe2]
    exempt_keys: tuple[Key, ...]

    @field_validator("patterns")
    @classmethod
    def _few(cls, value: dict[str, str]) -> dict[str, str]:
        if len(value) > MOST_PATTERNS:
            raise ValueError(f"holds {len(value)} patterns; {MOST_PATTERNS} are the most, each is a series per service")
        for name in value:
            if name in RESERVED:
                raise ValueError(f"{name} is the collector's own; choose another name")
        return value

    @field_validator("exempt_keys")
    @classmethod
    def _no_words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) > MOST_KEYS:
            raise ValueError(f"holds {len(value)} keys; {MOST_KEYS} are the most")
        for key in value:
            if stored.may_hold_words(key):
                raise ValueError(f"{key} may hold what was said, which is always searched; leave it out")
        return value

    @model_validator(mode="after")
    def _stored(self) -> "Content":
        if self.mode == "drop":
            for key in self.exempt_keys:
                if key not in stored.allowed():
                    raise ValueError(f"exempt_keys: {key} is not stored in mode drop; leave it out, or choose redact")
        return self
