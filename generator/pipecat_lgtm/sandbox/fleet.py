"""Many calls at once in one process, their telemetry, and the ledger."""

import argparse
import asyncio
import itertools
import json
import sys
import time
import uuid
from typing import TYPE_CHECKING

from pipecat_lgtm.sandbox import busy, telemetry
from pipecat_lgtm.sandbox.bot import Call, place
from pipecat_lgtm.sandbox.ledger import Ledger
from pipecat_lgtm.sandbox.scenarios import SCENARIOS

if TYPE_CHECKING:
    from pipecat_lgtm.sandbox.hearing import Heard

_STAGGER_SECONDS = 0.4
"""Calls do not begin in the same instant: on two cores their pipelines would measure each other."""


async def place_all(arguments: argparse.Namespace, stop: asyncio.Event) -> int:
    """Place the calls, flush everything, write the ledger; return the exit code."""
    ledger = Ledger()
    send_the_rest = telemetry.set_up(arguments, ledger)
    scenarios = [SCENARIOS[name] for name in arguments.scenario or SCENARIOS]
    run = uuid.uuid4().hex[:6]
    calls = [
        Call(f"{run}-{number:04d}", scenario, arguments.seed + number, f"{arguments.provider}/v1")
        for number, scenario in zip(range(1, arguments.calls + 1), itertools.cycle(scenarios), strict=False)
    ]
    heard: dict[str, list[Heard]] = {}
    gate = asyncio.Semaphore(arguments.concurrency)

    async def one(call: Call) -> None:
        async with gate:
            mode = arguments.mode
            heard[call.id] = await place(call, _say, plain=mode == "plain", observed=mode != "spans-only")

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(one(call))
                await asyncio.sleep(_STAGGER_SECONDS)

    if arguments.warm_up and arguments.mode in {"bridge", "plain"}:
        busy.watch()
    if arguments.warm_up:
        await one(Call(f"{run}-warm", scenarios[0], arguments.seed, f"{arguments.provider}/v1"))
    wall, cpu = time.monotonic(), time.process_time()
    placing = asyncio.create_task(all_of_them())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({placing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    stopped = not placing.done()
    if stopped:
        placing.cancel()
    (outcome,) = await asyncio.gather(placing, return_exceptions=True)
    cost = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.monotonic() - wall, "busy": busy.TURNS}
    send_the_rest()
    if arguments.ledger:
        ledger.write(arguments.ledger, {call.id: call.scenario.name for call in calls}, heard, cost)
    if isinstance(outcome, BaseException) and not stopped:
        raise outcome
    return 130 if stopped else 0


def _say(call: str, event: str) -> None:
    print(json.dumps({"event": event, "call": call}), file=sys.stderr, flush=True)  # noqa: T201 - the protocol
