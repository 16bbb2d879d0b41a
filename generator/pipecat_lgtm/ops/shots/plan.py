"""What to look at in a Grafana, and what was seen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

Watch = Callable[[str, float], None]
Size = tuple[int, int]

SIZES: tuple[Size, ...] = ((1440, 900), (1920, 1080), (390, 844))
"""Width and height of the windows: a laptop, a desk, a phone."""
THEMES = ("dark", "light")


@dataclass
class Found:
    """What was seen: the files written, and what is wrong.

    Args:
        pictures: the files, in the order taken.
        faults: one sentence each: which page or link, what is wrong.
        links: how many links were clicked.
    """

    pictures: list[Path] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    links: int = 0

    def note(self, where: str, text: str) -> None:
        """Note a fault once."""
        if (fault := f"{where}: {text}") not in self.faults:
            self.faults.append(fault)


@dataclass(frozen=True)
class Shoot:
    """What to look at.

    Args:
        grafana: base address of the Grafana.
        out: folder of the pictures.
        uids: of the dashboards, in this order.
        last: time range up to now, as `1h`; empty for each dashboard's own.
        values: dashboard variables, by name.
        token: of a service account; empty looks as an anonymous visitor does.
        browser: the Chromium program; empty searches PATH.
        sizes: windows.
        themes: of Grafana.
    """

    grafana: str
    out: Path
    uids: tuple[str, ...]
    last: str = ""
    values: tuple[tuple[str, str], ...] = ()
    token: str = ""
    browser: str = ""
    sizes: tuple[Size, ...] = SIZES
    themes: tuple[str, ...] = THEMES

    def address(self, uid: str, theme: str) -> str:
        """Return the page of a dashboard."""
        query = [("orgId", "1"), ("theme", theme), ("refresh", "")]
        query += [("from", f"now-{self.last}"), ("to", "now")] if self.last else []
        query += [(f"var-{name}", value) for name, value in self.values]
        return f"{self.grafana}/d/{uid}?{urlencode(query)}"

    def is_inside(self, address: str) -> bool:
        """Tell whether an address is of this Grafana."""
        ours, theirs = urlsplit(self.grafana), urlsplit(address)
        return (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)
