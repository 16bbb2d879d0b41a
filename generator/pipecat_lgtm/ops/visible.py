"""What the stores say when asked over their own APIs; one that is slow or away for a moment is waited for."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from pipecat_lgtm import http
from pipecat_lgtm.config import Config
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import access
from pipecat_lgtm.queries import lookups
from pipecat_lgtm.queries.query import Query

_TIMEOUT_SECONDS = 10.0
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
T = TypeVar("T")


class Stores:
    """Prometheus, Tempo and Loki of one stack, wherever they run."""

    def __init__(self, config: Config) -> None:
        address, ports, remote = config.network.inside_host, config.network.ports, config.stores
        self._config = config
        self._bases = {
            "prometheus": _base(remote.prometheus.url, f"http://{address}:{ports.prometheus}"),
            "tempo": _base(remote.tempo.url, f"http://{address}:{ports.tempo}"),
            "loki": _base(remote.loki.url, f"http://{address}:{ports.loki}"),
        }

    def value(self, query: Query) -> float:
        """Return the value of an instant query with one series; 0 if there is none.

        Raises:
            CheckFailed: Prometheus has not answered for a minute.
        """

        def read(answer: httpx.Response) -> float:
            result = answer.raise_for_status().json()["data"]["result"]
            return float(result[0]["value"][1]) if result else 0.0

        return self._ask("prometheus", "/api/v1/query", {"query": query.expr}, read)

    def spans(self, trace_id: str) -> int:
        """Return how many spans of a trace Tempo has.

        Raises:
            CheckFailed: Tempo has not answered for a minute.
        """

        def read(answer: httpx.Response) -> int:
            if answer.status_code == httpx.codes.NOT_FOUND:
                return 0
            batches: list[dict[str, Any]] = answer.raise_for_status().json()["batches"]
            return sum(len(scope["spans"]) for batch in batches for scope in batch["scopeSpans"])

        return self._ask("tempo", f"/api/traces/{trace_id}", {}, read)

    def has_lines(self, service: str, trace_id: str) -> bool:
        """Tell whether Loki has a log line of a trace.

        Raises:
            CheckFailed: Loki has not answered for a minute.
        """
        params = {"query": lookups.lines_of_trace(service, trace_id).expr, "limit": "1"}

        def read(answer: httpx.Response) -> bool:
            return bool(answer.raise_for_status().json()["data"]["result"])

        return self._ask("loki", "/loki/api/v1/query_range", params, read)

    def _ask(self, store: str, path: str, params: dict[str, str], read: Callable[[httpx.Response], T]) -> T:
        """Return what is read of an answer; ask again while there is none that can be read."""
        url, began, shown = self._bases[store], time.monotonic(), access.of(self._config, store)
        while True:
            try:
                answer = http.request(
                    "GET",
                    f"{url}{path}",
                    _TIMEOUT_SECONDS,
                    params=params,
                    headers=shown.headers,
                    trusted=shown.trusted,
                )
                return read(answer)
            except httpx.HTTPStatusError as error:
                said = f"{error.response.status_code} {error.response.reason_phrase}"
            except httpx.HTTPError as error:
                said = str(error) or type(error).__name__
            except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
                said = f"what it says is no answer of {store}"
            if time.monotonic() - began > _PATIENCE_SECONDS:
                raise CheckFailed(
                    f"{store}: {url}: {said}", f"`pipecat-lgtm status`, then `pipecat-lgtm logs {store}`; try again"
                )
            time.sleep(_PAUSE_SECONDS)


def _base(remote: object, local: str) -> str:
    return str(remote).rstrip("/") if remote else local
