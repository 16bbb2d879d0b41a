from pathlib import Path

import pytest

import yamls
from pipecat_lgtm.config import Config, buckets, load, load_default
from pipecat_lgtm.config.thresholds import SignalBounds
from rendered import files

OWN = """
thresholds:
  ttfw: {p95: {target: 700 ms, warning: 777 ms, critical: 1333 ms}}
  e2e: {p95: {critical: 2777 ms}}
  stt_ttfb: {p95: {warning: 411 ms}}
  llm_ttfb: {p95: {warning: 1011 ms}}
  tts_ttfb: {p95: {warning: 433 ms}}
  tokens_per_turn: {warning: 3333}
  stt_confidence: {warning: 66 %}
  silence: {warning: 2500 ms}
  remainder: {p95: {warning: 222 ms}}
  webrtc_jitter: {info: 44 ms}
  webrtc_packet_loss: {warning: 3 %}
  webrtc_jitter_buffer: {warning: 222 ms}
"""


@pytest.fixture(params=["shipped", "own", "tolerant"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    """Return a config: the shipped one, one with odd bounds, one with another preset."""
    texts = {"shipped": "", "own": OWN, "tolerant": "thresholds: {preset: tolerant}"}
    file = tmp_path / "stack.yaml"
    file.write_text(texts[request.param])
    return load(file).config


HISTOGRAMS = {
    "latency": {"ttfw", "e2e", "stt_ttfb", "llm_ttfb", "tts_ttfb", "remainder", "silence"},
    "tokens": {"tokens_per_turn"},
    "ratio": {"stt_confidence", "webrtc_packet_loss"},
    "network": {"webrtc_jitter", "webrtc_jitter_buffer"},
}
"""Bounds of values that a histogram holds, by its family of buckets."""

COUNTED = {
    "error_ratio",
    "error_ratio_sustained",
    "task_completion",
    "intent_match",
    "uptime",
    "stage_regression",
    "wer_drift",
    "judge_drop",
    "prompt_similarity",
}
"""Bounds of shares of counts, and of differences and multiples: no histogram has buckets of these."""


def test_every_bound_is_of_a_histogram_or_counted() -> None:
    """Whoever adds a bound says here which buckets it belongs to, or that it belongs to none."""
    assert set(SignalBounds.model_fields) == COUNTED.union(*HISTOGRAMS.values())


@pytest.mark.parametrize("family", HISTOGRAMS)
def test_every_bound_is_a_bucket_bound(config: Config, family: str) -> None:
    """Whatever the thresholds are, each is a bucket bound of its signal, so that the share beyond it is exact."""
    levels = [getattr(config.thresholds, name) for name in HISTOGRAMS[family]]
    bounds = {value for level in levels for value in getattr(level, "p95", level).values()}

    assert bounds
    assert set() == bounds - set(getattr(buckets, family)(config))


@pytest.mark.parametrize("family", ["latency", "duration", "tokens", "ratio", "network", "memory"])
def test_bounds_rise(config: Config, family: str) -> None:
    """Bucket bounds rise strictly; a bound that is configured and a threshold stands there once."""
    bounds = getattr(buckets, family)(config)

    assert sorted(set(bounds)) == bounds
    assert set(getattr(config.histograms, family)) <= set(bounds)


def test_bounds_reach_the_collector() -> None:
    """The latency histograms that the collector makes have exactly these bounds."""
    config = load_default()
    rendered = yamls.load(files()["collector/config.yaml"])["connectors"]
    latency = rendered["span_metrics/latency"]["histogram"]["explicit"]["buckets"]

    assert buckets.latency(config) == [int(bound.removesuffix("ns")) / 1e9 for bound in latency]
