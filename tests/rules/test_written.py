"""The feeds of these tests are what the real collector and Prometheus write: they are held against a recording."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from record import BURST, KINDS, TARGET
from written import GRID, SCRAPE, Life

RECORDED = json.loads(Path(TARGET).read_text())
RESTARTED_WITHIN = 10_000
"""Milliseconds: samples of a series farther apart are of different lives of the collector."""
FLUSH_AND_SCRAPE = 2_100
"""Milliseconds until an event is seen, of a collector that flushes and is scraped each second."""
OWN = "the collector's own"


def _lives(samples: list[tuple[int, float | None]]) -> list[list[tuple[int, float | None]]]:
    """Return the samples of each life of the collector."""
    made: list[list[tuple[int, float | None]]] = [[]]
    for at, value in samples:
        if made[-1] and at - made[-1][-1][0] > RESTARTED_WITHIN:
            made.append([])
        made[-1].append((at, value))
    return made


def _values(samples: list[tuple[int, float | None]]) -> list[float | None]:
    """Return the values in order, each once."""
    return [value for at, (_, value) in enumerate(samples) if not at or samples[at - 1][1] != value]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != OWN])
def test_values(kind: str) -> None:
    """Recorded as computed: 0, 1, 2, stale; after the restart 0, 1: each event is one step, and none is lost."""
    recorded = RECORDED["series"][kind]
    # The recording's seconds are scrapes; here they are 15 s.
    life = Life({10: 1, 250: 1, 610: 1}, until=1200, away=((370, 550),))

    assert [0, 1, 2, None, 0, 1] == _values(recorded)
    assert _values(recorded) == _values(sorted(life.samples().items()))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != OWN])
def test_times(kind: str) -> None:
    """Recorded as computed: the first 0 stands before the scrapes, and from then on every scrape has a sample."""
    for life in _lives(RECORDED["series"][kind]):
        first, *scraped = [at for at, _ in life]
        apart = [round((later - at) / 1000) for at, later in pairwise(scraped)]

        assert {1} == set(apart)
        assert 0 < scraped[0] - first <= FLUSH_AND_SCRAPE
        assert any(0 <= first - at < 3000 for at in RECORDED["events"])
    computed = sorted(Life({10: 1}, until=120).samples())
    assert [10, *range(SCRAPE, 121, SCRAPE)] == computed
    assert not computed[0] % GRID


def test_a_counter_of_another_program() -> None:
    """Recorded as `burst` has it: the collector shows a counter of failures from the first one on, no 0 before."""
    ((_, first), *_) = RECORDED["series"][OWN]

    assert 0 < first <= 20 * BURST
