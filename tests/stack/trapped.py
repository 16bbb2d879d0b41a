"""The traps of tests/fixtures/traps.json as spans to send, and a collector without the filter of one of them."""

import copy
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import otlp
from expect import attributes_of
from stacks import Stack

import yamls

FIXTURES = Path(__file__).parents[1] / "fixtures"
_OPENINFERENCE = "openinference.instrumentation.pipecat"


@dataclass(frozen=True)
class Trap:
    """One false value that Pipecat's telemetry has.

    Args:
        row: of traps.json. `trap` is its number in the design, `from`, `span` and `with` find the recorded span
            (null: the attribute is absent), `made` is a hand-made one, `query` is what it would poison (`$` stands for
            the service), `right` is the value with the filter and `wrong` the value without, `without` says which
            statements of the rendered collector are the filter.
    """

    row: dict[str, Any]

    @property
    def id(self) -> str:
        """Its number and case."""
        return f"{self.row['trap']} {self.row['case']}"

    def spans(self) -> list[dict[str, Any]]:
        """Return its spans: as recorded, but of now and of one trace of their own."""
        now, trace_id = time.time_ns(), otlp.trace_id()
        found = copy.deepcopy(self._recorded() if "from" in self.row else [self._made()])
        assert found, f"{self.id}: no such span in {self.row['from']}"
        for span in found:
            length = int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])
            span |= {"traceId": trace_id, "startTimeUnixNano": str(now - length), "endTimeUnixNano": str(now)}
            span["attributes"] += otlp.attributes(self.row.get("add", {}))
            assert self.row["poison"] in attributes_of(span)
        return found

    def _recorded(self) -> list[dict[str, Any]]:
        requests = json.loads((FIXTURES / "dialects" / f"{self.row['from']}.json").read_text(encoding="utf-8"))
        spans = [
            span
            for request in requests
            for resource in request["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]
        return [span for span in spans if span["name"] == self.row["span"] and self._fits(span)]

    def _fits(self, span: dict[str, Any]) -> bool:
        attributes = attributes_of(span) | {"status": span["status"]["code"]}
        return all(attributes.get(key) == value for key, value in self.row["with"].items())

    def _made(self) -> dict[str, Any]:
        made = self.row["made"]
        long = {key: "word " * (size // 5) for key, size in self.row.get("long", {}).items()}
        length = round(made["seconds"] * 1e9)
        return otlp.span(made["name"], made["attributes"] | long, startTimeUnixNano="0", endTimeUnixNano=str(length))

    def feed(self, stack: Stack, service: str) -> str:
        """Send its spans and events under a service's name; return the trace id."""
        spans = self.spans()
        scope = _OPENINFERENCE if spans[0]["name"].startswith("pipecat.") else "pipecat"
        for extra in self.row.get("resources", [{}]):
            otlp.send(stack.ports.otlp_http, otlp.traces(spans, {"service.name": service, **extra}, scope))
        for event in self.row.get("events", []):
            record = otlp.event(event["event.name"], event)
            otlp.send(stack.ports.otlp_http, otlp.logs([record], {"service.name": service}))
        return str(spans[0]["traceId"])

    def query(self, service: str) -> str:
        """Return the query that shows what it would poison."""
        return self.row["query"].replace("$", f'service_name="{service}"') + " or vector(0)"

    def unfilter(self, stack: Stack) -> None:
        """Take its filter out of a stack's rendered collector; fail if there is no such filter."""
        path = stack.folder / "config" / "collector" / "config.yaml"
        config = yamls.load(path.read_text(encoding="utf-8"))
        for edit in self.row["without"]:
            section, name = edit["in"].split(":")
            before = copy.deepcopy(config[section][name])
            config[section][name] = _edited(config[section][name], edit["find"], edit.get("put"))
            assert before != config[section][name], f"{self.id}: {name} has no {edit['find']}"
        path.write_text(yamls.dump(config), encoding="utf-8")


TRAPS = [Trap(row) for row in json.loads((FIXTURES / "traps.json").read_text(encoding="utf-8"))]


def _edited(value: Any, find: str, put: str | None) -> Any:  # noqa: ANN401 - any YAML
    """Return a config with a text replaced, or without the list items that contain it."""
    match value:
        case str():
            return value if put is None else value.replace(find, put)
        case dict():
            return {key: _edited(item, find, put) for key, item in value.items()}
        case list():
            kept = [item for item in value if put is not None or not _says(item, find)]
            return [_edited(item, find, put) for item in kept]
        case _:
            return value


def _says(item: Any, find: str) -> bool:  # noqa: ANN401 - any YAML
    return find in item if isinstance(item, str) else isinstance(item, dict) and item.get("name") == find
