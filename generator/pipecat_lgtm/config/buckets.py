"""Bucket bounds: the configured ones and every threshold, so that a share beyond a bound is exact."""

from collections.abc import Iterable

from pipecat_lgtm.config.model import Config
from pipecat_lgtm_bridge.contract.events import LONG_SILENCE
from pipecat_lgtm_bridge.contract.labels import STAGES


def _merged(*groups: Iterable[float]) -> list[float]:
    return sorted({round(float(bound), 9) for group in groups for bound in group})


def latency(config: Config) -> list[float]:
    """Return the bounds, in seconds, of TTFW, E2E, TTFB, tools, HTTP, contributions and silences."""
    bounds = config.thresholds
    stages = [bounds.stage(stage).values() for stage in STAGES]
    signals = (bounds.ttfw.p95, bounds.e2e.p95, bounds.remainder.p95, bounds.silence)
    return _merged(config.histograms.latency, [LONG_SILENCE], *stages, *(signal.values() for signal in signals))


def duration(config: Config) -> list[float]:
    """Return the bounds, in seconds, of turns and conversations."""
    return _merged(config.histograms.duration)


def tokens(config: Config) -> list[float]:
    """Return the bounds of tokens per turn."""
    return _merged(config.histograms.tokens, config.thresholds.tokens_per_turn.values())


def ratio(config: Config) -> list[float]:
    """Return the bounds of shares, 0 to 1."""
    bounds = config.thresholds
    return _merged(config.histograms.ratio, bounds.stt_confidence.values(), bounds.webrtc_packet_loss.values())


def network(config: Config) -> list[float]:
    """Return the bounds, in seconds, of jitter, round trips and jitter buffers."""
    bounds = config.thresholds
    return _merged(config.histograms.network, bounds.webrtc_jitter.values(), bounds.webrtc_jitter_buffer.values())


def memory(config: Config) -> list[float]:
    """Return the bounds, in bytes, of process memory."""
    return _merged(config.histograms.memory)
