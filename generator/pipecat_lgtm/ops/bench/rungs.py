"""The ladder: the rendered collector, from nothing but its receiver up to the whole, one step at a time.

Every rung is cut out of the shipped rendering, so that what is measured is what runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers.collector import collector, edge, names, protect, shares
from pipecat_lgtm.renderers.placement import Placement

_MEASURES = ("lean", "counts", "latency", "e2e", "duration", "failures")
_BREACHES = (*_MEASURES, "offenders", "breaches")
_SUMS = (*_BREACHES, "sums")
_COUNTED = "file/counted"
_HOP = "forward/hop"
COUNTED = "counted.json"
"""Where a rung's metrics go, to be held against what was sent."""


@dataclass(frozen=True)
class Rung:
    """One step of the ladder.

    Args:
        name: as printed.
        pipelines: the traces pipelines behind the first one, with all that receive from `breaches` and `offenders`;
            with any, what was sent is counted.
        mode: of content protection, or none.
        stores: through the shipped exporters: traces and logs to a sink by the queue on disk, metrics as Prometheus
            scrapes them; else traces and logs go nowhere, and metrics to a file.
        bare: nothing but the receiver.
    """

    name: str
    pipelines: tuple[str, ...] = ()
    mode: protect.Mode | None = None
    stores: bool = False
    bare: bool = False

    def config(self, config: Config, placement: Placement) -> dict[str, Any]:
        """Return the collector's configuration of this rung."""
        if self.mode is not None:
            config = config.model_copy(update={"content": config.content.model_copy(update={"mode": self.mode})})
        full = collector(config, placement)
        if not self.stores:
            _unplug(full, placement)
        kept = {"traces", "traces/tempo", *(f"traces/{name}" for name in self.pipelines)}
        kept |= {"metrics/spans"} if self.pipelines else set()
        kept |= {"metrics/breaches", "metrics/affected"} if "breaches" in self.pipelines else set()
        kept |= {"metrics/sums"} if "sums" in self.pipelines else set()
        further = {names.OFFENDERS, names.BREACHED} if "breaches" in self.pipelines else set()
        further |= {shares.VALUES} if "sums" in self.pipelines else set()
        pipelines = {
            name: body
            for name, body in full["service"]["pipelines"].items()
            if name in kept or further & set(body["receivers"])
        }
        if self.bare:
            pipelines["traces"]["processors"] = []
        if self.mode is None:
            pipelines["traces"]["processors"] = [
                one for one in pipelines["traces"]["processors"] if one != protect.SPANS
            ]
        full["service"]["pipelines"] = _closed(pipelines, set(full["connectors"]))
        return full


LADDER = (
    Rung("nop", bare=True),
    Rung("+ normalise"),
    Rung("+ measures", _MEASURES),
    Rung("+ breaches", _BREACHES),
    Rung("+ sums", _SUMS),
    Rung("content: keep", _SUMS, "keep"),
    Rung("content: drop", _SUMS, "drop"),
    Rung("content: redact", _SUMS, "redact"),
    Rung("whole, to stores", _SUMS, "redact", stores=True),
)
WITHOUT, WITH = LADDER[4], LADDER[7]
"""The same pipelines without and with redaction."""


def sink(placement: Placement, ports: dict[str, int]) -> dict[str, Any]:
    """Return the configuration of a collector that stands for Tempo and Loki: it takes everything.

    Args:
        placement: where it listens.
        ports: of Tempo's OTLP receiver, Loki and the health check.
    """
    address = placement.address
    loki = {"endpoint": f"{address}:{ports['loki']}", "logs_url_path": "/otlp/v1/logs"}
    return {
        "extensions": {"health_check": {"endpoint": f"{address}:{ports['collector_health']}"}},
        "receivers": {
            "otlp/tempo": {"protocols": {"grpc": {"endpoint": f"{address}:{ports['tempo_otlp']}"}}},
            "otlp/loki": {"protocols": {"http": loki}},
        },
        "exporters": {"nop": {}},
        "service": {
            "extensions": ["health_check"],
            "telemetry": {"metrics": {"level": "none"}},
            "pipelines": {
                "traces": {"receivers": ["otlp/tempo"], "exporters": ["nop"]},
                "logs": {"receivers": ["otlp/loki"], "exporters": ["nop"]},
            },
        },
    }


def _file(placement: Placement) -> dict[str, Any]:
    return {"path": str(Path(placement.data("collector")) / COUNTED)}


def _unplug(full: dict[str, Any], placement: Placement) -> None:
    """Send traces and logs nowhere, metrics to a file, and keep no queue: what is taken goes on within the process."""
    connectors = full["connectors"]
    connectors[_HOP] = {}
    for body in full["service"]["pipelines"].values():
        body["exporters"] = [_HOP if one == edge.INTAKE else one for one in body["exporters"]]
        body["receivers"] = [_HOP if one == edge.INTERNAL else one for one in body["receivers"]]
    del full["receivers"][edge.INTERNAL]
    for name, body in full["service"]["pipelines"].items():
        to = _COUNTED if name.startswith("metrics") else "nop"
        inner = [one for one in body["exporters"] if one in connectors]
        body["exporters"] = inner + ([to] if len(inner) < len(body["exporters"]) else [])
    full["exporters"] = {"nop": {}, _COUNTED: _file(placement)}
    full["extensions"] = {"health_check": full["extensions"]["health_check"]}
    full["service"]["extensions"] = ["health_check"]


def _closed(pipelines: dict[str, Any], connectors: set[str]) -> dict[str, Any]:
    """Leave out the connectors of which only one end is there."""
    received = {one for body in pipelines.values() for one in body["receivers"]}
    sent = {one for body in pipelines.values() for one in body["exporters"]}

    def there(other: set[str]) -> Callable[[str], bool]:
        return lambda one: one not in connectors or one in other

    return {
        name: {
            "receivers": list(filter(there(sent), body["receivers"])),
            "processors": body["processors"],
            "exporters": list(filter(there(received), body["exporters"])),
        }
        for name, body in pipelines.items()
    }
