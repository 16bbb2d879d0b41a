"""Asks the configured stores what a panel's targets ask; a failure is an answer too."""

from typing import Any

import httpx

from pipecat_lgtm import http
from pipecat_lgtm.config import Config
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import access
from pipecat_lgtm.ops.preview import legends
from pipecat_lgtm.ops.preview.answers import Answer, Dot, Series
from pipecat_lgtm.ops.preview.choices import Choices
from pipecat_lgtm.ops.preview.traces import rows_of, spans_of
from pipecat_lgtm.queries import panels_calls
from pipecat_lgtm_bridge.contract import labels

_TIMEOUT = 30.0
_TRACE_ID_LENGTH = 32


class Stores:
    """The stores of one config.

    Args:
        config: says where they are.
    """

    def __init__(self, config: Config) -> None:
        address, ports, given = config.network.inside_host, config.network.ports, config.stores
        self._urls = {
            "prometheus": str(given.prometheus.url or f"http://{address}:{ports.prometheus}").rstrip("/"),
            "tempo": str(given.tempo.url or f"http://{address}:{ports.tempo}").rstrip("/"),
            "loki": str(given.loki.url or f"http://{address}:{ports.loki}").rstrip("/"),
        }
        self._config = config

    def ask(self, target: dict[str, Any], choices: Choices) -> Answer:
        """Return the answer to a target."""
        kind = target["datasource"]["type"]
        text = target["query"] if kind == "tempo" else target["expr"]
        expr = choices.fill(text, target.get("interval", ""))
        try:
            return getattr(self, f"_{kind}")(target, expr, choices)  # type: ignore[no-any-return]
        except CheckFailed as error:
            return Answer(target["refId"], expr, error=error.message)
        except httpx.HTTPStatusError as error:
            said = error.response.text.strip()[:500] or error.response.reason_phrase
            return Answer(target["refId"], expr, error=f"{kind}: {error.response.status_code}: {said}")
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            return Answer(target["refId"], expr, error=f"{kind} at {self._urls[kind]}: {said}")
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            return Answer(target["refId"], expr, error=f"{kind} at {self._urls[kind]}: that is no answer of {kind}")

    def latest_call(self, choices: Choices) -> str:
        """Return the trace id of the newest conversation; empty without any."""
        search = self._get("tempo", "/api/search", self._span_of_time(choices) | {
            "q": choices.fill(panels_calls.conversations().expr), "limit": "1",
        })  # fmt: skip
        found = search.get("traces") or []
        return str(found[0]["traceID"]).zfill(_TRACE_ID_LENGTH) if found else ""

    def _get(self, kind: str, path: str, params: dict[str, str]) -> dict[str, Any]:
        shown = access.of(self._config, kind)
        answer = http.request(
            "GET", self._urls[kind] + path, _TIMEOUT, params=params, headers=shown.headers, trusted=shown.trusted
        )
        answer.raise_for_status()
        data: dict[str, Any] = answer.json()
        return data

    def _prometheus(self, target: dict[str, Any], expr: str, choices: Choices) -> Answer:
        ref = target["refId"]
        if target["exemplar"]:
            data = self._get("prometheus", "/api/v1/query_exemplars", _window(choices) | {"query": expr})
            return Answer(ref, expr, dots=_dots(data["data"]))
        if target["instant"]:
            data = self._get("prometheus", "/api/v1/query", {"query": expr, "time": f"{choices.end:.3f}"})
        else:
            step = str(choices.step(target.get("interval", "")))
            data = self._get("prometheus", "/api/v1/query_range", _window(choices) | {"query": expr, "step": step})
        series = _all(data["data"]["result"], target["legendFormat"])
        warnings = tuple(data.get("warnings", ()))
        if target["format"] == "table":
            rows = [one.labels | {f"Value #{ref}": one.last} for one in series]
            return Answer(ref, expr, rows=rows, warnings=warnings)
        return Answer(ref, expr, series, warnings=warnings)

    def _loki(self, target: dict[str, Any], expr: str, choices: Choices) -> Answer:
        nanoseconds = {"start": f"{choices.start * 1e9:.0f}", "end": f"{choices.end * 1e9:.0f}"}
        params = nanoseconds | {"query": expr, "limit": str(target["maxLines"]), "step": str(choices.step())}
        data = self._get("loki", "/loki/api/v1/query_range", params)["data"]
        if data["resultType"] == "matrix":
            return Answer(target["refId"], expr, _all(data["result"], target["legendFormat"]))
        rows = [
            {"time": int(stamp) / 1e9, "line": line, **stream["stream"]}
            for stream in data["result"]
            for stamp, line, *_ in stream["values"]
        ]
        return Answer(target["refId"], expr, rows=sorted(rows, key=lambda row: -row["time"]))

    def _tempo(self, target: dict[str, Any], expr: str, choices: Choices) -> Answer:
        ref = target["refId"]
        if "{" not in expr:
            if not expr:
                return Answer(ref, expr)
            return Answer(ref, expr, spans=spans_of(self._get("tempo", f"/api/traces/{expr}", {})))
        params = self._span_of_time(choices) | {"q": expr, "limit": str(target["limit"]), "spss": str(target["spss"])}
        return Answer(ref, expr, rows=rows_of(self._get("tempo", "/api/search", params)))

    @staticmethod
    def _span_of_time(choices: Choices) -> dict[str, str]:
        return {"start": str(int(choices.start)), "end": str(int(choices.end) + 1)}


def _window(choices: Choices) -> dict[str, str]:
    return {"start": f"{choices.start:.3f}", "end": f"{choices.end:.3f}"}


def _all(found: list[dict[str, Any]], legend: str) -> list[Series]:
    """Return the series that have any value; NaN is none."""
    return [series for one in found if (series := _series(one, legend)).points]


def _series(one: dict[str, Any], legend: str) -> Series:
    values = one["values"] if "values" in one else [one["value"]]
    points = [(float(stamp), float(text)) for stamp, text in values if text != "NaN"]
    return Series(legends.name(legend, one["metric"]), one["metric"], points)


def _dots(data: list[dict[str, Any]]) -> list[Dot]:
    every = (one for series in data for one in series["exemplars"])
    known = {one["labels"].get(labels.TRACE_ID): one for one in every}
    return [Dot(float(one["timestamp"]), float(one["value"]), trace) for trace, one in known.items() if trace]
