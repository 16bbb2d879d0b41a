"""What applies to some columns or series only: overrides, value mappings, data links."""

from typing import Any

from pipecat_lgtm_bridge.contract import labels

Override = dict[str, Any]
Link = dict[str, Any]

CONTEXT = (
    "${__url_time_range}&${prometheus:queryparam}&${tempo:queryparam}&${loki:queryparam}&${environment:queryparam}"
)
"""What every link keeps: the time range, the stores, the environment."""


def column(name: str, **properties: Any) -> Override:  # noqa: ANN401 - any property
    """Return an override of one column; `__` in a property stands for a dot, as in `custom__width`."""
    return _override("byName", name, properties)


def columns(pattern: str, **properties: Any) -> Override:  # noqa: ANN401 - any property
    """Return an override of the columns whose name matches a regular expression."""
    return _override("byRegexp", f"/{pattern}/", properties)


def of_query(ref: str, **properties: Any) -> Override:  # noqa: ANN401 - any property
    """Return an override of all series of one query."""
    return _override("byFrameRefID", ref, properties)


def _override(matcher: str, options: str, properties: dict[str, Any]) -> Override:
    pairs = [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": matcher, "options": options}, "properties": pairs}


def coloured(name: str, colour: str) -> Override:
    """Return an override that gives a series one fixed colour."""
    return column(name, color={"mode": "fixed", "fixedColor": colour})


def words(mapping: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Return a value mapping of single values: value → (text, colour)."""
    options = {
        value: {"text": text, "color": colour, "index": index}
        for index, (value, (text, colour)) in enumerate(mapping.items())
    }
    return {"type": "value", "options": options}


def to_service(uid: str, title: str) -> Link:
    """Return a data link from a series to another dashboard, for the series' service."""
    return _link(title, f"/d/{uid}?{CONTEXT}&var-service=${{__field.labels.{labels.SERVICE_NAME}}}")


def to_dashboard(uid: str, title: str) -> Link:
    """Return a data link to another dashboard with the selection as it is."""
    return _link(title, f"/d/{uid}?{CONTEXT}&${{service:queryparam}}")


def to_row(uid: str, title: str) -> Link:
    """Return a data link from a row to another dashboard, for the service in its column Service."""
    return _link(title, f"/d/{uid}?{CONTEXT}&var-service=${{__data.fields[Service]}}")


def to_call() -> Link:
    """Return a data link from a trace id to its call, whatever stands in place of the id in the cell."""
    return _link(
        "Open the call", f"/d/pipecat-conversation?{CONTEXT}&${{service:queryparam}}&var-trace=${{__value.raw}}"
    )


def _link(title: str, url: str) -> Link:
    return {"title": title, "url": url, "targetBlank": False}
