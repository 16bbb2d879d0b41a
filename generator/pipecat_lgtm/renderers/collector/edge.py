"""What the collector talks to: receivers, exporters, extensions, its own telemetry."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.network import as_host
from pipecat_lgtm.renderers import logins
from pipecat_lgtm.renderers.placement import Part, Placement
from pipecat_lgtm_bridge.contract import engines as own

QUEUE = "file_storage/queue"
AUTH = "bearertokenauth"
TOKEN_FILE = "/run/secrets/otlp_tokens"  # noqa: S105 - a path
CERT_FILE = "/run/secrets/otlp_cert"
KEY_FILE = "/run/secrets/otlp_key"
METRICS = "prometheus/pipecat"
BREACHES = "prometheus/breaches"
FORGOTTEN_FIRST = 120.0
"""Seconds by which an exporter shows a series longer than connectors and `deltatocumulative` (which looks once a
minute) remember it. The next event then starts a new counter, with a start time after the last sample; were it the
other way round, the old counter would come back after a gap, and its increase could not be seen."""
INTAKE = own.INTAKE
INTERNAL = "otlp/internal"
TEMPO = "otlp_grpc/tempo"
LOKI = "otlp_http/loki"

BATCH_BYTES = 3 * 1024**2
"""The largest batch. Receivers of gRPC take 4 MiB unless they are told otherwise; the rest is for its framing."""

_INTAKE_BYTES = 8 * 1024**2
"""The largest batch of the intake. What one span has above a batch's limit makes the exporter drop all that follows it
in the request, so this stands well above the most that a span can have: no other span's metrics depend on that."""

MESSAGE_MIB = 64
"""The largest message between two parts of this stack: far above a batch, which may grow on the way."""

_REQUEST_MIB = 16
"""The largest request of a bot."""

_INTAKE_LEAST = 64 * 1024**2
"""Bytes of the smallest queue at the entrance: it must hold the largest requests of several bots."""


def secret(placement: Placement, path: object, mounted: str) -> str:
    """Return where the collector finds a secret file: mounted in a container, the user's path natively."""
    return mounted if placement.kind == "compose" else str(path)


def queue_folder(placement: Placement) -> str:
    """Return where the queues are kept."""
    return f"{placement.data('collector')}/queue"


def logs_address(config: Config, placement: Placement) -> str:
    """Return where parts of this stack hand in log records: at the bots' entrance, over HTTP."""
    network = config.network
    host = "collector" if placement.kind == "compose" else network.entrance_host
    return f"{network.scheme}://{host}:{network.ports.otlp_http}/v1/logs"


def shown(config: Config, placement: Placement) -> tuple[str | None, str | None]:
    """Return where such a part finds the files of the tokens and of the certificate; None where there is none."""
    files = ((config.network.auth.token_file, TOKEN_FILE), (config.network.tls.cert_file, CERT_FILE))
    tokens, certificate = (None if path is None else secret(placement, path, mounted) for path, mounted in files)
    return tokens, certificate


def receivers(config: Config, placement: Placement) -> dict[str, Any]:
    """Return the bots' entrance, with TLS, authentication and CORS where configured, and the collector's own.

    The internal one hands on what the intake queue holds: only from there on there is more than one way.
    """
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
    grpc = {
        "endpoint": f"{as_host(placement.entrance)}:{ports.otlp_grpc}",
        "max_recv_msg_size_mib": _REQUEST_MIB,
        **shared,
    }
    internal = {"endpoint": placement.listen(ports.collector_intake), "max_recv_msg_size_mib": MESSAGE_MIB}
    return {
        "otlp": {"protocols": {"grpc": grpc, "http": http}},
        INTERNAL: {"protocols": {"grpc": internal}},
    }


def extensions(config: Config, placement: Placement) -> dict[str, Any]:
    """Return the health check, the queue on disk and, where configured, the token check and logins of stores."""
    network = config.network
    found: dict[str, Any] = {
        "health_check": {"endpoint": placement.listen(network.ports.collector_health)},
        QUEUE: {
            "directory": queue_folder(placement),
            "create_directory": True,
            "fsync": True,
            "recreate": True,
            "compaction": {
                "directory": queue_folder(placement),
                "on_start": True,
                "on_rebound": True,
                # A collector that is killed as it compacts leaves a copy of the queue behind, each time another one.
                "cleanup_on_start": True,
            },
        },
    }
    if network.auth.token_file is not None:
        found[AUTH] = {"filename": secret(placement, network.auth.token_file, TOKEN_FILE)}
    for store in logins.READ_BY["collector"]:
        found |= logins.collector(config, placement, store)[1]
    return found


def exporters(config: Config, placement: Placement) -> dict[str, Any]:
    """Return the intake, the stores and the configured further destinations.

    Retries have no deadline, traces and logs wait on disk. A queue that is full refuses the newest. Metrics are held
    as cumulative values and shown at every scrape until they expire; breaches expire sooner, so they have an exporter
    of their own.
    """
    stores, ports = config.stores, config.network.ports
    found: dict[str, Any] = {
        METRICS: _scraped(placement, ports.collector_pipecat, config.cardinality.series_expiry),
        BREACHES: _scraped(placement, ports.collector_breaches, config.cardinality.breach_expiry),
        INTAKE: _intake(config, placement),
    }
    of_tempo, of_loki = (logins.collector(config, placement, store)[0] for store in ("tempo", "loki"))
    tls = {"insecure": stores.tempo.otlp_endpoint is None} | of_tempo.pop("tls", {})
    found[TEMPO] = {
        "endpoint": stores.tempo.otlp_endpoint or f"{placement.host('tempo')}:{ports.tempo_otlp}",
        "tls": tls,
        **of_tempo,
        **_kept(config),
    }
    loki = url(stores.loki.url, placement, "loki", ports.loki)
    found[LOKI] = {"endpoint": f"{loki}/otlp", **of_loki, **_kept(config)}
    for extra in config.exporters:
        headers = {name: f"${{env:{variable}}}" for name, variable in extra.headers.items()}
        found[f"otlp_http/{extra.name}"] = {
            "endpoint": str(extra.endpoint).rstrip("/"),
            "headers": headers,
            **_kept(config),
        }
    return found


def destinations(config: Config, signal: str) -> dict[str, str]:
    """Return the exporters of the further destinations of a signal, by the destinations' names."""
    return {one.name: f"otlp_http/{one.name}" for one in config.exporters if signal in one.signals}


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


def secret_variables(config: Config) -> dict[str, str]:
    """Return the environment variables with secrets that the collector reads, by name, and the key that names each."""
    found = {variable: "exporters" for extra in config.exporters for variable in extra.headers.values()}
    return dict(sorted((found | logins.variables(config, "collector")).items()))


def memory_limiter(config: Config) -> dict[str, Any]:
    """Return the guard that refuses telemetry (bots retry) before memory runs out."""
    limit = config.collector.memory_limit // 1024**2
    return {"check_interval": "1s", "limit_mib": limit, "spike_limit_mib": limit // 4}


def _scraped(placement: Placement, port: int, expiry: float) -> dict[str, Any]:
    return {
        "endpoint": placement.listen(port),
        "metric_expiration": f"{expiry + FORGOTTEN_FIRST:g}s",
        "enable_open_metrics": True,
        "translation_strategy": "UnderscoreEscapingWithSuffixes",
        "without_scope_info": True,
        "resource_to_telemetry_conversion": {"enabled": True},
    }


def _intake(config: Config, placement: Placement) -> dict[str, Any]:
    """Return the one queue that decides about a request: what is in it is answered 200, what is not is answered 503.

    An error that comes back from the internal receiver means that a store's queue is full: that queue has counted it,
    all others have taken the batch, and to send it again would double it there. So nothing is sent twice, and no call
    has a deadline: it waits for the receiver, at the start, or for its answer. One batch at a time goes on, because
    `deltatocumulative` drops a point that is not later than the last one of its series.
    """
    return {
        "endpoint": f"{as_host(placement.loopback)}:{config.network.ports.collector_intake}",
        "tls": {"insecure": True},
        "compression": "none",
        "wait_for_ready": True,
        "timeout": "0s",
        "sending_queue": {
            "storage": QUEUE,
            "sizer": "bytes",
            "queue_size": max(config.collector.queue_size, _INTAKE_LEAST),
            "num_consumers": 1,
            "batch": {"flush_timeout": "200ms", "min_size": BATCH_BYTES // 8, "max_size": _INTAKE_BYTES},
        },
        "retry_on_failure": {"enabled": False},
    }


def _kept(config: Config) -> dict[str, Any]:
    return {
        "sending_queue": {
            "storage": QUEUE,
            "sizer": "bytes",
            "queue_size": config.collector.queue_size,
            "batch": {"flush_timeout": "1s", "min_size": BATCH_BYTES // 2, "max_size": BATCH_BYTES},
        },
        "retry_on_failure": {"max_elapsed_time": "0s", "max_interval": "5s"},
    }
