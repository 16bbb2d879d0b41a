"""Where to look next: addresses a person can open or paste."""

from urllib.parse import urlencode

from pipecat_lgtm.config import Config
from pipecat_lgtm.ops import routes
from pipecat_lgtm.ops.demo import Outcome
from pipecat_lgtm.queries import audit

Signs = list[tuple[str, str]]


def address(config: Config, part: str) -> str:
    """Return where a part that is up answers, for a person or a bot."""
    network = config.network
    if part == "collector":
        return f"{network.entrance}:{network.ports.otlp_http}"
    return f"http://{network.inside_host}:{getattr(network.ports, part)}"


def stack(config: Config, *, docker: bool) -> Signs:
    """Return (what, where) of a running stack."""
    network, address, ports = config.network, config.network.inside_host, config.network.ports
    dashboards = (
        f"http://{address}:{ports.grafana}"
        if docker
        else "need Grafana: `pipecat-lgtm up --docker`, or import grafana/dashboards into yours"
    )
    return [
        (
            "your bot",
            f"export OTEL_EXPORTER_OTLP_ENDPOINT={network.entrance}:{ports.otlp_http} (gRPC: {ports.otlp_grpc})",
        ),
        *(
            ("its token", f"export OTEL_EXPORTER_OTLP_HEADERS='Authorization=Bearer <a line of {file}>'")
            for file in [network.auth.token_file]
            if file
        ),
        ("metrics", f"http://{address}:{ports.prometheus}"),
        ("alerts", f"http://{address}:{ports.alertmanager}"),
        *(("who is told", warning) for warning in [routes.unheard(config)] if warning),
        ("traces", f"http://{address}:{ports.tempo}/api/search (Tempo's API; Grafana shows them as pictures)"),
        ("logs", f"http://{address}:{ports.loki}/loki/api/v1/labels (Loki's API)"),
        ("dashboards", dashboards),
        ("every bot, now", "pipecat-lgtm top"),
        ("every panel", "pipecat-lgtm preview (without Grafana)"),
        ("end it", "pipecat-lgtm down"),
    ]


def calls(config: Config, outcome: Outcome, *, docker: bool) -> Signs:
    """Return (what, where) after a demo: its slowest call, its latency, then the stack."""
    address, ports = config.network.inside_host, config.network.ports
    graph = urlencode({"g0.expr": audit.ttfw_mean(outcome.service, "1h").expr, "g0.tab": "table"})
    signs = [("mean TTFW of the last hour", f"http://{address}:{ports.prometheus}/query?{graph}")]
    slow = max(outcome.ledger["calls"], key=lambda call: max(call["latencies"], default=0.0))
    if slow["latencies"]:
        trace = f"http://{address}:{ports.tempo}/api/traces/{slow['trace_id']}"
        signs.append((f"slowest turn, {max(slow['latencies']):.2f} s", f"{trace} ({slow['scenario']})"))
    return [*signs, *stack(config, docker=docker)]
