"""How services behave, kind by kind of signal: feeds in which `value` is what the alert judges."""

from collections.abc import Sequence

from case import Feed
from feeds import Phase, counter, gauge, histogram, lives
from written import Series

from pipecat_lgtm.config import Config
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric


def hist(metric: Metric, **labels: str) -> Feed:
    """Return a feed of one histogram."""
    return lambda config, service, phases: histogram(config, metric, service | labels, phases)


def per_turn(metric: Metric, **labels: str) -> Feed:
    """Return a feed of turns, and of a counter that grows by `value` with each."""

    def feed(_: Config, service: dict[str, str], phases: Sequence[Phase]) -> Series:
        grown = [one.being(0, one.count * one.value) for one in phases]
        turns = counter(m.TURNS.prometheus, service | {"interrupted": "false"}, phases)
        return turns | counter(metric.prometheus, service | labels, grown)

    return feed


def shares(metric: Metric, label: str, of: str, rest: str, also: dict[str, str] | None = None) -> Feed:
    """Return a feed of a counter of which the share `value` has one label value, the rest another."""

    def feed(_: Config, service: dict[str, str], phases: Sequence[Phase]) -> Series:
        own = service | (also or {})
        counted = [one.being(0, one.count * one.value) for one in phases]
        others = [one.being(0, one.count * (1 - one.value)) for one in phases]
        return counter(metric.prometheus, own | {label: of}, counted) | counter(
            metric.prometheus, own | {label: rest}, others
        )

    return feed


def stage_errors(_: Config, service: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return requests to a language model of which the share `value` failed."""
    own = service | {"stage": "llm", "provider": "openai", "model": "gpt-4.1"}
    requests = counter(m.STAGE_REQUESTS.prometheus, own | {"status": "ok"}, phases)
    failed = [one.being(0, one.count * one.value) for one in phases]
    return requests | counter(m.STAGE_ERRORS.prometheus, own | {"category": "server"}, failed)


def tokens(config: Config, service: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return turns of `value` tokens each."""
    turns = counter(m.TURNS.prometheus, service | {"interrupted": "false"}, phases)
    return turns | histogram(config, m.TURN_TOKENS, service, phases)


def coverage(config: Config, service: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return language model requests of which the share `value` has a TTFB."""
    own = service | {"stage": "llm", "provider": "openai", "model": "gpt-4.1"}
    requests = counter(m.STAGE_REQUESTS.prometheus, own | {"status": "ok"}, phases)
    timed = [one.being(0.2, one.count * one.value) for one in phases]
    return requests | histogram(config, m.STAGE_TTFB, own, timed)


def unmeasured(config: Config, service: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return answered turns of which the share `value` has no exact latency."""
    del config
    exact = [one.being(0, one.count * (1 - one.value)) for one in phases]
    near = [one.being(0, one.count * one.value) for one in phases]
    return counter(m.TURNS_MEASURED.prometheus, service | {"known": "exact"}, exact) | counter(
        m.TURNS_MEASURED.prometheus, service | {"known": "approximate"}, near
    )


def silences(config: Config, service: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return turns, the share `value` of which was followed by a long silence, and each by one of 5 s."""
    turns = counter(m.TURNS.prometheus, service | {"interrupted": "false"}, phases)
    long = [one.being(0, one.count * one.value) for one in phases]
    ended = [one.being(5.0, one.count) for one in phases]
    return turns | counter(m.SILENCES_LONG.prometheus, service, long) | histogram(config, m.SILENCE, service, ended)


def unanswered(config: Config, service: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return what callers say, the share `value` of which is not answered, for either reason."""
    del config
    answered = [one.being(0, one.count * (1 - one.value)) for one in phases]
    half = [one.being(0, one.count * one.value / 2) for one in phases]
    made = counter(m.TURNS_MEASURED.prometheus, service | {"known": "exact"}, answered)
    for reason in ("no_transcript", "no_reply"):
        made |= counter(m.UNANSWERED_SPEECH.prometheus, service | {"reason": reason}, half)
    return made


def audio(config: Config, service: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return reports of the caller's audio, and of the bot's, which may be silent."""
    voice = histogram(config, m.WEBRTC_AUDIO_LEVEL, service | {"direction": "inbound", "side": "bot"}, phases)
    mute = [one.being(0, one.count) for one in phases]
    return voice | histogram(config, m.WEBRTC_AUDIO_LEVEL, service | {"direction": "outbound", "side": "bot"}, mute)


def counter_of(name: str, **labels: str) -> Feed:
    """Return a feed of a counter that grows by `count` a step."""
    return lambda _, service, phases: counter(name, service | labels, phases)


def counted(name: str, **labels: str) -> Feed:
    """Return a feed of a counter that grows by `value` with each event; a program's comes with the program's lives."""

    def feed(_: Config, service: dict[str, str], phases: Sequence[Phase]) -> Series:
        own = service | labels
        series = counter(name, own, [one.being(0, one.count * one.value) for one in phases])
        return series if name.startswith("pipecat_") else series | lives(_program(labels), phases)

    return feed


def _program(labels: dict[str, str]) -> dict[str, str]:
    return {label: labels[label] for label in ("job", "instance")}


def level(name: str, /, **labels: str) -> Feed:
    """Return a feed of a gauge."""
    return lambda _, service, phases: gauge(name, service | labels, phases)


def queue(_: Config, service: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return the collector's queue, filled to the share `value`."""
    own = service | {"exporter": "otlp/tempo", "data_type": "traces"}
    size = [one.being(20000 * one.value, 0) for one in phases]
    full = [one.being(20000, 0) for one in phases]
    return gauge("otelcol_exporter_queue_size", own, size) | gauge("otelcol_exporter_queue_capacity", own, full)


def labels_of(name: str) -> dict[str, str]:
    """Return the labels of a service."""
    return {"service_name": name, "deployment_environment": "production"}
