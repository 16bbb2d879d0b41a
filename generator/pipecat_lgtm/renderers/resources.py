"""What each part may use of memory and CPU, and the variables that make Go's garbage collector keep to it."""

from pipecat_lgtm.config import Config

_MIB = 1024**2
_OTHERS_MIB = 128
_OTHERS_CPUS = 0.5
_MEMORY_MIB = {
    "prometheus": 2048,
    "alertmanager": 256,
    "notifications": 256,
    "tempo": 2048,
    "loki": 2048,
    "grafana": 512,
    "sandbox": 2048,
}
_CPUS = {
    "collector": 2.0,
    "prometheus": 2.0,
    "alertmanager": 0.5,
    "tempo": 2.0,
    "loki": 2.0,
    "grafana": 1.0,
    "sandbox": 2.0,
}
_GO = frozenset({"collector", "prometheus", "alertmanager", "tempo", "loki", "grafana"})


def memory_mib(config: Config, part: str) -> int:
    """Return what a part may use, in MiB; the collector a quarter more than the limit at which it refuses."""
    if part == "collector":
        return config.collector.memory_limit * 5 // 4 // _MIB
    return _MEMORY_MIB.get(part, _OTHERS_MIB)


def cpus(part: str) -> float:
    """Return how many CPUs a part may use."""
    return _CPUS.get(part, _OTHERS_CPUS)


def variables(config: Config, part: str) -> dict[str, str]:
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
