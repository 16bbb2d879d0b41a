"""`dashboards shots` in a real browser, on pages with every fault that it must see."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import program
from paged import PAGES, TOKEN, TRACE, Paged, pages

from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import shots
from pipecat_lgtm.ops.shots import window

pytestmark = pytest.mark.stack


@dataclass(frozen=True)
class Look:
    """A look at all pages, the servers, and the folder of the pictures."""

    found: shots.Found
    server: Paged
    elsewhere: Paged
    out: Path

    def faults(self, uid: str) -> list[str]:
        """What is wrong with a page, without its name."""
        return sorted(
            {fault.split(": ", 1)[1] for fault in self.found.faults if fault.startswith((f"{uid} at", f"{uid},"))}
        )


def _plan(server: Paged, out: Path, *uids: str, token: str = "") -> shots.Shoot:
    return shots.Shoot(server.url, out, uids, token=token, browser=program(), sizes=((800, 600),), themes=("dark",))


@contextmanager
def _looked(out: Path, *uids: str, token: str = "") -> Iterator[Look]:
    with (
        pytest.MonkeyPatch.context() as patch,
        pages(Paged()) as elsewhere,
        pages(Paged(elsewhere=elsewhere.url)) as own,
    ):
        patch.setattr(window, "_QUIET_SECONDS", 0.2)
        yield Look(shots.shoot(_plan(own, out, *uids, token=token), lambda _what, _elapsed: None), own, elsewhere, out)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    """A visitor's look at every page."""
    with _looked(tmp_path_factory.mktemp("visitor"), *PAGES) as look:
        yield look


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    """An editor's look at what is closed to visitors, and at what asks another server."""
    with _looked(tmp_path_factory.mktemp("editor"), "graph", "lines", "foreign", token=TOKEN) as look:
        yield look


HOME = "the link to /explore leads to /"
"""A visitor who follows a link into Explore is shown the home page instead."""

FAULTS: dict[str, list[str]] = {
    "good": [],
    "links": [
        HOME,
        f"the link to /d/forgetful arrives without var-trace={TRACE}",
        "the link to /d/other has 'open' where a trace id should be",
        "the link to /d/other leads to /",
        "the page behind the link to /d/no-such-board shows 'Dashboard not found'",
    ],
    "errors": [
        "a query was answered 502: /api/ds/query",
        "console: Failed to load resource: the server responded with a status of 502 (Bad Gateway)",
        "console: cannot read x",
        "script: of a script",
        "shows the error 'Failed to upgrade'",
        "the panel 'Waits' shows an error: bad_data",
    ],
    "graph": [HOME],
    "graphs": [],
    "lines": [HOME],
    "menu": ["the page behind the link to /d/no-such-board shows 'Dashboard not found'"],
    "foreign": [],
}


@pytest.mark.parametrize("uid", FAULTS)
def test_faults(visitor: Look, uid: str) -> None:
    """Each planted fault is seen; where there is none, none is seen."""
    assert sorted(FAULTS[uid]) == visitor.faults(uid)


@pytest.mark.parametrize("uid", ["graph", "lines"])
def test_explore_is_open_to_editors(editor: Look, uid: str) -> None:
    """A link into Explore, of a dot or a log line, leads an editor there."""
    assert [] == editor.faults(uid)
    assert "/explore" in {path for path, _ in editor.server.asked}


def test_pictures(visitor: Look) -> None:
    """There is a picture of each page, named after its uid, size and theme."""
    assert [visitor.out / f"{uid}-800x600-dark.png" for uid in PAGES] == visitor.found.pictures
    assert {b"\x89PNG"} == {path.read_bytes()[:4] for path in visitor.found.pictures}


def test_each_kind_of_link_is_clicked_once(visitor: Look) -> None:
    """Of links that differ in values alone one is clicked; none that leads to another server."""
    assert 14 == visitor.found.links
    assert {"/picture"} == {path for path, _ in visitor.elsewhere.asked}


def test_the_token_stays_here(editor: Look) -> None:
    """Grafana is sent the token, and another server is not."""
    assert {f"Bearer {TOKEN}"} == {token for path, token in editor.server.asked if path.startswith("/d/")}
    assert {("/picture", "")} == set(editor.elsewhere.asked)


def test_closed_to_visitors(tmp_path: Path) -> None:
    """A Grafana that lets no visitor in is an error with its remedy, before anything is looked at."""
    with pages(Paged(anonymous=False)) as server, pytest.raises(CheckFailed) as caught:
        shots.shoot(_plan(server, tmp_path, "good"), lambda _what, _elapsed: None)

    assert f"{server.url}: does not let a visitor in (401)" == caught.value.message
    assert "--token-file" in caught.value.hint
