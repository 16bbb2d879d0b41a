from pathlib import Path

import pytest
import yaml

from pipecat_lgtm.config import Config, load, load_default
from pipecat_lgtm.contract import labels
from pipecat_lgtm.renderers import buckets
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
  silence: {warning: 5500 ms}
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


def test_every_bound_is_a_bucket_bound(config: Config) -> None:
    """Whatever the thresholds are, each is a bucket bound of its signal, so that the share beyond it is exact."""
    bounds = config.thresholds
    latency = [bounds.ttfw.p95, bounds.e2e.p95, bounds.silence, *(bounds.stage(stage) for stage in labels.STAGES)]

    assert set() == {value for level in latency for value in level.values()} - set(buckets.latency(config))
    assert set() == set(bounds.tokens_per_turn.values()) - set(buckets.tokens(config))
    assert set() == {*bounds.stt_confidence.values(), *bounds.webrtc_packet_loss.values()} - set(buckets.ratio(config))
    assert set() == {*bounds.webrtc_jitter.values(), *bounds.webrtc_jitter_buffer.values()} - set(
        buckets.network(config)
    )


@pytest.mark.parametrize("family", ["latency", "duration", "tokens", "ratio", "network", "memory"])
def test_bounds_rise(config: Config, family: str) -> None:
    """Bucket bounds rise strictly; a bound that is configured and a threshold stands there once."""
    bounds = getattr(buckets, family)(config)

    assert sorted(set(bounds)) == bounds
    assert set(getattr(config.histograms, family)) <= set(bounds)


def test_bounds_reach_the_collector() -> None:
    """The latency histograms that the collector makes have exactly these bounds."""
    config = load_default()
    rendered = yaml.safe_load(files()["collector/config.yaml"])["connectors"]
    latency = rendered["span_metrics/latency"]["histogram"]["explicit"]["buckets"]

    assert buckets.latency(config) == [int(bound.removesuffix("ns")) / 1e9 for bound in latency]
