"""Turns pydantic's complaint into ours: which file and line, which key, what is wrong, what to do."""

import difflib
from collections.abc import Iterable
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

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
    "missing": "is missing",
    "path_type": "must be the path of a file",
    "string_pattern_mismatch": "must match {pattern}",
    "string_type": "must be text; put it in quotes",
    "too_short": "must hold at least one",
    "tuple_type": "must be a list: [a, b]",
    "url_parsing": "must be an address, such as https://host:4318",
    "url_scheme": "must begin with http:// or https://",
}
_NEVER_SHOWN = "secret"


def explain(error: ValidationError, sources: list[Source]) -> ConfigError:
    """Return the complaint that helps most: an unknown key often is why another one is missing.

    Args:
        error: pydantic's.
        sources: the files, the one that wins last.
    """
    complaints = error.errors(include_url=False)
    first = next((one for one in complaints if one["type"] == "extra_forbidden"), complaints[0])
    path: KeyPath = first["loc"]
    head = f"{_where(sources, path)}{'.'.join(map(str, path))}"
    if first["type"] == "extra_forbidden":
        siblings = _fields_at(Config, path[:-1])
        return ConfigError(
            f"{head}: unknown key{did_you_mean(str(path[-1]), siblings)}", f"keys here: {', '.join(sorted(siblings))}"
        )
    words = _WORDS.get(first["type"])
    what = words.format(**first.get("ctx", {})) if words else first["msg"].removeprefix("Value error, ")
    given = first.get("input")
    is_shown = isinstance(given, str | int | float) and not isinstance(given, bool) and first["type"] != _NEVER_SHOWN
    return ConfigError(
        f"{head}: {what}" + (f" (got {given!r})" if is_shown else ""),
        "correct that key; `pipecat-lgtm config show` prints all of them",
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
