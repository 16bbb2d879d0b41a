"""The command line of each engine, the same in a container and natively."""

from collections.abc import Callable

from pydantic import HttpUrl

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.renderers.placement import Placement


def _opened_at(config: Config, address: HttpUrl | None, port: int) -> list[str]:
    """Return the arguments that say where people open a page; a path of a proxy's is not the program's own."""
    opened = str(address).rstrip("/") if address else f"http://{config.network.inside_host}:{port}"
    return [f"--web.external-url={opened}", "--web.route-prefix=/"]


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
    ]
    agent = ["--agent", f"--storage.agent.path={data}"]
    return [
        f"--config.file={placement.config('prometheus')}/prometheus.yml",
        f"--web.listen-address={placement.listen(config.network.ports.prometheus)}",
        *_opened_at(config, config.alerts.links.prometheus, config.network.ports.prometheus),
        "--web.enable-lifecycle",
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
        f"--web.listen-address={placement.listen(port)}",
        *_opened_at(config, config.alerts.links.alertmanager, port),
        "--cluster.listen-address=",
        f"--data.maintenance-interval={format_seconds(config.routing.snapshot_interval)}",
        f"--dispatch.start-delay={settled}",
    ]


def notifications(config: Config, placement: Placement) -> list[str]:  # noqa: ARG001 - all have one signature
    """Return the arguments of the Python that runs the notification log, by itself and nothing else."""
    return ["-I", f"{placement.config('notifications')}/notifications.py"]


def tempo(config: Config, placement: Placement) -> list[str]:  # noqa: ARG001 - all have one signature
    """Return Tempo's arguments."""
    return [f"-config.file={placement.config('tempo')}/tempo.yaml"]


def loki(config: Config, placement: Placement) -> list[str]:  # noqa: ARG001 - all have one signature
    """Return Loki's arguments."""
    return [f"-config.file={placement.config('loki')}/loki.yaml"]


FLAGS: dict[str, Callable[[Config, Placement], list[str]]] = {
    "collector": collector,
    "prometheus": prometheus,
    "alertmanager": alertmanager,
    "notifications": notifications,
    "tempo": tempo,
    "loki": loki,
}
