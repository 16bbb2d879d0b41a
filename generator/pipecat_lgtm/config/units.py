"""Values with units, as people write them in stack.yaml; seconds, bytes and ratios in the program."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_BYTES = {"B": 1, "kB": 1024, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_QUANTITY = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([A-Za-z%]+)\s*$")


def _split(value: object, units: dict[str, float], example: str) -> float:
    match = _QUANTITY.match(value) if isinstance(value, str) else None
    if match is None or match[2] not in units:
        raise ValueError(f"write a number and a unit ({', '.join(units)}), for example {example}")
    return round(float(match[1]) * units[match[2]], 9)


def parse_seconds(value: object) -> float:
    """Return the seconds of `800 ms`, `1.2 s`, `5 m` or `5 min`, `24 h`, `7 d` or `1 w`."""
    return _split(value, _SECONDS, "800 ms")


def parse_bytes(value: object) -> int:
    """Return the bytes of `2 kB` (1024-based) or `800 MiB`."""
    return int(_split(value, {unit: float(size) for unit, size in _BYTES.items()}, "2 kB"))


def parse_ratio(value: object) -> float:
    """Return the ratio, 0 to 1, of `1 %`."""
    ratio = _split(value, {"%": 0.01}, "1 %")
    if ratio > 1:
        raise ValueError("a share is at most 100 %")
    return ratio


def _schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


_Positive = Field(gt=0)
Seconds = Annotated[
    float, _Positive, BeforeValidator(parse_seconds), _schema(r"^\s*\d+(\.\d+)?\s*(ms|s|m|min|h|d|w)\s*$")
]
Bytes = Annotated[int, _Positive, BeforeValidator(parse_bytes), _schema(r"^\s*\d+(\.\d+)?\s*(B|kB|KiB|MiB|GiB)\s*$")]
Ratio = Annotated[float, _Positive, BeforeValidator(parse_ratio), _schema(r"^\s*\d+(\.\d+)?\s*%\s*$")]
Count = Annotated[int, _Positive]
Factor = Annotated[float, _Positive]


def format_bytes(size: int) -> str:
    """Return bytes as people write them in stack.yaml: `2 GiB`, `800 MiB`, `2 KiB`, `100 B`."""
    for unit in ("GiB", "MiB", "KiB"):
        if size >= _BYTES[unit] and size % _BYTES[unit] == 0:
            return f"{size // _BYTES[unit]} {unit}"
    return f"{size} B"


def format_ratio(ratio: float) -> str:
    """Return a ratio as people write it in stack.yaml: `1 %`."""
    return f"{ratio * 100:g} %"


_NAMES = (("hour", 3600), ("minute", 60), ("second", 1))


def format_seconds(seconds: float) -> str:
    """Return seconds the way Go, Prometheus and Alertmanager read them: `800ms`, `5s`, `15m`, `7d`→`168h`."""
    for unit, size in (("h", 3600), ("m", 60), ("s", 1)):
        if seconds >= size and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{seconds * 1000:.6f}".rstrip("0").rstrip(".") + "ms"


def spell_seconds(seconds: float) -> str:
    """Return seconds as a sentence has them: `10 minutes`, `1 hour`, `90 seconds`."""
    name, size = next((one for one in _NAMES if seconds >= one[1] and seconds % one[1] == 0), ("second", 1))
    number = f"{seconds / size:g}"
    return f"{number} {name}" + ("" if number == "1" else "s")
