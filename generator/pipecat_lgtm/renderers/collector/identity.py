"""Environment, provider and model as labels: the same for spans and events, so that requests and errors join."""

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers.collector.ottl import one_of, quoted
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.contract import labels

_DATED_MODEL = r"-20\d{2}-?[01]\d-?[0-3]\d$"


def environment(config: Config) -> list[str]:
    """Return the statements that leave only environments that stack.yaml names; the newer name keeps what was sent.

    All stores agree then: what is looked up in Tempo or Loki with a label of a metric is found there.
    """
    if not config.services.environments:
        return []
    path, newer = a.ENVIRONMENT.resource, a.ENVIRONMENT_NAME.resource
    named = dict.fromkeys((*config.services.environments, config.services.default_environment, labels.OTHER))
    unnamed = f"where not {one_of(path, named)}"
    return [f"set({newer}, {path}) {unnamed}", f"set({path}, {quoted(labels.OTHER)}) {unnamed}"]


def renamed(path: str) -> list[str]:
    """Return the statements that give a provider of earlier releases its present name."""
    return [f"set({path}, {quoted(new)}) where {path} == {quoted(old)}" for old, new in d.PROVIDER_NAMES.items()]


def provider(path: str) -> list[str]:
    """Return the statements that make a provider's name a label: in lower case."""
    return [f"set({path}, ToLowerCase({path})) where IsString({path})"]


def model(path: str) -> list[str]:
    """Return the statements that take the date off a model's name: Pipecat adds it after a call's first reply."""
    return [
        f"set({path}, {quoted(labels.UNKNOWN)}) where {one_of(path, d.NOT_A_VALUE)}",
        f'replace_pattern({path}, {quoted(_DATED_MODEL)}, "") where IsString({path})',
    ]
