"""A window of Chromium that notes what goes wrong in it."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import httpx

from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.shots.plan import Found, Shoot, Size

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_QUIET_SECONDS = 1.5
"""A page is complete when it has asked its stores nothing for so long."""
_LOAD_SECONDS = 45.0
_QUERY = re.compile(r"/api/(ds/query|datasources/)")
_LOADING = '[aria-label="Panel loading bar"]'
PANELS = "[data-viz-panel-key], [data-testid*='Panel header']"
TITLE = "e.closest('section')?.querySelector('h2')?.textContent"
"""JavaScript: the title of the panel that element `e` is in."""
_PANEL_ERROR = '[data-testid="data-testid Panel status error"]'
_BANNER = '[data-testid="data-testid Alert error"]'
_DEAD_ENDS = (
    "Dashboard not found", "Page not found", "Access denied", "Not found", "Failed to load",
    "An unexpected error happened",
)  # fmt: skip
"""Whole texts that stand in place of a page or a panel."""
_USUAL = ("Failed to load resource: the server responded with a status of 401",)
"""Errors in the console that every anonymous visitor of a Grafana has."""


@contextmanager
def browser_of(program: str) -> Iterator[Any]:
    """Start Chromium.

    Raises:
        CheckFailed: there is none, or it does not start.
    """
    try:
        playwright = import_module("playwright.sync_api")
    except ImportError as error:
        raise CheckFailed("playwright: is not installed", "pip install 'pipecat-lgtm[shots]'") from error
    found = program or next((path for name in _PROGRAMS if (path := shutil.which(name))), "")
    if not found:
        raise CheckFailed("chromium: is not on PATH", "install Chromium, or name the program with --browser")
    with playwright.sync_playwright() as play:
        try:
            browser = play.chromium.launch(executable_path=found, args=list(_FLAGS))
        except playwright.Error as error:
            raise CheckFailed(
                f"{found}: does not start ({str(error).splitlines()[0]})", "name another program with --browser"
            ) from error
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Any, plan: Shoot, size: Size, where: str, found: Found) -> Iterator[Any]:  # noqa: ANN401
    """Open a window that notes under `where` what fails: console, scripts, queries, loading the page."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    if plan.token:
        bearer = {"authorization": f"Bearer {plan.token}"}
        # Only what goes to this Grafana has the token.
        ours = re.compile(f"^{re.escape(plan.grafana)}(/|$)")
        context.route(ours, lambda route: route.continue_(headers=route.request.headers | bearer))
    page = context.new_page()

    def console(message: Any) -> None:  # noqa: ANN401 - playwright's
        if message.type == "error" and not message.text.startswith(_USUAL):
            found.note(where, f"console: {message.text.splitlines()[0][:200]}")

    def response(answer: Any) -> None:  # noqa: ANN401 - playwright's
        if answer.status >= httpx.codes.BAD_REQUEST and _QUERY.search(answer.url):
            found.note(where, f"a query was answered {answer.status}: {urlsplit(answer.url).path}")

    page.on("console", console)
    page.on("pageerror", lambda error: found.note(where, f"script: {str(error).splitlines()[0][:200]}"))
    page.on("response", response)
    try:
        with noted(where, found):
            yield page
    finally:
        context.close()


@contextmanager
def noted(where: str, found: Found) -> Iterator[None]:
    """Note as a fault what the browser cannot do in the block: a page that does not load, a link it cannot click."""
    failure: type[Exception] = import_module("playwright.sync_api").Error
    try:
        yield
    except failure as error:
        found.note(where, str(error).splitlines()[0])


def settled(page: Any) -> bool:  # noqa: ANN401 - playwright's
    """Wait until nothing loads and no store has been asked for a while; return whether it came to that."""
    busy = {"at": time.monotonic(), "open": 0}

    def asked(request: Any) -> None:  # noqa: ANN401 - playwright's
        if _QUERY.search(request.url):
            busy["open"] += 1
            busy["at"] = time.monotonic()

    def answered(request: Any) -> None:  # noqa: ANN401 - playwright's
        if _QUERY.search(request.url):
            busy["open"] = max(0, busy["open"] - 1)
            busy["at"] = time.monotonic()

    handlers = {"request": asked, "requestfinished": answered, "requestfailed": answered}
    for event, handler in handlers.items():
        page.on(event, handler)
    deadline = time.monotonic() + _LOAD_SECONDS
    try:
        while time.monotonic() < deadline:
            page.wait_for_timeout(250)
            if dead_end(page):
                return True
            quiet = time.monotonic() - busy["at"] > _QUIET_SECONDS and not busy["open"]
            if quiet and page.locator(PANELS).count() and not page.locator(_LOADING).count():
                return True
        return False
    finally:
        for event, handler in handlers.items():
            page.remove_listener(event, handler)


def dead_end(page: Any) -> str:  # noqa: ANN401 - playwright's
    """Return the text that stands in place of a page or panel; empty if there is none."""
    return next((text for text in _DEAD_ENDS if page.get_by_text(text, exact=True).count()), "")


def errors_shown(page: Any) -> Iterator[str]:  # noqa: ANN401 - playwright's
    """Yield the errors that a page shows to its reader: of panels, in banners, in place of the page."""
    for panel in page.locator(_PANEL_ERROR).all():
        title = panel.evaluate(f"e => {TITLE} ?? 'a panel'")
        yield f"the panel {title!r} shows an error: {panel.get_attribute('aria-label') or ''}".rstrip(": ")
    for banner in page.locator(_BANNER).all():
        yield f"shows the error {banner.inner_text().strip().replace(chr(10), ' ')[:200]!r}"
    if text := dead_end(page):
        yield f"shows {text!r}"
