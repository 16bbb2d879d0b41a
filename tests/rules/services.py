"""How services behave, kind by kind of signal: feeds in which `value` is what the alert judges."""

from case import Feed
from feeds import Phase, Series, counter, gauge, histogram

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric


def hist(metric: Metric, **labels: str) -> Feed:
    """Return a feed of one histogram."""
    return lambda config, service, phases: histogram(config, metric, service | labels, phases)


def per_turn(metric: Metric, **labels: str) -> Feed:
    """Return a feed of turns, and of a counter that grows by `value` with each."""

    def feed(_: Config, service: dict[str, str], phases: list[Phase]) -> Series:
        grown = [Phase(one.steps, 0, one.count * one.value) for one in phases]
        turns = counter(m.TURNS.prometheus, service | {"interrupted": "false"}, phases)
        return turns | counter(metric.prometheus, service | labels, grown)

    return feed


def shares(metric: Metric, label: str, of: str, rest: str, also: dict[str, str] | None = None) -> Feed:
    """Return a feed of a counter of which the share `value` has one label value, the rest another."""

    def feed(_: Config, service: dict[str, str], phases: list[Phase]) -> Series:
        own = service | (also or {})
        counted = [Phase(one.steps, 0, one.count * one.value) for one in phases]
        others = [Phase(one.steps, 0, one.count * (1 - one.value)) for one in phases]
        return counter(metric.prometheus, own | {label: of}, counted) | counter(
            metric.prometheus, own | {label: rest}, others
        )

    return feed


def stage_errors(_: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return requests to a language model of which the share `value` failed."""
    own = service | {"stage": "llm", "provider": "openai", "model": "gpt-4.1"}
    requests = counter(m.STAGE_REQUESTS.prometheus, own | {"status": "ok"}, phases)
    failed = [Phase(one.steps, 0, one.count * one.value) for one in phases]
    return requests | counter(m.STAGE_ERRORS.prometheus, own | {"category": "server"}, failed)


def tokens(config: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return turns of `value` tokens each."""
    turns = counter(m.TURNS.prometheus, service | {"interrupted": "false"}, phases)
    return turns | histogram(config, m.TURN_TOKENS, service, phases)


def coverage(config: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return language model requests of which the share `value` has a TTFB."""
    own = service | {"stage": "llm", "provider": "openai", "model": "gpt-4.1"}
    requests = counter(m.STAGE_REQUESTS.prometheus, own | {"status": "ok"}, phases)
    timed = [Phase(one.steps, 0.2, one.count * one.value) for one in phases]
    return requests | histogram(config, m.STAGE_TTFB, own, timed)


def silences(config: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return turns of which the share `value` was followed by a silence of 8 s, and each by one of 5 s."""
    turns = counter(m.TURNS.prometheus, service | {"interrupted": "false"}, phases)
    long = [Phase(one.steps, 8.0, one.count * one.value) for one in phases]
    made = histogram(config, m.SILENCE, service, long)
    return turns | made


def audio(config: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return reports of the caller's audio, and of the bot's, which may be silent."""
    voice = histogram(config, m.WEBRTC_AUDIO_LEVEL, service | {"direction": "inbound", "side": "bot"}, phases)
    mute = [Phase(one.steps, 0, one.count) for one in phases]
    return voice | histogram(config, m.WEBRTC_AUDIO_LEVEL, service | {"direction": "outbound", "side": "bot"}, mute)


def counter_of(name: str, **labels: str) -> Feed:
    """Return a feed of a counter that grows by `count` a step."""
    return lambda _, service, phases: counter(name, service | labels, phases)


def counted(name: str, **labels: str) -> Feed:
    """Return a feed of a counter that grows by `value` a step."""
    return lambda _, service, phases: counter(
        name, service | labels, [Phase(one.steps, 0, one.value) for one in phases]
    )


def level(name: str, **labels: str) -> Feed:
    """Return a feed of a gauge."""
    return lambda _, service, phases: gauge(name, service | labels, phases)


def queue(_: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return the collector's queue, filled to the share `value`."""
    own = service | {"exporter": "otlp/tempo", "data_type": "traces"}
    size = [Phase(one.steps, 20000 * one.value, 0) for one in phases]
    full = [Phase(one.steps, 20000, 0) for one in phases]
    return gauge("otelcol_exporter_queue_size", own, size) | gauge("otelcol_exporter_queue_capacity", own, full)


def labels_of(name: str) -> dict[str, str]:
    """Return the labels of a service."""
    return {"service_name": name, "deployment_environment": "production"}
