"""Bots in forked processes: `python forked_bot.py KIND`, with the bridge; where it sends is in the environment.

The first process takes a call itself, so that the bridge's threads, queues and connections are there, and stays in
another one while it forks (a `server` forks between two). Each child takes two calls; a call is a pipeline of its own
in which the bot speaks.
"""

import asyncio
import contextlib
import multiprocessing
import os
import sys
import warnings

from loguru import logger

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from pipecat.frames.frames import BotStartedSpeakingFrame, BotStoppedSpeakingFrame, EndFrame
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.worker import PipelineWorker
    from pipecat.transports.base_input import BaseInputTransport
    from pipecat.transports.base_transport import TransportParams
    from pipecat.workers.runner import WorkerRunner

import pipecat_lgtm_bridge as bridge

CHILDREN = 3


async def talk(name: str, during: asyncio.Event | None = None) -> None:
    """Take a call; stay in it until something has happened."""
    pipeline = Pipeline([BaseInputTransport(TransportParams())])
    worker = PipelineWorker(pipeline, enable_rtvi=False, idle_timeout_secs=None, conversation_id=name)
    bridge.attach(worker)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await worker.queue_frames([BotStartedSpeakingFrame(), BotStoppedSpeakingFrame()])
    running = asyncio.create_task(runner.run())
    logger.info(f"line of {name}")
    if during is not None:
        await during.wait()
    await worker.queue_frame(EndFrame())
    await running


def child(name: str) -> None:
    """Take two calls in a process of one's own; log once more."""
    for number in (1, 2):
        asyncio.run(talk(f"{name}.{number}"))
    logger.info(f"last line of {name}")


def forked(name: str) -> int:
    """Fork a child that ends with its last call; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    # The parent's event loop is a copy here, of no use to the child.
    asyncio.events._set_running_loop(None)  # noqa: SLF001 - as asyncio does itself from Python 3.12 on
    code = 1
    try:
        child(name)
        code = 0
    finally:
        os._exit(code)


def server(names: list[str]) -> None:
    """Take a call, fork workers that end as programs do, and take another one: what a pre-forking server does."""
    asyncio.run(talk("first"))
    logger.info("waits in the parent's queue")
    pids = []
    for name in names:
        pid = os.fork()
        if not pid:
            child(name)
            sys.exit(0)
        pids.append(pid)
    assert [0] * CHILDREN == [os.waitpid(pid, 0)[1] for pid in pids]
    asyncio.run(talk("second"))


async def main(kind: str, names: list[str]) -> None:
    """Take a call, and another one while the children are made."""
    await talk("first")
    leave = asyncio.Event()
    second = asyncio.create_task(talk("second", leave))
    await asyncio.sleep(0.5)  # in the midst of the call
    logger.info("waits in the parent's queue")
    if kind == "exit":
        pids = [forked(name) for name in names]
        codes = [(await asyncio.to_thread(os.waitpid, pid, 0))[1] for pid in pids]
    else:
        context = multiprocessing.get_context(kind)
        processes = [context.Process(target=child, args=(name,)) for name in names]
        for process in processes:
            process.start()
        for process in processes:
            await asyncio.to_thread(process.join)
        codes = [process.exitcode or 0 for process in processes]
    leave.set()
    await second
    assert codes == [0] * CHILDREN, codes


if __name__ == "__main__":
    with contextlib.suppress(ValueError):
        logger.remove(0)
    names = [f"{sys.argv[1]}-{number}" for number in range(CHILDREN)]
    if sys.argv[1] == "server":
        server(names)
    else:
        asyncio.run(main(sys.argv[1], names))
