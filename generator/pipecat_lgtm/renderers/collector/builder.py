"""The manifest of an own slim collector: only the components that the rendered configuration uses."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers.text import to_yaml

_CORE = "go.opentelemetry.io/collector"
_CONTRIB = "github.com/open-telemetry/opentelemetry-collector-contrib"
_PROVIDER_VERSIONS = {"0.155.0": "1.61.0"}
_COMPONENTS = {
    "extensions": (
        f"{_CONTRIB}/extension/basicauthextension",
        f"{_CONTRIB}/extension/bearertokenauthextension",
        f"{_CONTRIB}/extension/healthcheckextension",
        f"{_CONTRIB}/extension/storage/filestorage",
    ),
    "receivers": (f"{_CORE}/receiver/otlpreceiver",),
    "processors": (
        f"{_CORE}/processor/batchprocessor",
        f"{_CORE}/processor/memorylimiterprocessor",
        f"{_CONTRIB}/processor/deltatocumulativeprocessor",
        f"{_CONTRIB}/processor/filterprocessor",
        f"{_CONTRIB}/processor/groupbyattrsprocessor",
        f"{_CONTRIB}/processor/transformprocessor",
    ),
    "connectors": (
        f"{_CORE}/connector/forwardconnector",
        f"{_CONTRIB}/connector/signaltometricsconnector",
        f"{_CONTRIB}/connector/spanmetricsconnector",
    ),
    "exporters": (
        f"{_CORE}/exporter/nopexporter",  # the baseline of `bench`
        f"{_CORE}/exporter/otlpexporter",
        f"{_CORE}/exporter/otlphttpexporter",
        f"{_CONTRIB}/exporter/prometheusexporter",
        f"{_CONTRIB}/exporter/fileexporter",  # what left the collector, for tests
    ),
}


def builder(config: Config) -> dict[str, Any]:
    """Return the manifest for `go.opentelemetry.io/collector/cmd/builder`."""
    version = config.versions.tested("otelcol")
    manifest: dict[str, Any] = {
        "dist": {
            "name": "otelcol",
            "description": "OpenTelemetry Collector for pipecat-lgtm",
            "version": version,
            "output_path": "build",
        }
    }
    for kind, modules in _COMPONENTS.items():
        manifest[kind] = [{"gomod": f"{module} v{version}"} for module in modules]
    manifest["providers"] = [
        {"gomod": f"{_CORE}/confmap/provider/{name} v{_PROVIDER_VERSIONS[version]}"}
        for name in ("envprovider", "fileprovider", "yamlprovider")
    ]
    return manifest


def manifest(config: Config) -> str:
    """Return collector/builder.yaml."""
    return to_yaml(builder(config), note="For an own slim build: `builder --config builder.yaml`.")
