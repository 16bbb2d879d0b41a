"""What panels cost Prometheus at full size, by its own statistics: fifty services, a sample every 15 s.

Of each series there is as much as a dashboard can read at the range it opens with: older samples cost it nothing.
`pipecat-lgtm bench queries` makes whole days of them.
"""

from pathlib import Path

import pytest
from drawn import ARTIFACTS
from stacks import EngineBin

from pipecat_lgtm.config import load_default
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.ops.bench.queries import Cost, costs

pytestmark = [
    pytest.mark.stack,
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]

SERVICES = 50
LIMITS = {"pipecat-core": 1_500_000}
LIMIT = 9_000_000
"""Samples one panel may read: Prometheus reads some 20 million a second here, and has 100 ms for core, 500 ms else."""

WITHOUT = {"pipecat-conversation"}
"""Asks Prometheus nothing."""


@pytest.mark.parametrize("uid", [uid for uid in DASHBOARDS if uid not in WITHOUT])
def test_panels_read_little(uid: str, engine_bin: EngineBin) -> None:
    """No panel reads more samples than fit its time: 100 ms on core, 500 ms elsewhere, at fifty services."""
    series, found = costs(load_default(), engine_bin("prometheus"), engine_bin("promtool"), uid, SERVICES, None)
    _tell(ARTIFACTS / f"query-cost-{uid}.txt", series, found)

    assert [] == [one for one in found if one.samples > LIMITS.get(uid, LIMIT)]
    assert [] == [one.title for one in found if not one.samples], "every panel found something to read"


def _tell(file: Path, series: int, found: list[Cost]) -> None:
    lines = [f"{one.title:72} {one.samples:>10} {one.peak:>10} {one.milliseconds:8.1f} ms" for one in found]
    report = "\n".join([f"{file.stem}: {series} series of {SERVICES} services", *lines])
    file.parent.mkdir(exist_ok=True)
    file.write_text(report, encoding="utf-8")
    print(report)  # noqa: T201 - the times are for people
