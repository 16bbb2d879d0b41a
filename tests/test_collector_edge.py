"""What the collector listens on and sends to, and that its pipelines hang together."""

from pathlib import Path
from typing import Any

import pytest

import rendered
from pipecat_lgtm.config import Config, load, load_default
from pipecat_lgtm.renderers import COMPOSE, native
from pipecat_lgtm.renderers.collector import collector, edge
from pipecat_lgtm_bridge.contract.signals import BREACH_FAMILIES

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

    assert {"receivers": ["otlp"], "processors": ["filter/other"], "exporters": ["prometheus/pipecat"]} == (
        entrances.pop("metrics/other")
    )
    assert {"traces", "logs"} == set(entrances)
    for name, body in entrances.items():
        assert "memory_limiter" == body["processors"][0]
        assert {"traces": "transform/protect_spans", "logs": "transform/protect_logs"}[name] in body["processors"]


def test_metrics_of_others(tmp_path: Path) -> None:
    """What takes them lets none through; where they are refused, the entrance has no pipeline for them."""
    rendered = _rendered(load_default())
    file = tmp_path / "stack.yaml"
    file.write_text("collector: {other_metrics: refuse}")
    refusing = _rendered(load(file).config)

    assert {"error_mode": "ignore", "metrics": {"metric": ["true"]}} == rendered["processors"]["filter/other"]
    assert {"filter/other": False, "metrics/other": False} == {
        "filter/other": "filter/other" in refusing["processors"],
        "metrics/other": "metrics/other" in refusing["service"]["pipelines"],
    }


def test_receivers() -> None:
    """Both OTLP protocols are taken, on the ports of stack.yaml, without authentication on loopback."""
    assert {
        "otlp": {
            "protocols": {
                "grpc": {"endpoint": "0.0.0.0:4317", "max_recv_msg_size_mib": 16},
                "http": {"endpoint": "0.0.0.0:4318"},
            }
        },
        "otlp/internal": {"protocols": {"grpc": {"endpoint": "0.0.0.0:14318", "max_recv_msg_size_mib": 64}}},
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
    """Traces and logs are queued on disk and never given up; metrics are held for Prometheus to scrape."""
    found = edge.exporters(load_default(), COMPOSE)

    assert {
        "prometheus/pipecat": "0.0.0.0:8889",
        "prometheus/breaches": "0.0.0.0:8890",
        "otlp_grpc/intake": "127.0.0.1:14318",
        "otlp_grpc/tempo": "tempo:14317",
        "otlp_http/loki": "http://loki:3100/otlp",
    } == {name: body["endpoint"] for name, body in found.items()}
    stores = [found["otlp_grpc/tempo"], found["otlp_http/loki"]]
    assert ["0s", "0s"] == [body["retry_on_failure"]["max_elapsed_time"] for body in stores]
    assert ["file_storage/queue"] * 2 == [body["sending_queue"]["storage"] for body in stores]


def test_series_expire_after_they_are_forgotten() -> None:
    """What is scraped stays longer than what counts it remembers it: else an old counter comes back after a gap."""
    made = _rendered(load_default())
    exporters, processors, connectors = made["exporters"], made["processors"], made["connectors"]

    assert ("86520s", "420s") == tuple(
        exporters[name]["metric_expiration"] for name in ("prometheus/pipecat", "prometheus/breaches")
    )
    held = {name: one["max_stale"] for name, one in processors.items() if name.startswith("deltatocumulative/")}
    assert "300s" == held.pop("deltatocumulative/offenders")
    assert ["86400s"] * 8 == list(held.values())
    assert {
        "counts": "86400s",
        "latency": "86400s",
        "duration": "86400s",
        "errors": "86400s",
        **dict.fromkeys(BREACH_FAMILIES, "300s"),
        # As long as the windows of the alerts that say how many conversations are affected.
        "affected_5m": "300s",
        "affected_1h": "3600s",
        "affected_6h": "21600s",
    } == {
        name.removeprefix("span_metrics/"): body["series_expiration"]
        for name, body in connectors.items()
        if name.startswith("span_metrics/")
    }


def test_remote_stores() -> None:
    """A remote store is sent to at its own address, over TLS."""
    found = edge.exporters(EVERYTHING, COMPOSE)

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
    assert {"traces/to_vendor", "traces/to_archive", "logs/to_vendor"} == {name for name in pipelines if "/to_" in name}
    assert {
        "receivers": ["otlp/internal"],
        "processors": [],
        "exporters": ["otlp_http/vendor"],
    } == pipelines["logs/to_vendor"]


@pytest.mark.parametrize("config", CONFIGS)
def test_a_request_is_decided_about_once(config: Config) -> None:
    """What bots send goes to one queue on disk alone; it is never tried again, and only from there on to many."""
    made = _rendered(config)
    intake, pipelines = made["exporters"]["otlp_grpc/intake"], made["service"]["pipelines"]

    assert [["otlp_grpc/intake"]] * 2 == [pipelines[name]["exporters"] for name in ("traces", "logs")]
    assert ({"enabled": False}, True, "0s", 1) == (
        intake["retry_on_failure"],
        intake["wait_for_ready"],
        intake["timeout"],
        intake["sending_queue"]["num_consumers"],
    )


def test_queues_are_bounded_in_bytes() -> None:
    """Every queue has its bytes, and a batch to elsewhere is smaller than what receivers of gRPC take: 4 MiB."""
    queues = {
        name: body["sending_queue"]
        for name, body in edge.exporters(load_default(), COMPOSE).items()
        if "sending_queue" in body
    }

    assert {"otlp_grpc/intake", "otlp_grpc/tempo", "otlp_http/loki"} == set(queues)
    for queue in queues.values():
        assert ("bytes", 2 * 1024**3) == (queue["sizer"], queue["queue_size"])
    largest = {name: queue["batch"]["max_size"] / 1024**2 for name, queue in queues.items()}
    assert {"otlp_grpc/intake": 8, "otlp_grpc/tempo": 3, "otlp_http/loki": 3} == largest


def test_limits() -> None:
    """Memory is limited below what is configured, and the collector has one identity over restarts."""
    made = _rendered(load_default())

    assert {"check_interval": "1s", "limit_mib": 800, "spike_limit_mib": 200} == made["processors"]["memory_limiter"]
    assert {"collector.instance.id": "gateway-0"} == made["service"]["telemetry"]["resource"]
