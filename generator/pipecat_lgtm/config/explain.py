"""Turns pydantic's complaint into ours: which file and line, which key, what is wrong, what to do."""

import difflib
import re
from collections.abc import Iterable
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipecat_lgtm.config.migrations import REPLACED
from pipecat_lgtm.config.model import Config
from pipecat_lgtm.config.source import KeyPath, Source
from pipecat_lgtm.errors import ConfigError

_WORDS = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a section: keys below it",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "ip_any_address": "must be an IP address, such as 127.0.0.1",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "model_type": "must be a section: keys below it",
    "path_type": "must be the path of a file",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_short": "must not be empty",
    "string_type": "must be text; put it in quotes",
    "too_short": "must hold at least one",
    "tuple_type": "must be a list: [a, b]",
    "url_parsing": "must be an address, such as https://host:4318",
    "url_scheme": "must begin with http:// or https://",
}
_NEVER_SHOWN = "secret"
_SECRETS_THERE = frozenset({"auth", "tls", "headers", "receivers"})
"""Sections where a value may be the secret itself, put where its file belongs."""
_MAY_HOLD_ONE = re.compile(r"@|%[0-9a-f]{2}|\b(?:bearer|basic)\b", re.IGNORECASE)
_CORRECT = "correct that key; `pipecat-lgtm config show` prints all of them"
_MIGRATE = "`pipecat-lgtm config migrate` writes a file of an earlier version anew"


def explain(error: ValidationError, sources: list[Source]) -> ConfigError:
    """Return all complaints, unknown keys first: such a one often is why another one is missing.

    Args:
        error: pydantic's.
        sources: the files, the one that wins last.
    """
    complaints = sorted(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
    told = [_complaint(one, sources) for one in complaints if one["type"] != "missing"]
    told += _missing(complaints, sources)
    return ConfigError("\n".join(message for message, _ in told), told[0][1])


def _missing(complaints: list[ErrorDetails], sources: list[Source]) -> list[tuple[str, str]]:
    """Return which sections lack which keys; what another fault is the cause of is left out."""
    unknown = {one["loc"][:-1] for one in complaints if one["type"] == "extra_forbidden"}
    sections: dict[KeyPath, list[str]] = {}
    for one in complaints:
        if one["type"] == "missing" and one["loc"][:-1] not in unknown:
            sections.setdefault(one["loc"][:-1], []).append(str(one["loc"][-1]))
    if any(one["loc"][:1] == ("presets",) for one in complaints):
        sections.pop(("thresholds",), None)  # it has them from its preset
    return [
        (f"{_where(sources, path)}{'.'.join(map(str, path))}: lacks {', '.join(keys)}", _CORRECT)
        for path, keys in sections.items()
    ]


def _complaint(one: ErrorDetails, sources: list[Source]) -> tuple[str, str]:
    """Return what is wrong with one key, and what to do."""
    path: KeyPath = tuple(part for part in one["loc"] if part != "[key]")
    head = f"{_where(sources, path)}{'.'.join(map(str, path))}".removesuffix(": ") or sources[-1].name
    if one["type"] == "extra_forbidden":
        siblings = _fields_at(Config, path[:-1])
        hint = f"keys here: {', '.join(sorted(siblings))}"
        if path in REPLACED:
            return f"{head}: {REPLACED[path]}", _MIGRATE
        return f"{head}: unknown key{did_you_mean(str(path[-1]), siblings)}", hint
    words = _WORDS.get(one["type"])
    what = words.format(**one.get("ctx", {})) if words else one["msg"].removeprefix("Value error, ")
    given = one.get("input")
    is_shown = isinstance(given, str | int | float) and not isinstance(given, bool) and one["type"] != _NEVER_SHOWN
    if isinstance(given, str) and (_SECRETS_THERE & set(path) or _MAY_HOLD_ONE.search(given)):
        is_shown = False
    return (
        f"{head}: {what}".removeprefix(": ") + (f" (got {given!r})" if is_shown else ""),
        _CORRECT,
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question about the closest known word, or nothing if none is close."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _where(sources: list[Source], path: KeyPath) -> str:
    """Return file and line of a key, or of the section that lacks it."""
    for length in range(len(path), 0, -1):
        for source in reversed(sources):
            if at := source.at(path[:length]):
                return at
    return ""


def _fields_at(model: Any, path: KeyPath) -> list[str]:  # noqa: ANN401 - a type annotation
    """Return the keys allowed at a path, following sections, lists and maps."""
    for part in path:
        if isinstance(model, type) and issubclass(model, BaseModel):
            field = model.model_fields.get(str(part))
            model = field.annotation if field else None
            if NoneType in get_args(model):
                model = _section_in(model)
        else:
            model = _section_in(model)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _section_in(model: Any) -> Any:  # noqa: ANN401 - a type annotation
    return next((arg for arg in get_args(model) if isinstance(arg, type) and issubclass(arg, BaseModel)), None)
