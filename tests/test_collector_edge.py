"""What the collector listens on and sends to, and that its pipelines hang together."""

from pathlib import Path
from typing import Any

import pytest

import rendered
from pipecat_lgtm.config import Config, load, load_default
from pipecat_lgtm.renderers import COMPOSE, native
from pipecat_lgtm.renderers.collector import collector, edge

EVERYTHING = load(rendered.EVERYTHING).config
CONFIGS = [pytest.param(load_default(), id="default"), pytest.param(EVERYTHING, id="everything")]


def _rendered(config: Config) -> dict[str, Any]:
    return collector(config, COMPOSE)


@pytest.mark.parametrize("config", CONFIGS)
def test_every_component_is_used_and_defined(config: Config) -> None:
    """Pipelines name only what is defined, and nothing is defined that no pipeline names."""
    made = _rendered(config)
    pipelines = made["service"]["pipelines"].values()
    for kind in ("receivers", "processors", "exporters"):
        named = {name for pipeline in pipelines for name in pipeline[kind]}
        connectors = set() if kind == "processors" else set(made["connectors"])

        assert set(made[kind]) == named - connectors
    assert set(made["extensions"]) == set(made["service"]["extensions"])


@pytest.mark.parametrize("config", CONFIGS)
def test_every_connector_joins_two_pipelines(config: Config) -> None:
    """A connector ends one pipeline and begins another; otherwise what enters it is lost."""
    made = _rendered(config)
    pipelines = made["service"]["pipelines"].values()
    ends = {name for pipeline in pipelines for name in pipeline["exporters"]}
    begins = {name for pipeline in pipelines for name in pipeline["receivers"]}

    assert set(made["connectors"]) == set(made["connectors"]) & ends & begins


@pytest.mark.parametrize("config", CONFIGS)
def test_content_is_protected_before_anything_is_kept(config: Config) -> None:
    """What bots send is guarded and protected first; only then does it reach a queue, a connector or a store."""
    pipelines = _rendered(config)["service"]["pipelines"]
    entrances = {name: body for name, body in pipelines.items() if "otlp" in body["receivers"]}

    assert {"traces", "logs"} == set(entrances)
    for name, body in entrances.items():
        assert "memory_limiter" == body["processors"][0]
        assert {"traces": "transform/protect_spans", "logs": "transform/protect_logs"}[name] in body["processors"]


def test_receivers() -> None:
    """Both OTLP protocols are taken, on the ports of stack.yaml, without authentication on loopback."""
    assert {
        "otlp": {
            "protocols": {
                "grpc": {"endpoint": "0.0.0.0:4317", "max_recv_msg_size_mib": 16},
                "http": {"endpoint": "0.0.0.0:4318"},
            }
        }
    } == edge.receivers(load_default(), COMPOSE)


def test_receivers_guarded() -> None:
    """Tokens and TLS guard both protocols; browsers of the named origins may post over HTTP."""
    tls = {"cert_file": "/run/secrets/otlp_cert", "key_file": "/run/secrets/otlp_key"}
    guard = {"auth": {"authenticator": "bearertokenauth"}, "tls": tls}
    protocols = edge.receivers(EVERYTHING, COMPOSE)["otlp"]["protocols"]

    assert {"endpoint": "0.0.0.0:4317", "max_recv_msg_size_mib": 16, **guard} == protocols["grpc"]
    assert {"auth": guard["auth"], "tls": tls} == {key: protocols["http"][key] for key in ("auth", "tls")}
    assert {
        "allowed_origins": ["https://app.example.com"],
        # A browser asks for both: OTLP as JSON is no simple content type.
        "allowed_headers": ["authorization", "content-type"],
    } == protocols["http"]["cors"]
    assert {"filename": "/run/secrets/otlp_tokens"} == edge.extensions(EVERYTHING, COMPOSE)["bearertokenauth"]


def test_secrets_natively() -> None:
    """A process of this machine reads the user's own secret files."""
    placement = native(EVERYTHING, Path("/state"))

    assert {"filename": "/srv/secrets/tokens"} == edge.extensions(EVERYTHING, placement)["bearertokenauth"]


def test_exporters() -> None:
    """Each signal goes to its own store in the stack; traces and logs are queued on disk, nothing is ever given up."""
    found = edge.exporters(load_default(), COMPOSE)

    assert {
        "otlp_http/prometheus_spans": "http://prometheus:9090/api/v1/otlp",
        "otlp_http/prometheus_sums": "http://prometheus:9090/api/v1/otlp",
        "otlp_grpc/tempo": "tempo:14317",
        "otlp_http/loki": "http://loki:3100/otlp",
    } == {name: body["endpoint"] for name, body in found.items()}
    assert {"0s"} == {body["retry_on_failure"]["max_elapsed_time"] for body in found.values()}
    assert {"otlp_grpc/tempo", "otlp_http/loki"} == {
        name for name, body in found.items() if body["sending_queue"].get("storage") == "file_storage/queue"
    }
    assert [1, 1] == [body["sending_queue"]["num_consumers"] for name, body in found.items() if "prometheus" in name]


def test_remote_stores() -> None:
    """A remote store is sent to at its own address, over TLS."""
    found = edge.exporters(EVERYTHING, COMPOSE)

    assert "https://metrics.example.com/prom/api/v1/otlp" == found["otlp_http/prometheus_sums"]["endpoint"]
    assert ("tempo.example.com:4317", {"insecure": False}) == (
        found["otlp_grpc/tempo"]["endpoint"],
        found["otlp_grpc/tempo"]["tls"],
    )
    assert "https://loki.example.com/otlp" == found["otlp_http/loki"]["endpoint"]


def test_further_destinations() -> None:
    """A further destination gets the signals it asked for, after protection, its secret from the environment."""
    made = _rendered(EVERYTHING)
    vendor, pipelines = made["exporters"]["otlp_http/vendor"], made["service"]["pipelines"]

    assert "https://otlp.example.com" == vendor["endpoint"]
    assert {"authorization": "${env:VENDOR_TOKEN}"} == vendor["headers"]
    assert {"otlp_http/vendor", "otlp_http/archive"} <= set(pipelines["traces"]["exporters"])
    assert "otlp_http/vendor" in pipelines["logs"]["exporters"]
    assert "otlp_http/archive" not in pipelines["logs"]["exporters"]


def test_limits() -> None:
    """Memory is limited below what is configured, and the collector has one identity over restarts."""
    made = _rendered(load_default())

    assert {"check_interval": "1s", "limit_mib": 800, "spike_limit_mib": 200} == made["processors"]["memory_limiter"]
    assert {"collector.instance.id": "gateway-0"} == made["service"]["telemetry"]["resource"]
