"""Where links lead: to a dashboard that there is, with variables that it has, and never where a viewer may not go."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from pipecat_lgtm.dashboards.lint.fault import Json, columns_of, defaults_of, overridden, panels_of, variables_of
from pipecat_lgtm.dashboards.lint.panels import used_in

_OWN = {"from", "to", "timezone", "orgId", "theme", "refresh", "kiosk", "viewPanel", "editPanel", "tab"}
"""Parameters of a dashboard's address that are no variables."""
_INTO_EXPLORE = ("tracesToLogs", "tracesToLogsV2", "tracesToMetrics", "tracesToProfiles")
_QUERYPARAM = re.compile(r"\$\{(\w+):queryparam\}")
_COLUMN = re.compile(r"__data\.fields(?:\[[\"']?([^\]\"']+)[\"']?\]|\.(\w+))")


def destination(url: str, boards: dict[str, Json]) -> Iterator[str]:
    """Yield what is wrong with where an address leads.

    Args:
        url: as a link has it, variables not filled in.
        boards: all dashboards by uid.
    """
    if url.startswith(("http://", "https://", "mailto:")) and "/d/" not in url and "/explore" not in url:
        return
    parts = urlsplit(_QUERYPARAM.sub(r"var-\1=x", url))
    path = parts.path
    if re.search(r"/explore\b", path):
        yield "leads into Explore, which viewers may not open; lead to a dashboard"
        return
    uid = re.search(r"/d/([^/]+)", path)
    if uid is None:
        yield f"leads to {path or '/'}, which is no dashboard"
        return
    board = boards.get(unquote(uid[1]))
    if board is None:
        yield f"leads to dashboard {uid[1]}, which is not there"
        return
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if name.startswith("var-"):
            if name.removeprefix("var-") not in variables_of(board):
                yield f"sets {name} on {uid[1]}, which has no such variable"
        elif name not in _OWN and not name.startswith("${__"):
            yield f"sets {name} on {uid[1]}, which means nothing there"


def of_board(board: Json, boards: dict[str, Json]) -> Iterator[tuple[Json | None, str]]:
    """Yield (panel, what is wrong) of every link of a dashboard."""
    tags = {tag for one in boards.values() for tag in one.get("tags", [])}
    for link in board.get("links", []):
        if link["type"] == "dashboards":
            for tag in sorted(set(link["tags"]) - tags):
                yield None, f"link {link['title']!r} lists dashboards with the tag {tag}, which none has"
        else:
            yield from ((None, text) for text in _judged(link, board, boards))
    for panel in panels_of(board):
        data = [*defaults_of(panel).get("links", [])]
        data += [one for _, name, value in overridden(panel) if name == "links" for one in value]
        names = columns_of(panel)
        replaced = {matcher["options"] for matcher, name, _ in overridden(panel) if name == "mappings"}
        for link in (*panel.get("links", []), *data):
            yield from ((panel, text) for text in _judged(link, board, boards))
            for column in (first or second for first, second in _COLUMN.findall(link["url"])):
                if names is not None and column not in names:
                    yield panel, f"link {link['title']!r} reads column {column!r}, which is none of this table's"
                if column in replaced:
                    yield (
                        panel,
                        f"link {link['title']!r} reads what mappings put in place of the values of column {column!r}; "
                        "put it on that column and read ${__value.raw}",
                    )
        for title, url in re.findall(r"\[([^\]]*)\]\(([^)\s]+)\)", panel.get("options", {}).get("content", "")):
            yield from ((panel, text) for text in _judged({"title": title, "url": url}, board, boards))


def _judged(link: Json, board: Json, boards: dict[str, Json]) -> Iterator[str]:
    named = f"link {link.get('title', '')!r}"
    if not link.get("title", "").strip():
        yield f"a link to {link['url']} has no title"
    for name in sorted(used_in(link["url"]) - variables_of(board).keys()):
        yield f"{named} uses ${name}, which is no variable of this dashboard"
    for text in destination(link["url"], boards):
        yield f"{named} {text}"


def of_source(source: Json, boards: dict[str, Json]) -> Iterator[str]:
    """Yield what is wrong with the links of a provisioned data source."""
    settings = source.get("jsonData", {})
    for name in _INTO_EXPLORE:
        if settings.get(name):
            yield f"{name} leads into Explore, which viewers may not open; remove it"
    for kind in ("exemplarTraceIdDestinations", "derivedFields"):
        for one in settings.get(kind, []):
            if one.get("datasourceUid"):
                yield f"{kind} {one['name']} leads into Explore, which viewers may not open; give it a url instead"
            # Provisioning reads $ as an environment variable's, so a file has $$.
            for text in destination(one.get("url", "").replace("$$", "$"), boards):
                yield f"{kind} {one['name']} {text}"
