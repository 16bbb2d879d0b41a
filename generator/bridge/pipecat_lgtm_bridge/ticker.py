"""One thread for all calls of the process: what can wait, heartbeats, CPU and memory, the log level's file."""

import atexit
import multiprocessing
import os
import threading
import time
from multiprocessing.util import Finalize
from pathlib import Path

from pipecat_lgtm_bridge import conversation as calls
from pipecat_lgtm_bridge import emit, forking, later, level, logs, outbox, statements
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.guard import harmless

HEARTBEAT_SECONDS = 10.0
_TICK_SECONDS = 1.0
_FAREWELL_SECONDS = 5.0
_lock = forking.Lock()
_running: list[threading.Thread] = []
_at_exit: list[bool] = []


def start() -> None:
    """Start the thread if it does not run in this process."""
    with _lock:
        if any(thread.is_alive() for thread in _running):
            return
        thread = threading.Thread(target=_run, name="pipecat-lgtm-ticker", daemon=True)
        if not _at_exit:
            atexit.register(last_words)
            if multiprocessing.parent_process() is not None:
                # Such a process ends without what is registered by atexit.
                Finalize(None, _farewell, exitpriority=0)
            _at_exit.append(True)
        _running[:] = [thread]
        thread.start()


@forking.in_child
def _in_child() -> None:
    if _running:
        later.wake_by(start)
    _running.clear()
    _at_exit.clear()


def last_words() -> None:
    """State what a call that has not ended would have stated at its end."""
    statements.outstanding()
    later.catch_up()


def _farewell() -> None:
    """State what is outstanding and send it: for a process that ends without what is registered by atexit."""
    last_words()
    outbox.flush(_FAREWELL_SECONDS)


def _run() -> None:
    sample = Sample()
    beats: dict[int, float] = {}
    due = time.monotonic() + _TICK_SECONDS
    while True:
        time.sleep(later.EVERY_SECONDS)
        later.catch_up()
        now = time.monotonic()
        if now < due:
            continue
        due = now + _TICK_SECONDS
        emit.tell_of_lost()
        heartbeats(beats, now)
        process(sample, now)
        level.follow_file()
        logs.keep()


@harmless
def heartbeats(beats: dict[int, float], now: float) -> None:
    """Emit what is due: every 10 s per live call, the first one in the middle of the first 10 s.

    So a call of any length is counted, on average, for exactly its length.
    """
    live = {id(call): call for call in calls.live()}
    for gone in beats.keys() - live.keys():
        del beats[gone]
    for key, call in live.items():
        due = beats.setdefault(key, now + HEARTBEAT_SECONDS / 2)
        if now >= due:
            beats[key] = due + HEARTBEAT_SECONDS
            emit.event(call, e.HEARTBEAT, {})


class Sample:
    """CPU time and wall clock of the last look at the process."""

    def __init__(self) -> None:
        self.at, self.cpu = time.monotonic(), time.process_time()


@harmless
def process(sample: Sample, now: float) -> None:
    """Emit the process's share of one core and its resident memory, every 10 s while it has calls."""
    if now - sample.at < HEARTBEAT_SECONDS:
        return
    cpu = time.process_time()
    ratio = (cpu - sample.cpu) / (now - sample.at)
    sample.at, sample.cpu = now, cpu
    if calls.live():
        emit.event(None, e.PROCESS, {e.CPU.name: ratio, e.MEMORY.name: resident_bytes()})


def resident_bytes() -> int:
    """Return the resident memory of this process; its peak where there is no /proc."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource  # noqa: PLC0415 - not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
