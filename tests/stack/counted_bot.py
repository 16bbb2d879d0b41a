"""The sandbox's bot, of which every span and log record is counted as OpenTelemetry's SDK makes it.

`python counted_bot.py FILE ARGUMENTS…`: the arguments are those of `python -m pipecat_lgtm.sandbox`; what was made is
in the file when the bot has ended. Each log record carries its number, so that one which arrives twice is seen.
"""

import atexit
import itertools
import json
import runpy
import sys
from pathlib import Path
from typing import Any

from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

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


if __name__ == "__main__":
    file = Path(sys.argv[1])
    _first(TracerProvider, "add_span_processor", Spans())
    _first(LoggerProvider, "add_log_record_processor", Records())
    atexit.register(lambda: file.write_text(json.dumps({"spans": Spans.made, "logs": Records.made})))
    sys.argv[:2] = ["sandbox"]
    runpy.run_module("pipecat_lgtm.sandbox", run_name="__main__", alter_sys=True)
