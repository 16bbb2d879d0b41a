"""The command line of each engine, the same in a container and natively."""

from collections.abc import Callable

from pydantic import HttpUrl

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.renderers import guard as guard_renderer
from pipecat_lgtm.renderers import resources
from pipecat_lgtm.renderers.placement import COMPOSE, Placement

_SAMPLES = 10_000_000
"""Samples that one query may hold at once: 0.9 GB, measured. The greediest panel holds 1,300,000 with 50 services
and 5,200,000 with 200; rules hold less."""

_AT_ONCE = 4
"""Queries that run at once, those of rules among them; others wait. All together they fit the 2 GiB there are."""

OF_ONE_QUERY = (
    f"--query.max-samples={_SAMPLES}",
    f"--query.max-concurrency={_AT_ONCE}",
    f"--query.timeout={resources.QUERY_TIMEOUT}",
    f"--storage.remote.read-sample-limit={_SAMPLES}",
    "--storage.remote.read-concurrent-limit=2",
)
"""What one query may cost a Prometheus that stores; benchmarks measure what it allows."""


def _opened_at(config: Config, address: HttpUrl | None, port: int) -> list[str]:
    """Return the arguments that say where people open a page; a path of a proxy's is not the program's own."""
    opened = str(address).rstrip("/") if address else f"http://{config.network.inside_host}:{port}"
    return [f"--web.external-url={opened}", "--web.route-prefix=/"]


def _closed(placement: Placement) -> list[str]:
    """Return the argument that has Prometheus and Alertmanager ask for a password, where others could reach them."""
    return [f"--web.config.file={placement.secrets / guard_renderer.WEB_CONFIG}"] if placement.secrets else []


def guard(config: Config, placement: Placement) -> list[str]:  # noqa: ARG001 - all have one signature
    """Return Caddy's arguments."""
    return ["run", f"--config={placement.config('guard')}/guard.json"]


def collector(config: Config, placement: Placement) -> list[str]:  # noqa: ARG001 - all have one signature
    """Return the collector's arguments."""
    return [f"--config={placement.config('collector')}/config.yaml"]


def prometheus(config: Config, placement: Placement) -> list[str]:
    """Return Prometheus' arguments; without zero ingestion the first value of a series is no increase."""
    data = placement.data("prometheus")
    server = [
        f"--storage.tsdb.path={data}",
        f"--storage.tsdb.retention.time={format_seconds(config.retention.metrics)}",
        f"--rules.alert.resend-delay={format_seconds(config.alerts.resend_interval)}",
        *OF_ONE_QUERY,
    ]
    agent = ["--agent", f"--storage.agent.path={data}"]
    return [
        f"--config.file={placement.config('prometheus')}/prometheus.yml",
        f"--web.listen-address={placement.inner(config.network.ports.prometheus_inner)}",
        *_closed(placement),
        *_opened_at(config, config.alerts.links.prometheus, config.network.ports.prometheus),
        "--enable-feature=exemplar-storage,created-timestamp-zero-ingestion",
        *(server if config.stores.prometheus.url is None else agent),
    ]


def alertmanager(config: Config, placement: Placement) -> list[str]:
    """Return Alertmanager's arguments; one instance needs no cluster port, messages link to its page.

    It starts to tell when Prometheus has repeated everything: by then what is muted has its cause beside it.
    """
    port = config.network.ports.alertmanager
    settled = format_seconds(config.alerts.resend_interval + config.alerts.interval)
    return [
        f"--config.file={placement.config('alertmanager')}/alertmanager.yml",
        f"--storage.path={placement.data('alertmanager')}",
        f"--web.listen-address={placement.inner(config.network.ports.alertmanager_inner)}",
        *_closed(placement),
        *_opened_at(config, config.alerts.links.alertmanager, port),
        "--cluster.listen-address=",
        f"--data.maintenance-interval={format_seconds(config.routing.snapshot_interval)}",
        f"--dispatch.start-delay={settled}",
        f"--web.timeout={resources.QUERY_TIMEOUT}",
    ]


def notifications(config: Config, placement: Placement) -> list[str]:  # noqa: ARG001 - all have one signature
    """Return the arguments of the Python that runs the notification log, by itself and nothing else."""
    return ["-I", f"{placement.config('notifications')}/notifications.py"]


def heartbeat(config: Config, placement: Placement) -> list[str]:
    """Return the arguments of the Python that places synthetic calls."""
    entrance = placement.host("collector") if placement.kind == "compose" else config.network.entrance_host
    return [
        "-m", "pipecat_lgtm", "heartbeat",
        f"--config={placement.config('heartbeat')}/stack.yaml",
        f"--listen={placement.address}",
        f"--host={placement.host('heartbeat')}",
        f"--otlp={config.network.scheme}://{entrance}:{config.network.ports.otlp_http}",
    ]  # fmt: skip


QUEUES = ("-I", f"{COMPOSE.config('queues')}/queues.py")
"""Of the Python that looks at the collector's queue files, in containers."""


def tempo(config: Config, placement: Placement) -> list[str]:  # noqa: ARG001 - all have one signature
    """Return Tempo's arguments."""
    return [f"-config.file={placement.config('tempo')}/tempo.yaml"]


def loki(config: Config, placement: Placement) -> list[str]:  # noqa: ARG001 - all have one signature
    """Return Loki's arguments."""
    return [f"-config.file={placement.config('loki')}/loki.yaml"]


FLAGS: dict[str, Callable[[Config, Placement], list[str]]] = {
    "guard": guard,
    "collector": collector,
    "prometheus": prometheus,
    "alertmanager": alertmanager,
    "notifications": notifications,
    "tempo": tempo,
    "loki": loki,
    "heartbeat": heartbeat,
}
