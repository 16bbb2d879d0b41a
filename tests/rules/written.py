"""What the collector and Prometheus write of a counter, for events at any times; `test_written.py` holds it.

A series begins with a 0 at its first event, which is on no scrape, and has its value at each scrape from then on,
however long nothing happens. A scrape that fails marks it stale; after a restart it begins again with its next event.
"""

from dataclasses import dataclass

Series = dict[str, str]
"""Series → its values in promtool's notation."""

SCRAPE, GRID = 15, 5
"""Seconds between scrapes, and of promtool's steps: a first 0 is between two scrapes."""


@dataclass(frozen=True)
class Life:
    """A counter's events.

    Args:
        events: seconds → how many.
        until: the last second.
        away: from when to when the collector does not answer; it has lost its counts then.
        others: a program shows it from its first event on, no 0 before.
    """

    events: dict[int, float]
    until: int
    away: tuple[tuple[int, int], ...] = ()
    others: bool = False

    def samples(self) -> dict[int, float | None]:
        """Return the samples by second; None marks the series stale."""
        made: dict[int, float | None] = {}
        for begin, end in self._lives():
            own = {at: count for at, count in self.events.items() if begin <= at < end}
            if not own:
                continue
            first = min(own)
            if not self.others:
                made[first - first % GRID] = 0.0
            for scrape in range(_next_scrape(first), min(end, self.until + 1), SCRAPE):
                made[scrape] = sum(count for at, count in own.items() if at < scrape)
            if (stale := _next_scrape(end - 1)) <= self.until:
                made[stale] = None
        return made

    def uptime(self) -> dict[int, float | None]:
        """Return the samples of how long the program has run; it begins a scrape before the first."""
        made: dict[int, float | None] = {}
        for begin, end in self._lives():
            since = begin or -SCRAPE
            made |= {at: at - since for at in range(_next_scrape(since), min(end, self.until + 1), SCRAPE)}
            if (stale := _next_scrape(end - 1)) <= self.until:
                made[stale] = None
        return made

    def _lives(self) -> list[tuple[int, int]]:
        ends = [begin for begin, _ in self.away]
        begins = [end for _, end in self.away]
        return list(zip([0, *begins], [*ends, self.until + 1], strict=True))


def _next_scrape(at: int) -> int:
    return (at // SCRAPE + 1) * SCRAPE


def notation(samples: dict[int, float | None], until: int) -> str:
    """Return samples as promtool reads them, at steps of `GRID` seconds."""
    steps, text, missing = sorted(samples), [], 0
    last = -GRID
    for at in steps:
        missing = (at - last) // GRID - 1
        text += [f"_x{missing}"] if missing else []
        value = samples[at]
        text.append("stale" if value is None else f"{value:.10g}")
        last = at
    return " ".join(text) if steps else f"_x{until // GRID}"


def named(name: str, labels: dict[str, str]) -> str:
    """Return a series as PromQL writes it."""
    return name + "{" + ", ".join(f'{label}="{value}"' for label, value in labels.items()) + "}"


def counter(name: str, labels: dict[str, str], life: Life) -> Series:
    """Return a counter's series."""
    return {named(name, labels): notation(life.samples(), life.until)}


def burst(name: str, labels: dict[str, str], at: int, count: float, until: int) -> Series:
    """Return a counter that another program shows from its first event on: its first sample is its value."""
    return counter(name, labels, Life({at: count}, until, others=True))


def running(labels: dict[str, str], life: Life) -> Series:
    """Return by what a program's lives are told apart: the collector says how long it has run, others since when."""
    samples = life.uptime()
    if labels["job"] == "collector":
        return {named("otelcol_process_uptime", labels): notation(samples, life.until)}
    since = {at: None if value is None else at - value for at, value in samples.items()}
    return {named("process_start_time_seconds", labels): notation(since, life.until)}
