"""Tempo: one process, local disk."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.renderers import resources
from pipecat_lgtm.renderers.collector import edge
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import to_yaml

_ONE_CONVERSATION = 100 * 1024**2
"""Bytes of one trace: a conversation is one trace, two hours of talk at 2 kB an attribute stay below this."""

_TRACES = 1000
"""Traces that one search may ask for; dashboards ask for 50. Tempo makes room for all of them before it looks for the
first: 2,000,000,000 took 22 GB."""

_SPANS = 100
"""Spans of each trace found that one search may ask for, as dashboards do."""

_AT_ONCE = 8
"""Jobs of all searches that run at once, each on up to 100 MB of a block; others wait."""

_WEEK = 7 * 86_400.0

_MESSAGE = 2 * _ONE_CONVERSATION
"""Bytes of one gRPC message within Tempo: a whole trace, as the querier hands it on."""


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return tempo/tempo.yaml, or nothing where a remote Tempo is used."""
    if config.stores.tempo.url is not None:
        return {}
    return {"tempo/tempo.yaml": to_yaml(_server(config, placement))}


def _server(config: Config, placement: Placement) -> dict[str, Any]:
    ports, data = config.network.ports, placement.data("tempo")
    # Within one process everything is on loopback, also in a container.
    ring = {"kvstore": {"store": "inmemory"}, "instance_addr": "127.0.0.1"}
    return {
        "usage_report": {"reporting_enabled": False},
        "server": {
            # Only the guard can reach it; with the port behind it, it is the name of a socket.
            "http_listen_network": "unix",
            "http_listen_address": placement.socket("tempo"),
            "http_listen_port": ports.tempo,
            "grpc_listen_address": "127.0.0.1",
            "grpc_listen_port": ports.tempo_grpc,
            "grpc_server_max_recv_msg_size": _MESSAGE,
            "grpc_server_max_send_msg_size": _MESSAGE,
            "log_level": "warn",
        },
        "distributor": {
            "receivers": {
                "otlp": {
                    "protocols": {
                        "grpc": {
                            "endpoint": placement.listen(ports.tempo_otlp),
                            "max_recv_msg_size_mib": edge.MESSAGE_MIB,
                        }
                    }
                }
            },
            "ring": ring,
            "max_attribute_bytes": config.content.max_bytes,
            # Without it a refusal for the rate is final: the collector would drop what it could send a second later.
            "retry_after_on_resource_exhausted": "1s",
        },
        # A turn is readable while the call goes on: traces are cut to disk after seconds, not minutes.
        "ingester": {
            "trace_idle_period": "5s",
            "max_block_duration": "5m",
            "lifecycler": {
                "ring": {"kvstore": {"store": "inmemory"}, "replication_factor": 1},
                "address": "127.0.0.1",
                "min_ready_duration": "0s",
            },
        },
        "compactor": {"compaction": {"block_retention": format_seconds(config.retention.traces)}},
        "query_frontend": {
            "search": {
                "max_result_limit": _TRACES,
                "max_spans_per_span_set": _SPANS,
                # A week on a dashboard is never refused.
                "max_duration": resources.longest_range(max(config.retention.traces, _WEEK)),
                # Of 1,000, Tempo's own, two searches of a week fill the queue that all share.
                "concurrent_jobs": 100,
            },
            "metrics": {"max_response_series": 1000},
            "api_timeout": resources.QUERY_TIMEOUT,
        },
        "querier": {
            "max_concurrent_queries": _AT_ONCE,
            "frontend_worker": {"frontend_address": f"127.0.0.1:{ports.tempo_grpc}"},
        },
        "memberlist": {"bind_addr": ["127.0.0.1"], "bind_port": 0, "join_members": []},
        "storage": {"trace": {"backend": "local", "local": {"path": f"{data}/blocks"}, "wal": {"path": f"{data}/wal"}}},
        "overrides": {
            "defaults": {
                "ingestion": {
                    "rate_limit_bytes": 30_000_000,
                    "burst_size_bytes": 60_000_000,
                    # The rate is the limit: spans of one trace too many would be dropped, and answered 200.
                    "max_traces_per_user": 0,
                },
                "global": {"max_bytes_per_trace": _ONE_CONVERSATION},
            }
        },
    }
