"""Clicks every link of a dashboard once, as a reader does, and notes where it does not lead."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from pipecat_lgtm.ops.shots.pictures import loaded
from pipecat_lgtm.ops.shots.plan import Found, Shoot
from pipecat_lgtm.ops.shots.window import TITLE, errors_shown, noted, settled

_CONTROLS = "[data-testid='data-testid dashboard controls']"
_MENU = "[data-testid='data-testid Dashboard link dropdown']"
_MENU_ITEMS = "[role='menu'] a[href]"
_TOOLTIPS = ('[data-testid="data-testid viz-tooltip-wrapper"]', '[id="grafana-portal-container"]')
_TOOLTIP_LINKS = ", ".join(f"{one} a[href]" for one in _TOOLTIPS)
_TOOLTIP_CLOSES = ", ".join(f"{one} button[aria-label='Close']" for one in _TOOLTIPS)
_DOT = '[data-testid="data-testid Exemplar marker"]'
_LOG_LINE = "span.field"
_POINTS = (0.98, 0.9, 0.75, 0.5, 0.25)
"""Where a graph is clicked, as shares of its width, until a point with links is found."""
_TRACE, _TRACE_ID = "var-trace", re.compile(r"[0-9a-f]{16,32}")
"""What a link to a call fills, and with what: filled with a word, it opens an empty page without an error.

Tempo writes a trace id without the zeros that it begins with.
"""
_MOMENT = 200
"""Milliseconds that a tooltip needs."""

Reach = Callable[[Any], Any]
"""Brings links into view on a page, as a reader would; returns a locator of them."""


@dataclass(frozen=True)
class Link:
    """A link on a dashboard.

    Args:
        where: the panel's title, or what else it stands in.
        href: as the page has it.
        panel: the title of the panel that it is an element of; empty where it is in none, as in a tooltip.
        reach: brings it into view, with others.
    """

    where: str
    href: str
    panel: str
    reach: Reach

    @property
    def kind(self) -> tuple[str, str, tuple[str, ...]]:
        """Links of one kind differ in values alone, as those of the rows of a table do."""
        return self.where, *_shape(self.href)

    def find(self, page: Any) -> Any:  # noqa: ANN401 - playwright's
        """Bring it into view; return it, or None where it is no more.

        Its values may be others by now, such as the times between which it looks.
        """
        anchors = self.reach(page)
        for number, (href, panel) in enumerate(_hrefs(anchors)):
            if (_shape(href), panel) == (_shape(self.href), self.panel):
                return anchors.nth(number)
        return None


def _shape(href: str) -> tuple[str, tuple[str, ...]]:
    """Return a link's path and the names of what it fills."""
    parts = urlsplit(href)
    return parts.path, tuple(sorted(parse_qs(parts.query, keep_blank_values=True)))


def _hrefs(anchors: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - playwright's
    """Return where links lead, and the titles of the panels that they are in."""
    found = anchors.evaluate_all(f"all => all.map(e => [e.getAttribute('href'), {TITLE} ?? ''])")
    return [(href, panel) for href, panel in found]


def click_all(page: Any, plan: Shoot, uid: str, found: Found, menus: set[str]) -> None:  # noqa: ANN401 - playwright's
    """Click one link of each kind on a dashboard.

    Args:
        page: a window.
        plan: which Grafana, and how wide the window is.
        uid: of the dashboard.
        found: gets the faults and the number of links.
        menus: destinations of menus, which are the same on all dashboards and clicked on the first.
    """
    address, size = plan.address(uid, plan.themes[0]), plan.sizes[0]
    loaded(page, address, size)
    kinds: dict[Any, Link] = {}
    for link in _links(page):
        kinds.setdefault(link.kind, link)
    for link in kinds.values():
        target = urljoin(page.url if plan.is_inside(page.url) else plan.grafana, link.href)
        if not plan.is_inside(target) or (link.where == "menu" and target in menus):
            continue
        if link.where == "menu":
            menus.add(target)
        where = f"{uid}, {link.where}"
        with noted(where, found):
            loaded(page, address, size)
            _click(page, link, where, found)


def _click(page: Any, link: Link, where: str, found: Found) -> None:  # noqa: ANN401 - playwright's
    found.links += 1
    anchor = link.find(page)
    if anchor is None:
        found.note(where, f"the link to {urlsplit(link.href).path} is gone after the page was loaded again")
        return
    wanted = urlsplit(urljoin(page.url, anchor.get_attribute("href") or link.href))
    if anchor.get_attribute("target") == "_blank":
        with page.context.expect_page() as opening:
            anchor.click()
        there = opening.value
    else:
        anchor.click()
        there = page
    given = parse_qs(wanted.query)
    for value in given.get(_TRACE, []):
        if not _TRACE_ID.fullmatch(value):
            found.note(where, f"the link to {wanted.path} has {value!r} where a trace id should be")
    there.wait_for_timeout(2 * _MOMENT)
    if not settled(there):
        found.note(where, f"the page behind the link to {wanted.path} is not complete")
    arrived = urlsplit(there.url)
    if not f"{arrived.path.rstrip('/')}/".startswith(f"{wanted.path.rstrip('/')}/"):
        found.note(where, f"the link to {wanted.path} leads to {arrived.path or '/'}")
    else:
        kept = parse_qs(arrived.query)
        for name in sorted(name for name in given if name.startswith("var-") and given[name] != kept.get(name)):
            found.note(where, f"the link to {wanted.path} arrives without {name}={given[name][0]}")
    for text in errors_shown(there):
        found.note(where, f"the page behind the link to {wanted.path} {text}")
    if there is not page:
        there.close()


def _links(page: Any) -> Iterator[Link]:  # noqa: ANN401 - playwright's
    for where, scope in (("head", f"{_CONTROLS} a[href]"), ("", "main section a[href]")):
        for href, panel in _hrefs(page.locator(scope)):
            yield Link(where or panel, href, panel, partial(_all, scope))
    for number in range(page.locator(_MENU).count()):
        yield from _reached(page, "menu", partial(_of_menu, number))
    plots = page.locator(".u-over")
    for number, title in enumerate(plots.evaluate_all(f"all => all.map(e => {TITLE} ?? 'a graph')")):
        yield from _reached(page, title, partial(_of_dot, number))
        for share in _POINTS:
            links = list(_reached(page, title, partial(_of_point, number, share)))
            yield from links
            if links:
                break
    sections = page.locator(f"section:has({_LOG_LINE})")
    for number, title in enumerate(sections.evaluate_all("all => all.map(e => e.querySelector('h2')?.textContent)")):
        yield from _reached(page, f"{title}, a line", partial(_of_line, number))


def _reached(page: Any, where: str, reach: Reach) -> Iterator[Link]:  # noqa: ANN401 - playwright's
    """Yield the links that come into view, and put them away again."""
    links = [Link(where, href, panel, reach) for href, panel in _hrefs(reach(page))]
    page.keyboard.press("Escape")
    page.wait_for_timeout(_MOMENT)
    # Escape leaves the tooltip of a clicked dot open: its links would be taken for those of every graph after it.
    while (close := page.locator(_TOOLTIP_CLOSES)).count():
        close.first.click()
        page.wait_for_timeout(_MOMENT)
    yield from links


def _all(scope: str, page: Any) -> Any:  # noqa: ANN401 - playwright's
    return page.locator(scope)


def _of_menu(number: int, page: Any) -> Any:  # noqa: ANN401 - playwright's
    page.locator(_MENU).nth(number).click()
    page.wait_for_timeout(2 * _MOMENT)
    return page.locator(_MENU_ITEMS)


def _of_dot(number: int, page: Any) -> Any:  # noqa: ANN401 - playwright's
    dots = page.locator(".u-over").nth(number).locator("xpath=ancestor::section").locator(_DOT)
    if dots.count():
        dots.first.hover(force=True)
        page.wait_for_timeout(_MOMENT)
        dots.first.click(force=True)
        page.wait_for_timeout(_MOMENT)
    return page.locator(_TOOLTIP_LINKS)


def _of_point(number: int, share: float, page: Any) -> Any:  # noqa: ANN401 - playwright's
    box = page.locator(".u-over").nth(number).bounding_box()
    if box is not None:
        place = box["x"] + share * box["width"], box["y"] + box["height"] / 2
        page.mouse.move(*place)
        page.wait_for_timeout(_MOMENT)
        page.mouse.click(*place)
        page.wait_for_timeout(_MOMENT)
    return page.locator(_TOOLTIP_LINKS)


def _of_line(number: int, page: Any) -> Any:  # noqa: ANN401 - playwright's
    section = page.locator(f"section:has({_LOG_LINE})").nth(number)
    section.locator(_LOG_LINE).first.click()
    page.wait_for_timeout(2 * _MOMENT)
    return section.locator("a[href]")
