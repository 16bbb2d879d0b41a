"""Loki: one process, local disk; the only index labels are the service and the environment."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.renderers import resources
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import to_yaml
from pipecat_lgtm_bridge.contract import attributes as a

_LINES = 5000
"""Lines that one query may ask for; dashboards ask for 500."""

_MESSAGE = 256 * 1024**2
"""Bytes of one gRPC message within Loki."""


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return loki/loki.yaml, or nothing where a remote Loki is used."""
    if config.stores.loki.url is not None:
        return {}
    return {"loki/loki.yaml": to_yaml(_server(config, placement))}


def _server(config: Config, placement: Placement) -> dict[str, Any]:
    ports, data = config.network.ports, placement.data("loki")
    return {
        "auth_enabled": False,
        "analytics": {"reporting_enabled": False},
        "server": {
            # Only the guard can reach it; with the port behind it, it is the name of a socket.
            "http_listen_network": "unix",
            "http_listen_address": placement.socket("loki"),
            "http_listen_port": ports.loki,
            # Within one process gRPC is on loopback, also in a container.
            "grpc_listen_address": "127.0.0.1",
            "grpc_listen_port": ports.loki_grpc,
            # A batch grows on the way from distributor to ingester: each record gets its resource's attributes.
            "grpc_server_max_recv_msg_size": _MESSAGE,
            "grpc_server_max_send_msg_size": _MESSAGE,
            "log_level": "warn",
        },
        "common": {
            "instance_addr": "127.0.0.1",
            "path_prefix": data,
            "replication_factor": 1,
            "ring": {"kvstore": {"store": "inmemory"}},
            "storage": {"filesystem": {"chunks_directory": f"{data}/chunks", "rules_directory": f"{data}/rules"}},
        },
        "memberlist": {"bind_addr": ["127.0.0.1"], "bind_port": 0, "join_members": []},
        # Querier and frontend look for each other this often; Loki's ten seconds are ten seconds of every start.
        "frontend": {"address": "127.0.0.1", "scheduler_dns_lookup_period": "1s"},
        "frontend_worker": {"dns_lookup_duration": "1s"},
        "ingester": {
            "wal": {"dir": f"{data}/wal"},
            "lifecycler": {"min_ready_duration": "0s"},
            # Loki refuses a record that is older than the newest of its service by half of this. A bot that was cut off
            # sends records of hours ago, while others of its service go on.
            "max_chunk_age": format_seconds(2 * config.retention.logs),
        },
        # Late records are in the ingester until their chunk is full or idle: queries of any time ask it.
        "querier": {"query_ingesters_within": "0s"},
        "schema_config": {
            "configs": [
                {
                    "from": "2024-01-01",
                    "store": "tsdb",
                    "object_store": "filesystem",
                    "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        "compactor": {
            "working_directory": f"{data}/compactor",
            "retention_enabled": True,
            "delete_request_store": "filesystem",
        },
        "distributor": {"otlp_config": {"default_resource_attributes_as_index_labels": []}},
        "limits_config": {
            "retention_period": format_seconds(config.retention.logs),
            # Nobody deletes but the retention.
            "deletion_mode": "disabled",
            "allow_structured_metadata": True,
            "discover_service_name": [],
            "discover_log_levels": True,
            # A burst after an outage must not be lost.
            "ingestion_rate_mb": 64,
            "ingestion_burst_size_mb": 128,
            "per_stream_rate_limit": "64MB",
            "per_stream_rate_limit_burst": "128MB",
            "reject_old_samples": False,
            # The collector lets a clock be an hour ahead, and bounds records itself: none is refused for its size.
            "creation_grace_period": "2h",
            "max_line_size": 0,
            "max_structured_metadata_size": 0,
            "max_structured_metadata_entries_count": 0,
            **_of_one_query(config),
            "otlp_config": {
                "resource_attributes": {
                    # Loki's default makes the bot's host a label: thousands of bots, thousands of streams.
                    "ignore_defaults": True,
                    "attributes_config": [
                        {"action": "index_label", "attributes": [a.SERVICE_NAME.name, a.ENVIRONMENT.name]}
                    ],
                }
            },
        },
    }


def _of_one_query(config: Config) -> dict[str, Any]:
    """Return what one query may cost; what asks for more is refused with 400."""
    return {
        "max_entries_limit_per_query": _LINES,
        # What is older is not kept: a longer range of a panel is cut to it, and not refused.
        "max_query_lookback": format_seconds(config.retention.logs),
        "max_query_length": resources.longest_range(config.retention.logs),
        "max_query_range": resources.longest_range(config.retention.logs),
        "max_query_series": 500,
        # Of all that it would look at, unpacked: more than two cores read in 30 s, at some 100 MB a second.
        "max_query_bytes_read": "16GB",
        # Parts that one query has in the queue at once; Loki's 128 are for many queriers, this one works on 4.
        "tsdb_max_query_parallelism": 16,
        "max_concurrent_tail_requests": 10,
        "query_timeout": resources.QUERY_TIMEOUT,
    }
