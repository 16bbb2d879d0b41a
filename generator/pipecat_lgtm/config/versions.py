"""Versions of the engines that the renderers know, with the images that carry them."""

import re

from pydantic import field_validator

from pipecat_lgtm.config.base import Section

KNOWN: dict[str, dict[str, str]] = {
    "caddy": {"2.11.9": "caddy:2.11.9"},
    "otelcol": {"0.155.0": "otel/opentelemetry-collector-contrib:0.155.0"},
    "prometheus": {"3.16.0": "prom/prometheus:v3.16.0"},
    "alertmanager": {"0.31.1": "prom/alertmanager:v0.31.1"},
    "tempo": {"2.8.0": "grafana/tempo:2.8.0"},
    "loki": {"3.7.8": "grafana/loki:3.7.8"},
    "grafana": {"12.3.0": "grafana/grafana:12.3.0"},
    "python": {"3.12-slim": "python:3.12-slim"},
}
"""What the tests run."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PATCH = re.compile(r"(\d+\.\d+)\.(\d+)")


class Versions(Section):
    """The version of each engine: a known one, or another patch release of it."""

    caddy: str
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
        release, at, digest = value.partition("@")
        if at and not _DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is no digest of an image; write {release}@sha256:… with its 64 hex digits")
        if not is_known(engine, release):
            raise ValueError(
                f"the renderer does not know {engine} {value}; "
                f"it knows {', '.join(KNOWN[engine])} and its patch releases"
            )
        return value

    def image(self, engine: str) -> str:
        """Return the container image of an engine."""
        known = self.tested(engine)
        return KNOWN[engine][known].replace(known, getattr(self, engine))

    def release(self, engine: str) -> str:
        """Return the version of an engine without the digest of its image, which it may have behind an @."""
        return str(getattr(self, engine)).partition("@")[0]

    def tested(self, engine: str) -> str:
        """Return the version of an engine that was tested, of which the configured one may be a patch release."""
        return _known_of(engine, self.release(engine)) or next(iter(KNOWN[engine]))

    def notes(self) -> list[str]:
        """Return what is to be said of patch releases that no test here has seen."""
        return [
            f"versions.{engine}: {wanted} is a patch release that was not tested here; {known} was"
            for engine, _ in self
            if (known := self.tested(engine)) != (wanted := self.release(engine))
        ]


def is_known(engine: str, version: str) -> bool:
    """Tell whether a version of an engine is one that the renderers know, or a patch release of it."""
    return _known_of(engine, version) is not None


def _known_of(engine: str, version: str) -> str | None:
    """Return the known version that a version is, or is a patch release of."""
    if version in KNOWN[engine]:
        return version
    minor = _PATCH.fullmatch(version)
    for known in KNOWN[engine]:
        own = _PATCH.fullmatch(known)
        if minor and own and minor[1] == own[1]:
            return known
    return None
