"""Pictures of whole pages."""

from pathlib import Path
from typing import Any

from pipecat_lgtm import output
from pipecat_lgtm.errors import OutputError
from pipecat_lgtm.ops.shots.plan import Found, Shoot, Size
from pipecat_lgtm.ops.shots.window import errors_shown, settled

_TALLEST = 12000
"""Pixels; a page that is longer is cut there."""
_TIMES = 3
"""How often the window is made as long as the page."""


def loaded(page: Any, address: str, size: Size) -> bool:  # noqa: ANN401 - playwright's
    """Open a page in a window as long as the page; return whether it is complete.

    A page loads only the panels that are in the window, and is longer once they are there.
    """
    height = size[1]
    page.set_viewport_size({"width": size[0], "height": height})
    page.goto(address, wait_until="domcontentloaded")
    for _ in range(_TIMES):
        complete = settled(page)
        whole = min(_TALLEST, max(size[1], page.evaluate("document.documentElement.scrollHeight")))
        if whole == height:
            break
        height = whole
        page.set_viewport_size({"width": size[0], "height": height})
    return complete


def picture(page: Any, plan: Shoot, uid: str, size: Size, theme: str, found: Found) -> None:  # noqa: ANN401, PLR0913, PLR0917
    """Write the picture of a dashboard and note the errors it shows.

    Raises:
        OutputError: the picture cannot be written.
    """
    where = f"{uid} at {size[0]} px, {theme}"
    if not loaded(page, plan.address(uid, theme), size):
        found.note(where, "is not complete")
    for text in errors_shown(page):
        found.note(where, text)
    path = plan.out / f"{uid}-{size[0]}x{size[1]}-{theme}.png"
    found.pictures.append(_written(page, path))


def _written(page: Any, path: Path) -> Path:  # noqa: ANN401 - playwright's
    try:
        output.save(path, page.screenshot())
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}", "choose a folder you may write to with --out") from error
    return path
