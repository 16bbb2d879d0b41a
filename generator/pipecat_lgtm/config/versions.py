"""Versions of the engines that the renderers know, with the images that carry them."""

from pydantic import field_validator

from pipecat_lgtm.config.base import Section

KNOWN: dict[str, dict[str, str]] = {
    "otelcol": {"0.155.0": "otel/opentelemetry-collector-contrib:0.155.0"},
    "prometheus": {"3.16.0": "prom/prometheus:v3.16.0"},
    "alertmanager": {"0.31.1": "prom/alertmanager:v0.31.1"},
    "tempo": {"2.8.0": "grafana/tempo:2.8.0"},
    "loki": {"3.7.8": "grafana/loki:3.7.8"},
    "grafana": {"12.3.0": "grafana/grafana:12.3.0"},
    "python": {"3.12-slim": "python:3.12-slim"},
}


class Versions(Section):
    """The version of each engine."""

    otelcol: str
    prometheus: str
    alertmanager: str
    tempo: str
    loki: str
    grafana: str
    python: str

    @field_validator("*")
    @classmethod
    def _known(cls, value: str, info: object) -> str:
        engine = str(getattr(info, "field_name", ""))
        if value not in KNOWN[engine]:
            raise ValueError(f"the renderer does not know {engine} {value}; it knows {', '.join(KNOWN[engine])}")
        return value

    def image(self, engine: str) -> str:
        """Return the container image of an engine."""
        return KNOWN[engine][getattr(self, engine)]
