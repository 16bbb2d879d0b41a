"""The sandbox's bot, of which every span and log record is counted as OpenTelemetry's SDK makes it.

`python counted_bot.py FILE ARGUMENTS…`: the arguments are those of `python -m pipecat_lgtm.sandbox`; what was made is
in the file when the bot has ended, and for how long the bot was held up at most while one was taken from it. Each log
record carries its number, so that one which arrives twice is seen.
"""

import atexit
import itertools
import json
import runpy
import sys
import time
from pathlib import Path
from typing import Any

from opentelemetry.sdk._logs import (
    LoggerProvider,
    LogRecordProcessor,
    ReadWriteLogRecord,
    SynchronousMultiLogRecordProcessor,
)
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, SynchronousMultiSpanProcessor, TracerProvider

NUMBER = "test.number"


class Spans(SpanProcessor):
    """Counts spans that have ended."""

    made = 0

    def on_end(self, span: ReadableSpan) -> None:  # noqa: ARG002 - the SDK's signature
        """Count one."""
        Spans.made += 1


class Records(LogRecordProcessor):
    """Numbers log records."""

    numbers = itertools.count(1)
    made = 0

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Number one."""
        Records.made = next(self.numbers)
        log_record.log_record.attributes = {**(log_record.log_record.attributes or {}), NUMBER: Records.made}

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Nothing is held."""
        return True

    def shutdown(self) -> None:
        """Nothing is held."""


def _first(provider: type, method: str, processor: Any) -> None:  # noqa: ANN401 - of either kind
    """Give every provider of this process a processor before any other."""
    make = provider.__init__  # type: ignore[misc]

    def made(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's signature
        make(self, *args, **kwargs)
        getattr(self, method)(processor)

    provider.__init__ = made  # type: ignore[misc]


class Held:
    """How long a thread of the bot was held up at most by all processors together, seconds, and how often it was."""

    longest, times = 0.0, 0

    @classmethod
    def watch(cls, processors: type, method: str) -> None:
        """Measure a method of what hands a span or a record to every processor."""
        hand_over = getattr(processors, method)

        def measured(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's signature
            began = time.monotonic()
            hand_over(*args, **kwargs)
            cls.longest, cls.times = max(cls.longest, time.monotonic() - began), cls.times + 1

        setattr(processors, method, measured)


def _made() -> dict[str, float]:
    return {"spans": Spans.made, "logs": Records.made, "held": Held.times, "longest_seconds": Held.longest}


if __name__ == "__main__":
    file = Path(sys.argv[1])
    _first(TracerProvider, "add_span_processor", Spans())
    _first(LoggerProvider, "add_log_record_processor", Records())
    Held.watch(SynchronousMultiSpanProcessor, "on_start")
    Held.watch(SynchronousMultiSpanProcessor, "on_end")
    Held.watch(SynchronousMultiLogRecordProcessor, "on_emit")
    atexit.register(lambda: file.write_text(json.dumps(_made())))
    sys.argv[:2] = ["sandbox"]
    runpy.run_module("pipecat_lgtm.sandbox", run_name="__main__", alter_sys=True)
