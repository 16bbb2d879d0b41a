"""The heartbeat's part of stack.yaml: whom it calls, and where the collector is; only where somebody is called."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.quality import Target
from pipecat_lgtm.config.units import format_ratio
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import to_yaml

PART = "heartbeat"
FILE = "heartbeat/stack.yaml"


def render(config: Config, placement: Placement) -> dict[str, str]:  # noqa: ARG001 - all have one signature
    """Return the part's own stack.yaml, or nothing where nobody is called."""
    if not config.quality.heartbeat.targets:
        return {}
    return {FILE: to_yaml(settings(config))}


def settings(config: Config) -> dict[str, Any]:
    """Return what the program needs of the config, as a stack.yaml that only it reads."""
    network, calls = config.network, config.quality.heartbeat
    files = (
        {"token_file": network.auth.token_file},
        {"cert_file": network.tls.cert_file, "key_file": network.tls.key_file},
    )
    auth, tls = ({key: path and str(path) for key, path in one.items()} for one in files)
    return {
        "services": {"default_environment": config.services.default_environment},
        "network": {
            "address": str(network.address),
            "ports": {key: getattr(network.ports, key) for key in type(network.ports).model_fields},
            "auth": auth,
            "tls": tls,
            "insecure": network.insecure,
        },
        "quality": {
            "heartbeat": {
                "targets": [_target(one) for one in calls.targets],
                "concurrency": calls.concurrency,
                "cost_per_day": calls.cost_per_day,
                "jitter": format_ratio(calls.jitter),
                "wrong_words": format_ratio(calls.wrong_words),
                **{key: _seconds(getattr(calls, key)) for key in ("every", "connect", "patience", "deadline", "slow")},
            }
        },
    }


def _target(target: Target) -> dict[str, Any]:
    given = target.model_dump(mode="json", exclude_none=True)
    return given | ({"every": _seconds(target.every)} if target.every else {})


def _seconds(value: float) -> str:
    return f"{value:.10g} s"


def mounted(config: Config) -> list[str]:
    """Return the folders and files of this machine that the program reads, at the same places in its container."""
    targets = config.quality.heartbeat.targets
    files = {str(one.token_file) for one in targets if one.token_file}
    files |= {str(one) for one in (config.network.auth.token_file, config.network.tls.cert_file) if one}
    return sorted({str(one.scenario.parent) for one in targets} | files)
