"""The file for PIPECAT_SETUP_FILES: Pipecat runs its hooks for every pipeline of the process."""

from typing import Any

import pipecat_lgtm_bridge as bridge


async def setup_pipeline_worker(worker: Any) -> None:  # noqa: ANN401 - Pipecat is imported only where it is there
    """Attach the bridge to a pipeline that is being set up."""
    bridge.attach(worker)


async def setup_pipeline_task(task: Any) -> None:  # noqa: ANN401
    """Do so where Pipecat is older than 1.3 and calls it this: there the bridge says which release it needs."""
    bridge.attach(task)


async def setup_worker_runner(_runner: object) -> None:
    """Do nothing: Pipecat warns of a setup file without this hook."""
