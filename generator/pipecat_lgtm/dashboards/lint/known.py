"""What each panel type of Grafana 12.3 reads of a field config. It drops the rest without a word."""

from typing import Any

_STANDARD = frozenset({
    "unit", "min", "max", "fieldMinMax", "decimals", "displayName", "noValue", "thresholds", "mappings", "links",
    "actions", "color", "filterable",
})  # fmt: skip
_HIDE = ("custom.hideFrom",)
_AXIS = tuple(
    f"custom.{name}"
    for name in (
        "axisLabel", "axisPlacement", "axisWidth", "axisSoftMin", "axisSoftMax", "axisGridShow", "axisBorderShow",
        "axisCenteredZero", "axisColorMode", "scaleDistribution",
    )
)  # fmt: skip
_BLOCKS = ("custom.lineWidth", "custom.fillOpacity", *_HIDE)
_GRAPH = (
    *_AXIS, *_BLOCKS, "custom.drawStyle", "custom.lineInterpolation", "custom.barAlignment", "custom.barWidthFactor",
    "custom.gradientMode", "custom.fillBelowTo", "custom.lineStyle", "custom.spanNulls", "custom.insertNulls",
    "custom.showPoints", "custom.showValues", "custom.pointSize", "custom.stacking", "custom.transform",
    "custom.thresholdsStyle",
)  # fmt: skip
_TABLE = (
    "custom.minWidth", "custom.width", "custom.align", "custom.filterable", "custom.wrapText", "custom.wrapHeaderText",
    "custom.hideFrom.viz", "custom.footer.reducers", "custom.cellOptions", "custom.inspect", "custom.tooltip.field",
    "custom.tooltip.placement", "custom.styleField",
    "custom.hidden",  # an older name of hideFrom.viz, which is migrated
)  # fmt: skip

FIELD_CONFIG: dict[str, frozenset[str]] = {
    "alertlist": frozenset(),
    "barchart": _STANDARD.union(_AXIS, _BLOCKS, ("custom.gradientMode", "custom.transform", "custom.thresholdsStyle")),
    "bargauge": _STANDARD,
    "dashlist": frozenset(),
    "gauge": _STANDARD.union(("custom.neutral",)),
    "heatmap": frozenset({"links", "unit", "custom.scaleDistribution", *_HIDE}),
    "logs": frozenset(),
    "piechart": _STANDARD.difference(("thresholds",)).union(_HIDE),
    "stat": _STANDARD,
    "state-timeline": _STANDARD.union(
        _BLOCKS, ("custom.spanNulls", "custom.insertNulls", "custom.axisPlacement", "custom.axisWidth")
    ),
    "status-history": _STANDARD.union(_BLOCKS, ("custom.axisPlacement", "custom.axisWidth")),
    "table": _STANDARD.union(_TABLE),
    "text": frozenset(),
    "timeseries": _STANDARD.union(_GRAPH),
    "traces": frozenset(),
}
"""Properties by panel type; a type that is not here is deprecated, Angular, or needs a plugin."""


def ignored(kind: str, defaults: dict[str, Any], above: str = "") -> list[str]:
    """Return the properties of a field config that a panel of this type drops."""
    known, found = FIELD_CONFIG[kind], []
    for name, value in defaults.items():
        path = f"{above}{name}"
        if path in known or value is None:
            continue
        found += ignored(kind, value, f"{path}.") if isinstance(value, dict) and value else [path]
    return found
