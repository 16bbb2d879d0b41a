"""The engines: which Go module at which version builds which programs."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pipecat_lgtm.errors import EngineError

BUILDER = "go.opentelemetry.io/collector/cmd/builder@v0.164.0"
"""Writes the collector's main package from collector/builder.yaml."""

_PROMETHEUS = "github.com/prometheus/prometheus/cmd"
_ALERTMANAGER = "github.com/prometheus/alertmanager/cmd"


@dataclass(frozen=True)
class Engine:
    """One engine.

    Args:
        name: as in stack.yaml's `versions`.
        version: the one that its go.mod and go.sum build.
        packages: Go package by program; the collector's is generated, Caddy's names the modules of it that are used.
        tags: Go build tags.
        minutes: a cold build takes on two cores.
    """

    name: str
    version: str
    packages: dict[str, str]
    tags: str = ""
    minutes: float = 3.0

    @property
    def programs(self) -> tuple[str, ...]:
        """The names of its programs."""
        return tuple(self.packages)

    @property
    def module(self) -> Path:
        """The folder of its go.mod and go.sum."""
        return Path(str(resources.files("pipecat_lgtm.engines"))) / "modules" / self.name

    @property
    def sources(self) -> list[Path]:
        """What it is built from here: go.mod, go.sum, and a main package where upstream's has more than is needed."""
        return sorted(self.module.glob("*"))


ENGINES: dict[str, Engine] = {
    one.name: one
    for one in (
        Engine("caddy", "2.11.9", {"caddy": "."}, minutes=1.5),
        Engine("otelcol", "0.155.0", {"otelcol": "."}, minutes=3),
        Engine(
            "prometheus",
            "3.16.0",
            {"prometheus": f"{_PROMETHEUS}/prometheus", "promtool": f"{_PROMETHEUS}/promtool"},
            tags="remove_all_sd",
            minutes=2.5,
        ),
        Engine(
            "alertmanager",
            "0.31.1",
            {"alertmanager": f"{_ALERTMANAGER}/alertmanager", "amtool": f"{_ALERTMANAGER}/amtool"},
            minutes=0.75,
        ),
        Engine("tempo", "2.8.0", {"tempo": "github.com/grafana/tempo/cmd/tempo"}, minutes=3.5),
        Engine("loki", "3.7.8", {"loki": "github.com/grafana/loki/v3/cmd/loki"}, minutes=6.5),
        Engine("compose", "2.40.3", {"docker-compose": "github.com/docker/compose/v2/cmd"}, minutes=1.5),
    )
}
"""In the order in which they are built: what stands before all stores, then what serves metrics and alerts."""


def engine_of(program: str) -> Engine:
    """Return the engine a program belongs to.

    Raises:
        EngineError: no engine has it.
    """
    for engine in ENGINES.values():
        if program in engine.programs:
            return engine
    known = ", ".join(name for engine in ENGINES.values() for name in engine.programs)
    raise EngineError(f"{program}: no engine of this stack has such a program", f"one of {known}")
