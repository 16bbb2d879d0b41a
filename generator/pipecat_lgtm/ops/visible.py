"""What the stores say when asked over their own APIs."""

import httpx

from pipecat_lgtm.config import Config
from pipecat_lgtm.queries import lookups
from pipecat_lgtm.queries.query import Query

_TIMEOUT_SECONDS = 10.0


class Stores:
    """Prometheus, Tempo and Loki of one stack, wherever they run."""

    def __init__(self, config: Config) -> None:
        address, ports, remote = config.network.inside_host, config.network.ports, config.stores
        self._prometheus = _base(remote.prometheus.url, f"http://{address}:{ports.prometheus}")
        self._tempo = _base(remote.tempo.url, f"http://{address}:{ports.tempo}")
        self._loki = _base(remote.loki.url, f"http://{address}:{ports.loki}")

    def value(self, query: Query) -> float:
        """Return the value of an instant query with one series; nought if there is none."""
        params = {"query": query.expr}
        answer = httpx.get(f"{self._prometheus}/api/v1/query", params=params, timeout=_TIMEOUT_SECONDS)
        result = answer.json()["data"]["result"]
        return float(result[0]["value"][1]) if result else 0.0

    def spans(self, trace_id: str) -> int:
        """Return how many spans of a trace Tempo has."""
        answer = httpx.get(f"{self._tempo}/api/traces/{trace_id}", timeout=_TIMEOUT_SECONDS)
        if answer.status_code != httpx.codes.OK:
            return 0
        return sum(len(scope["spans"]) for batch in answer.json()["batches"] for scope in batch["scopeSpans"])

    def has_lines(self, service: str, trace_id: str) -> bool:
        """Tell whether Loki has a log line of a trace."""
        params = {"query": lookups.lines_of_trace(service, trace_id).expr, "limit": "1"}
        answer = httpx.get(f"{self._loki}/loki/api/v1/query_range", params=params, timeout=_TIMEOUT_SECONDS)
        return answer.status_code == httpx.codes.OK and bool(answer.json()["data"]["result"])


def _base(remote: object, local: str) -> str:
    return str(remote).rstrip("/") if remote else local
