"""Names of series, as Grafana makes them."""

import re


def name(legend: str, metric: dict[str, str]) -> str:
    """Return a series' name by a legend format; its labels where there is none."""
    if legend and legend != "__auto":
        return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: metric.get(match[1], ""), legend)
    shown = {key: value for key, value in metric.items() if key != "__name__"}
    if len(shown) == 1:
        return next(iter(shown.values()))
    return ", ".join(f"{key}={value}" for key, value in shown.items()) or metric.get("__name__", "value")
