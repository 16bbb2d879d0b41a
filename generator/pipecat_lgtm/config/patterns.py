r"""Regular expressions as the engines read them: Prometheus, Alertmanager and the collector all have RE2's grammar."""

import re
from typing import Annotated

import re2
from pydantic import AfterValidator

_QUIET = re2.Options()
_QUIET.log_errors = False
_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")
r"""`\C`, one byte, is the one thing of RE2 that Go's implementation, which the engines run, refuses."""


def _parsed(value: str) -> str:
    try:
        re2.compile(value, _QUIET)
    except re2.error as error:
        reason = error.args[0]
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"is not a regular expression of RE2: {said}") from error
    if _BYTE.search(value):
        raise ValueError(r"is not a regular expression of RE2 as Go has it: \C")
    return value


def _selective(value: str) -> str:
    if re2.compile(value, _QUIET).search("") is not None:
        raise ValueError("matches the empty text, so it would match every text; give at least one character to find")
    return value


Re2 = Annotated[str, AfterValidator(_parsed)]
"""A regular expression that every engine of the stack can read."""

SearchedRe2 = Annotated[Re2, AfterValidator(_selective)]
"""One that is searched for within a text; it must not match everything."""
