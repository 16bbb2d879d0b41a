"""What each part may use of memory and CPU, what one query may ask of a store, and Go's settings that keep to it."""

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds

QUERY_TIMEOUT = "30s"
"""Nobody waits longer: Grafana and our commands give up after 30 s."""

_MIB = 1024**2
_DAY = 86_400.0
_OTHERS_MIB = 128
_OTHERS_CPUS = 0.5
_MEMORY_MIB = {
    "guard": 256,
    "prometheus": 2048,
    "alertmanager": 256,
    "notifications": 256,
    "tempo": 2048,
    "loki": 2048,
    "grafana": 512,
    "sandbox": 2048,
    "heartbeat": 1024,
}
_CPUS = {
    "guard": 1.0,
    "collector": 2.0,
    "prometheus": 2.0,
    "alertmanager": 0.5,
    "tempo": 2.0,
    "loki": 2.0,
    "grafana": 1.0,
    "sandbox": 2.0,
    "heartbeat": 1.0,
}
_GO = frozenset({"guard", "collector", "prometheus", "alertmanager", "tempo", "loki", "grafana"})


def memory_mib(config: Config, part: str) -> int:
    """Return what a part may use, in MiB; the collector a quarter more than the limit at which it refuses."""
    if part == "collector":
        return config.collector.memory_limit * 5 // 4 // _MIB
    return _MEMORY_MIB.get(part, _OTHERS_MIB)


def cpus(part: str) -> float:
    """Return how many CPUs a part may use."""
    return _CPUS.get(part, _OTHERS_CPUS)


def longest_range(kept: float) -> str:
    """Return the range that one query may cover, of a store that keeps so many seconds: all, as days a person picks."""
    return format_seconds(kept + _DAY)


def settings(config: Config, part: str) -> dict[str, str]:
    """Return the environment variables that a part's program runs with; none where it is not written in Go.

    The collector collects garbage when its heap is five times what is in use, where Go's own value is twice: its
    expressions make much that is short-lived. Above half of `collector.memory_limit` it collects as often as needed:
    the memory limiter counts garbage too, and refuses from three quarters on.
    """
    if part not in _GO:
        return {}
    if part == "collector":
        return {"GOGC": "400", "GOMEMLIMIT": f"{config.collector.memory_limit // 2 // _MIB}MiB"}
    return {"GOMEMLIMIT": f"{memory_mib(config, part) * 9 // 10}MiB"}
