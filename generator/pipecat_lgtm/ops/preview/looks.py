"""Units, colours and words of values, as a panel's field config says."""

import re
from collections.abc import Callable
from typing import Any

from pipecat_lgtm.dashboards.panels.palette import GOOD, SERIES

_AXES = {
    "s": {"ticksuffix": " s"},
    "percentunit": {"tickformat": ".2~%"},
    "bytes": {"tickformat": "~s", "ticksuffix": "B"},
    "currencyUSD": {"tickprefix": "$"},
    "cps": {"ticksuffix": "/s"},
    "short": {"exponentformat": "SI"},
}
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB")
_KILO = 1024.0


def axis(unit: str) -> dict[str, Any]:
    """Return Plotly's axis settings of a unit."""
    return dict(_AXES.get(unit, {}))


def shown(value: Any, unit: str = "short", decimals: int | None = None) -> str:  # noqa: ANN401 - any cell
    """Return a value as people read it."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "" if value is None else str(value)
    return _UNITS.get(unit, _plain)(float(value), decimals)


def _plain(value: float, decimals: int | None) -> str:
    text = f"{value:,.{2 if decimals is None else decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _in_seconds(value: float, decimals: int | None) -> str:
    return f"{value * 1000:.0f} ms" if abs(value) < 1 and decimals is None else f"{value:.{decimals or 2}f} s"


def _in_bytes(value: float, _decimals: int | None) -> str:
    for unit in _BYTES:
        if abs(value) < _KILO or unit == _BYTES[-1]:
            return f"{value:.1f} {unit}"
        value /= _KILO
    return ""


_UNITS: dict[str, Callable[[float, int | None], str]] = {
    "s": _in_seconds,
    "percentunit": lambda value, _decimals: f"{value:.1%}",
    "currencyUSD": lambda value, decimals: f"${value:,.{4 if decimals is None else decimals}f}",
    "bytes": _in_bytes,
}


def properties(panel: dict[str, Any], name: str, ref: str = "") -> dict[str, Any]:
    """Return what the overrides say of a column or series, by property."""
    found: dict[str, Any] = {}
    for override in panel["fieldConfig"].get("overrides", []):
        kind, options = override["matcher"]["id"], override["matcher"]["options"]
        if (
            (kind == "byName" and options == name)
            or (kind == "byFrameRefID" and options == ref)
            or (kind == "byRegexp" and re.search(options.strip("/"), name))
        ):
            found |= {one["id"]: one["value"] for one in override["properties"]}
    return found


def unit_of(panel: dict[str, Any], name: str, ref: str = "") -> str:
    """Return the unit of a series."""
    own = properties(panel, name, ref).get("unit")
    return str(own or panel["fieldConfig"]["defaults"].get("unit", "short"))


def series_colour(panel: dict[str, Any], name: str, index: int) -> str:
    """Return a series' own colour, else the next of the palette."""
    own = properties(panel, name).get("color", {}).get("fixedColor")
    return str(own or SERIES[index % len(SERIES)])


def mapped(panel: dict[str, Any], value: float) -> tuple[str, str]:
    """Return the text and colour that value mappings give, empty text without one."""
    for mapping in panel["fieldConfig"]["defaults"].get("mappings", []):
        options = mapping["options"]
        if mapping["type"] == "range":
            low, high = options["from"], options["to"]
            if (low is None or value >= low) and (high is None or value <= high):
                return options["result"]["text"], options["result"]["color"]
        elif (result := options.get(f"{value:g}")) is not None:
            return result["text"], result["color"]
    return "", level_colour(panel, value)


def level_colour(panel: dict[str, Any], value: float) -> str:
    """Return the colour of the threshold a value has passed."""
    colour = GOOD
    for step in panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", []):
        if step["value"] is None or value >= step["value"]:
            colour = step["color"]
    return GOOD if colour in {"transparent", "text"} else colour
