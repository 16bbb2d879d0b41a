"""What the collector talks to: receivers, exporters, extensions, its own telemetry."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.network import as_host
from pipecat_lgtm.renderers.placement import Part, Placement

QUEUE = "file_storage/queue"
AUTH = "bearertokenauth"
TOKEN_FILE = "/run/secrets/otlp_tokens"  # noqa: S105 - a path
CERT_FILE = "/run/secrets/otlp_cert"
KEY_FILE = "/run/secrets/otlp_key"
PROMETHEUS_SPANS = "otlp_http/prometheus_spans"
PROMETHEUS_SUMS = "otlp_http/prometheus_sums"
TEMPO = "otlp_grpc/tempo"
LOKI = "otlp_http/loki"


def secret(placement: Placement, path: object, mounted: str) -> str:
    """Return where the collector finds a secret file: mounted in a container, the user's path natively."""
    return mounted if placement.kind == "compose" else str(path)


def receivers(config: Config, placement: Placement) -> dict[str, Any]:
    """Return OTLP over gRPC and HTTP, with TLS, authentication and CORS where configured."""
    ports, network = config.network.ports, config.network
    shared: dict[str, Any] = {}
    if network.auth.token_file is not None:
        shared["auth"] = {"authenticator": AUTH}
    if network.tls.cert_file is not None:
        shared["tls"] = {
            "cert_file": secret(placement, network.tls.cert_file, CERT_FILE),
            "key_file": secret(placement, network.tls.key_file, KEY_FILE),
        }
    http: dict[str, Any] = {"endpoint": f"{as_host(placement.entrance)}:{ports.otlp_http}", **shared}
    if network.cors_origins:
        http["cors"] = {
            "allowed_origins": list(network.cors_origins),
            "allowed_headers": ["authorization", "content-type"],
        }
    grpc = {"endpoint": f"{as_host(placement.entrance)}:{ports.otlp_grpc}", "max_recv_msg_size_mib": 16, **shared}
    return {"otlp": {"protocols": {"grpc": grpc, "http": http}}}


def extensions(config: Config, placement: Placement) -> dict[str, Any]:
    """Return the health check, the queue on disk and, where configured, the token check."""
    network = config.network
    found: dict[str, Any] = {
        "health_check": {"endpoint": placement.listen(network.ports.collector_health)},
        QUEUE: {
            "directory": f"{placement.data('collector')}/queue",
            "create_directory": True,
            "fsync": True,
            "recreate": True,
            "compaction": {
                "directory": f"{placement.data('collector')}/queue",
                "on_start": True,
                "on_rebound": True,
            },
        },
    }
    if network.auth.token_file is not None:
        found[AUTH] = {"filename": secret(placement, network.auth.token_file, TOKEN_FILE)}
    return found


def exporters(config: Config, placement: Placement) -> dict[str, Any]:
    """Return the stores and the configured further destinations.

    Nothing is ever given up: retries have no deadline, traces and logs wait on disk. Metrics go out one request at a
    time, spans' and sums' apart: Prometheus refuses a whole request for one bad point.
    """
    stores, ports = config.stores, config.network.ports
    metrics = {
        "endpoint": f"{url(stores.prometheus.url, placement, 'prometheus', ports.prometheus)}/api/v1/otlp",
        "sending_queue": {"num_consumers": 1, "queue_size": 1000},
        "retry_on_failure": {"max_elapsed_time": "0s", "max_interval": "5s"},
    }
    found: dict[str, Any] = {PROMETHEUS_SPANS: metrics, PROMETHEUS_SUMS: metrics}
    tempo = stores.tempo.otlp_endpoint or f"{placement.host('tempo')}:{ports.tempo_otlp}"
    found[TEMPO] = {
        "endpoint": tempo,
        "tls": {"insecure": stores.tempo.otlp_endpoint is None},
        **_kept(config),
    }
    found[LOKI] = {"endpoint": f"{url(stores.loki.url, placement, 'loki', ports.loki)}/otlp", **_kept(config)}
    for extra in config.exporters:
        headers = {name: f"${{env:{variable}}}" for name, variable in extra.headers.items()}
        found[f"otlp_http/{extra.name}"] = {
            "endpoint": str(extra.endpoint).rstrip("/"),
            "headers": headers,
            **_kept(config),
        }
    return found


def destinations(config: Config, signal: str) -> list[str]:
    """Return the names of the further destinations of a signal."""
    return [f"otlp_http/{one.name}" for one in config.exporters if signal in one.signals]


def url(remote: object, placement: Placement, part: Part, port: int) -> str:
    """Return the base address of a store: the configured one or the stack's own."""
    return str(remote).rstrip("/") if remote else f"http://{placement.host(part)}:{port}"


def telemetry(config: Config, placement: Placement) -> dict[str, Any]:
    """Return the collector's own metrics and identity; a stable identity keeps its series over restarts."""
    prometheus = {"host": placement.address, "port": config.network.ports.collector_metrics}
    return {
        "resource": {"collector.instance.id": config.collector.instance_id},
        "metrics": {"level": "normal", "readers": [{"pull": {"exporter": {"prometheus": prometheus}}}]},
    }


def memory_limiter(config: Config) -> dict[str, Any]:
    """Return the guard that refuses telemetry (bots retry) before memory runs out."""
    limit = config.collector.memory_limit // 1024**2
    return {"check_interval": "1s", "limit_mib": limit, "spike_limit_mib": limit // 4}


def _kept(config: Config) -> dict[str, Any]:
    return {
        "sending_queue": {
            "storage": QUEUE,
            "queue_size": config.collector.queue_requests,
            "batch": {
                "sizer": "items",
                "flush_timeout": "1s",
                "min_size": config.collector.queue_batch,
                "max_size": 2 * config.collector.queue_batch,
            },
        },
        "retry_on_failure": {"max_elapsed_time": "0s", "max_interval": "5s"},
    }
