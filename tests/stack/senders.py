"""Bots that keep sending the same spans, so that an alert goes on firing."""

import threading
import time
from typing import Any

import otlp

_EVERY_SECONDS = 1.0


class Sender(threading.Thread):
    """Sends its spans about once a second until it is stopped; ids stay, times are new.

    Args:
        port: of OTLP/HTTP.
        service: the bot's name.
        spans: sent together.
    """

    def __init__(self, port: int, service: str, spans: list[dict[str, Any]]) -> None:
        super().__init__(daemon=True)
        self._port, self._resource = port, {"service.name": service, "deployment.environment": "test"}
        self.spans = spans
        self.failures: list[str] = []
        self._end = threading.Event()

    def run(self) -> None:
        """Send until the end."""
        while not self._end.is_set():
            now = time.time_ns()
            for one in self.spans:
                one |= {"startTimeUnixNano": str(now - 10**9), "endTimeUnixNano": str(now)}
            try:
                otlp.send(self._port, otlp.traces(self.spans, self._resource))
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
                self.failures.append(repr(error))
            self._end.wait(_EVERY_SECONDS)

    def stop(self) -> None:
        """Send no more; fail if something could not be sent."""
        self._end.set()
        self.join()
        assert [] == self.failures
