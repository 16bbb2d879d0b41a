"""What `doctor` looks at, from the machine to the bots: each finding says what is so and, where needed, what to do."""

from collections.abc import Iterator
from pathlib import Path

from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.ops.doctor import bots, machine, quality, stack
from pipecat_lgtm.ops.doctor.finding import Finding

__all__ = ["Finding", "findings"]


def findings(config: Config, state: State, bin_dir: Path | None = None) -> Iterator[Finding]:
    """Yield what is found, in the order in which things depend on each other.

    Args:
        config: the stack as it should be.
        state: of the state directory; says what `up` has started.
        bin_dir: programs to prefer.
    """
    yield from machine.findings(config, state, bin_dir)
    answering = yield from stack.parts(config, state)
    if "collector" in answering:
        yield stack.entrance(config)
    if "prometheus" in answering:
        yield from stack.rules(config)
        yield from bots.findings(config)
        yield from quality.findings(config)
