import re

import pytest

from pipecat_lgtm.renderers.collector import measure
from pipecat_lgtm_bridge.contract import attributes, dialects, events, labels, metrics
from pipecat_lgtm_bridge.contract.types import Attribute, Metric

STAGE = {"stage", "provider", "model"}
WHO = {"provider", "model"}
WEBRTC = {"direction", "side"}
APART = {"stage", "provider", "kind"}
DESIGN = {
    "pipecat_turn_ttfw_seconds": ("histogram", set()),
    "pipecat_turn_e2e_seconds": ("histogram", set()),
    "pipecat_turn_duration_seconds": ("histogram", set()),
    "pipecat_turns_total": ("counter", {"interrupted"}),
    "pipecat_conversations_total": ("counter", {"outcome"}),
    "pipecat_conversation_duration_seconds": ("histogram", set()),
    "pipecat_stage_ttfb_seconds": ("histogram", STAGE),
    "pipecat_stage_requests_total": ("counter", STAGE | {"status"}),
    "pipecat_stage_errors_total": ("counter", STAGE | {"category"}),
    "pipecat_tokens_total": ("counter", WHO | {"type"}),
    "pipecat_turn_tokens": ("histogram", set()),
    "pipecat_tts_characters_total": ("counter", WHO),
    "pipecat_stt_audio_seconds_total": ("counter", WHO),
    "pipecat_http_client_duration_seconds": ("histogram", {"server_address", "method", "status_class"}),
    "pipecat_conversations_affected": ("gauge", {"signal", "severity", "window"} | APART),
    "pipecat_breaches_total": (
        "counter",
        {"signal", "severity", "direction", "side", "dimension", "trace_id", "conversation_id"} | APART,
    ),
    "pipecat_compliance_findings_total": ("counter", {"kind"}),
    "pipecat_frustration_markers_total": ("counter", {"kind"}),
    "pipecat_turn_contribution_seconds": ("histogram", {"contribution", "owner"}),
    "pipecat_tool_duration_seconds": ("histogram", {"tool", "status"}),
    "pipecat_interruptions_total": ("counter", set()),
    "pipecat_silence_seconds": ("histogram", set()),
    "pipecat_silences_long_total": ("counter", set()),
    "pipecat_unanswered_speech_total": ("counter", {"reason"}),
    "pipecat_conversation_signals_total": ("counter", {"kind"}),
    "pipecat_stt_confidence": ("histogram", WHO),
    "pipecat_conversation_heartbeats_total": ("counter", set()),
    "pipecat_startup_seconds": ("histogram", set()),
    "pipecat_transport_connect_seconds": ("histogram", set()),
    "pipecat_task_outcomes_total": ("counter", {"outcome"}),
    "pipecat_intents_total": ("counter", {"matched"}),
    "pipecat_webrtc_packet_loss_ratio": ("histogram", WEBRTC),
    "pipecat_webrtc_jitter_seconds": ("histogram", WEBRTC),
    "pipecat_webrtc_rtt_seconds": ("histogram", WEBRTC),
    "pipecat_webrtc_jitter_buffer_seconds": ("histogram", WEBRTC),
    "pipecat_webrtc_audio_level_ratio": ("histogram", WEBRTC),
    "pipecat_webrtc_nacks_total": ("counter", {"direction"}),
    "pipecat_webrtc_states_total": ("counter", {"state"}),
    "pipecat_bridge_dropped_total": ("counter", {"signal", "reason"}),
    "pipecat_process_cpu_ratio": ("histogram", set()),
    "pipecat_process_memory_bytes": ("histogram", set()),
    "pipecat_quality_score": ("histogram", {"dimension", "source", "judge_model", "prompt_version"}),
    "pipecat_stt_wer_ratio": ("histogram", WHO | {"source"}),
}
ATTRIBUTES = [
    value for module in (attributes, events) for value in vars(module).values() if isinstance(value, Attribute)
]
LABELS = {value for name, value in vars(labels).items() if name.isupper() and isinstance(value, str)}


@pytest.mark.parametrize("name", DESIGN)
def test_metric_of_the_design(name: str) -> None:
    """Every metric that outside dashboards and rules rely on exists, with its type and exactly its labels."""
    metric = metrics.BY_PROMETHEUS_NAME[name]

    assert DESIGN[name] == (metric.kind, set(metric.labels))


@pytest.mark.parametrize("metric", metrics.METRICS, ids=lambda metric: metric.name)
def test_unit_is_in_the_name(metric: Metric) -> None:
    """A counter ends in _total; seconds, bytes and shares are said in the name; only scores of 0 to 1 are bare."""
    suffix = {"s": "_seconds", "By": "_bytes", "1": "_ratio"}.get(metric.unit, "")
    bare = {"pipecat_stt_confidence", "pipecat_quality_score"}

    assert metric.prometheus.endswith("_total") == (metric.kind == "counter")
    assert metric.prometheus in bare or metric.prometheus.removesuffix("_total").endswith(suffix)
    assert re.fullmatch(r"pipecat_[a-z][a-z0-9_]*", metric.prometheus)


@pytest.mark.parametrize("metric", metrics.METRICS, ids=lambda metric: metric.name)
def test_labels_are_of_the_contract(metric: Metric) -> None:
    """A metric's labels are named in contract/labels.py, each once, and the common ones are not repeated."""
    assert set(metric.labels) <= LABELS - set(labels.COMMON)
    assert len(set(metric.labels)) == len(metric.labels)


def test_no_label_per_call() -> None:
    """Only the bounded breaches name a call; no other metric has a label whose values grow with calls."""
    per_call = {key.replace(".", "_") for key in labels.PER_CALL_KEYS}

    assert {metrics.BREACHES} == {metric for metric in metrics.METRICS if set(metric.labels) & per_call}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([metric.name for metric in metrics.METRICS], id="metrics"),
        pytest.param([metric.prometheus for metric in metrics.METRICS], id="prometheus names"),
        pytest.param([attribute.name for attribute in ATTRIBUTES], id="attributes"),
        pytest.param([event.name for event in events.EVENTS], id="events"),
    ],
)
def test_each_name_once(names: list[str]) -> None:
    """No name is given to two things."""
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    "brief", [one.brief for one in (*metrics.METRICS, *events.EVENTS)], ids=lambda brief: brief[:30]
)
def test_brief_is_a_sentence(brief: str) -> None:
    """Every metric and event says in a sentence what it is."""
    assert brief.endswith(".")
    assert brief[0].isupper()


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda attribute: attribute.name)
def test_duration_says_seconds(attribute: Attribute) -> None:
    """An attribute of our own that holds seconds says so in its name; Pipecat's own ones are as they are."""
    ours = attribute.name.startswith("pipecat.")

    assert not ours or ("seconds" in attribute.name) == (attribute.unit == "s")


def test_renames_lead_to_the_contract() -> None:
    """Every old spelling leads to a canonical attribute of another name, and never to two within one family."""
    canonical = {attribute.name for attribute in ATTRIBUTES}
    for family in (dialects.STAGE_RENAMES, dialects.USAGE_RENAMES, dialects.TURN_RENAMES):
        sources = [(rename.source, rename.stage) for rename in family]

        assert sorted(set(sources)) == sorted(sources)
        assert not [one for one in family if one.target.name not in canonical or one.source == one.target.name]


@pytest.mark.parametrize(
    ("span", "is_stage"),
    [
        ("stt", True),
        ("llm", True),
        ("tts", True),
        ("llm_response", True),
        ("stt_deepgramsttservice", True),
        ("pipecat.tts", True),
        ("turn", False),
        ("conversation", False),
        ("sttx", False),
        ("my_llm", False),
        ("LLM", False),
        ("pipecat.conversation.turn", False),
    ],
)
def test_stage_spans(span: str, *, is_stage: bool) -> None:
    """A span is a stage's by its name's beginning, whatever release wrote it."""
    assert is_stage == bool(re.search(dialects.STAGE_SPAN, span))


def test_no_label_has_the_name_of_a_working_attribute() -> None:
    """On a lean span both are attributes: a label of the same name would overwrite what the collector works with."""
    assert set() == set(measure._WORKING) & set(measure._LABELS)  # noqa: SLF001 - the two lists are the point
