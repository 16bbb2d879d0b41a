"""A server of small pages that are built as Grafana's are, with the faults that a page can have."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from answering import answering

TOKEN = "secret-of-an-editor"  # noqa: S105 - of nobody

TRACE = "5f" * 16

_QUERY = "fetch('/api/ds/query', {method: 'POST'})"


def panel(title: str, body: str) -> str:
    """A panel, as Grafana marks it."""
    return f'<section data-viz-panel-key="1"><h2>{title}</h2>{body}</section>'


def cell(href: str, rest: str = "") -> str:
    """A link in a table."""
    return f'<div role="gridcell"><a href="{href}" {rest}>open</a></div>'


HOME = "location.href = '/'; return false"
_TOOLTIP = (
    "document.body.insertAdjacentHTML('beforeend', '<div data-testid=&quot;data-testid viz-tooltip-wrapper&quot;>"
    "<a href=&quot;{href}&quot;>go</a></div>')"
)
_LOCKED = (
    "document.body.insertAdjacentHTML('beforeend', '<div id=&quot;grafana-portal-container&quot;>"
    "<button aria-label=&quot;Close&quot; onclick=&quot;this.parentNode.remove()&quot;>x</button>"
    "<a href=&quot;{href}&quot;>go</a></div>')"
)


def graph(point: str, dot: str) -> str:
    """A graph whose points and dots open a tooltip with a link; Escape closes a point's, only its button a dot's."""
    opened = {"point": _TOOLTIP.format(href=point), "dot": _LOCKED.format(href=dot)}
    return (
        f'<div class="u-over" style="width:300px;height:100px;background:#ddd" onclick="{opened["point"]}"></div>'
        f'<button data-testid="data-testid Exemplar marker" onclick="{opened["dot"]}">.</button>'
        "<script>addEventListener('keydown', e => e.key == 'Escape' && document.querySelectorAll("
        "'[data-testid=\"data-testid viz-tooltip-wrapper\"]').forEach(one => one.remove()))</script>"
    )


PAGES: dict[str, str] = {
    "good": panel(
        "Calls",
        cell(f"/d/other?var-trace={TRACE[2:]}")
        + cell(f"/d/other?var-trace={TRACE[::-1]}")
        + cell("/d/new", "target=_blank"),
    ),
    "links": (
        panel("Home", cell("/d/other", f'onclick="{HOME}"'))
        + panel("Closed", cell("/explore?left=1"))
        + panel("Gone", cell("/d/no-such-board"))
        + panel("Says", cell("/d/other?var-trace=open"))
        + panel("Forgets", cell(f"/d/forgetful?var-trace={TRACE}"))
    ),
    "errors": (
        panel("Waits", '<button data-testid="data-testid Panel status error" aria-label="bad_data">!</button>')
        + panel("Banner", '<div data-testid="data-testid Alert error">Failed to upgrade</div>')
        + panel("Console", "<script>console.error('cannot read x')</script>")
        + panel("Script", "<script>throw new Error('of a script')</script>")
        + panel("Query", f"<script>{_QUERY}</script>")
    ),
    "graph": panel("Waits", graph("/d/other?var-service=a", "/explore?left=ab")),
    "graphs": (
        panel("Waits", graph("/d/other?var-service=a", f"/d/other?var-trace={TRACE}"))
        + panel("Calls", '<div class="u-over" style="width:300px;height:100px;background:#ddd"></div>')
    ),
    "lines": panel(
        "Logs",
        "<span class='field' onclick=\"this.insertAdjacentHTML('afterend', '<a href=&quot;/explore?line&quot;>go</a>')"
        '">x</span>',
    ),
    "menu": (
        "<button data-testid='data-testid Dashboard link dropdown' onclick=\"document.body.insertAdjacentHTML("
        "'beforeend', '<div role=menu><a href=/d/other>Other</a><a href=/d/no-such-board>Gone</a></div>')"
        '">more</button>'
    ),
    "foreign": panel("Calls", cell("{elsewhere}/d/other") + '<img src="{elsewhere}/picture">'),
}
"""By uid: what a dashboard's page has in it."""

BEHIND = {"other": "", "new": "", "forgetful": "<script>history.replaceState(0, '', '/d/forgetful')</script>"}
"""Pages that links lead to."""


@dataclass
class Paged:
    """What a server serves and was asked.

    Args:
        url: its address.
        elsewhere: address of another server, that a page shows a picture of.
        anonymous: let visitors in.
        asked: (path, token) of each request.
    """

    url: str = ""
    elsewhere: str = ""
    anonymous: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def pages(server: Paged) -> Iterator[Paged]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        """Answers a page."""

        def do_GET(self) -> None:
            """A page, or what Grafana answers to its own questions."""
            path = urlsplit(self.path).path
            token = self.headers.get("authorization", "")
            server.asked.append((path, token))
            known = token == f"Bearer {TOKEN}"
            if path == "/explore" and not known:
                self.send_response(302)
                self.send_header("Location", "/")
                self.end_headers()
                return
            body = ""
            if path.startswith("/d/"):
                found = (PAGES | BEHIND).get(path.removeprefix("/d/"), "<p>Dashboard not found</p>")
                body = found.replace("{elsewhere}", server.elsewhere)
            self._answer(200 if known or server.anonymous or path == "/api/health" else 401, body)

        def do_POST(self) -> None:
            """A query, which no store answers."""
            self._answer(502, "")

        def _answer(self, status: int, body: str) -> None:
            text = (
                "<!doctype html><link rel=icon href=data:,><main><div data-testid='data-testid Panel header x'></div>"
                f"{body}</main>"
            ).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with answering(Handler) as port:
        server.url = f"http://127.0.0.1:{port}"
        yield server
