"""Ctrl-C while the demo's calls are going on."""

from pathlib import Path

import pytest
from pretend import READY_PORTS, pretended

pytestmark = [pytest.mark.stack, pytest.mark.alone]


def test_ctrl_c_during_calls_leaves_nothing(tmp_path: Path) -> None:
    """Interrupted in mid-call, the demo ends provider, bot and the stack that it started."""
    with pretended(tmp_path) as machine:
        for part in READY_PORTS:
            machine.engine(part)
        left = machine.interrupted(machine.starting("demo", "--calls", "1"), "calls: 0 of 2 ended")

        assert [] == left
        assert not machine.state.kind
