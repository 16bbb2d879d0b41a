"""Every metric of the contract, from the spans and events that feed it, with its value and its labels."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import otlp
import pytest
from harness import poll
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.labels import JUDGE
from pipecat_lgtm_bridge.contract.metrics import BY_PROMETHEUS_NAME, METRICS
from pipecat_lgtm_bridge.contract.types import Attribute, Metric

pytestmark = pytest.mark.stack

Series = dict[tuple[str, tuple[str, ...]], float]
"""Values by (metric, label values in the contract's order); of a histogram: count and sum, apart."""

_BRIDGE = {a.BRIDGE.name: "1.0"}
_SAID: dict[Attribute, Any] = {
    e.CATEGORY: "rate_limit", a.STAGE: "tts", a.PROVIDER: "cartesia", a.MODEL: "sonic-2", e.USABLE: True,
    e.SECONDS: 7.5, e.PHASE: "pipeline", e.CONFIDENCE: 0.87, e.OUTCOME: "escalated", e.MATCHED: False,
    e.DIRECTION: "inbound", e.SIDE: "client", e.PACKET_LOSS: 0.02, e.JITTER: 0.012, e.RTT: 0.08,
    e.JITTER_BUFFER: 0.06, e.AUDIO_LEVEL: 0.4, e.NACKS: 3, e.STATE: "disconnected", e.CPU: 0.35,
    e.MEMORY: 200 * 1024**2, e.EVALUATION_NAME: "tone_accuracy", e.EVALUATION_SCORE: 0.9, e.WER: 0.125,
    e.WER_SOURCE: "script",
    e.SILENCE_ONGOING: False, e.SILENCE_STATED: 0.0, e.UNANSWERED_REASON: "no_transcript",
    e.SIGNAL_KIND: "early_hangup", e.QUALITY_SOURCE: "judge", e.JUDGE_MODEL: "gpt-4.1", e.PROMPT_VERSION: "3",
    e.TTS_CHARACTERS: 75, e.DROPPED_SIGNAL: "logs", e.DROPPED_REASON: "refused", e.DROPPED_COUNT: 12,
    e.QUEUE: "otlp_grpc_tempo_traces",
}  # fmt: skip
_BY_TYPE = {"string": "x", "double": 0.5, "int": 1, "bool": True}


def _event(event: e.Event, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    values = {one.name: _SAID.get(one, _BY_TYPE.get(one.type)) for one in event.attributes}
    return otlp.event(event.name, values | {key.replace("__", "."): value for key, value in changes.items()})


def _silence(seconds: float, stated: float = 0.0, *, ongoing: bool = True) -> dict[str, Any]:
    said = {e.SECONDS: seconds, e.SILENCE_STATED: stated, e.SILENCE_ONGOING: ongoing}
    return otlp.event(e.SILENCE.name, {one.name: value for one, value in said.items()})


def _score(value: object, **changes: object) -> dict[str, Any]:
    said = {one.name: _SAID[one] for one in (e.EVALUATION_NAME, e.QUALITY_SOURCE, e.JUDGE_MODEL, e.PROMPT_VERSION)}
    score = {} if value is None else {e.EVALUATION_SCORE.name: value}
    return otlp.event(e.EVALUATION.name, {**said, **score, **changes})


def _lasting(name: str, seconds: float, attributes: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    made = otlp.span(name, attributes, **changes)
    return made | {"startTimeUnixNano": str(int(made["endTimeUnixNano"]) - round(seconds * 1e9))}


_FAILED = {"status": {"code": 2, "message": "RateLimitError: Error code: 429"}}
_TURN = otlp.turn(
    0.9, 4.25, pipecat__ttfw_seconds=0.7, pipecat__e2e_seconds=1.5, pipecat__turn__tokens=321,
    pipecat__interrupted=True, pipecat__turn__errors=1, pipecat__turn__latency="exact", **_BRIDGE,
)  # fmt: skip
_FAILURE = otlp.stage("llm", 1.2) | _FAILED
_HEARD = otlp.stage("stt", 0.2, metrics__audio_seconds=2.5, transcript="Can you repeat that? Mail jane.doe@example.com")
SPANS = [
    _TURN,
    _lasting("conversation", 30.0, {"conversation.id": "call-1", "pipecat.conversation.outcome": "completed"}),
    _lasting("conversation", 12.5, {"conversation.id": "call-2", "pipecat.conversation.failed": True,
                                    "pipecat.conversation.outcome": "completed"}),
    _HEARD,
    otlp.stage(
        "llm", 0.4, gen_ai__usage__input_tokens=100, gen_ai__usage__output_tokens=20,
        gen_ai__usage__cache_read__input_tokens=64, gen_ai__usage__cache_creation__input_tokens=32,
        gen_ai__usage__reasoning__output_tokens=5, gen_ai__usage__audio__input_tokens=7,
        gen_ai__usage__audio__output_tokens=9,
    ),
    # A failed call counts as an error once: by its status without the bridge, by the bridge's event with it.
    _FAILURE,
    # An SDK dropped some of its attributes.
    otlp.span("x", droppedAttributesCount=3),
    otlp.span("response", {"pipecat.ttfw_approximate_seconds": 0.45, **_BRIDGE}),
    otlp.stage("llm", 1.2, **_BRIDGE) | _FAILED,
    otlp.stage("tts", "NOT_GIVEN", metrics__character_count=42),
    otlp.stage("tts", 0.1, metrics__character_count=75, **_BRIDGE),
    _lasting("execute_tool get_weather", 0.3, {"gen_ai.tool.name": "get_weather"}, **_FAILED),
    _lasting("contribution llm_inference", 0.26, {"pipecat.contribution": "llm_inference", "pipecat.owner": "service"}),
    _lasting("POST", 0.15, {"http.request.method": "POST", "server.address": "api.openai.com",
                            "http.response.status_code": 429}, kind=3),
    _lasting("POST", 0.25, {"http.request.method": "POST", "url.full": "https://me:pass@api.openai.com:443/v1/x?q=my+knee",
                            "http.response.status_code": 429}, kind=3),
]  # fmt: skip
EVENTS = [
    *(_event(event) for event in e.EVENTS),
    _event(e.STARTUP, pipecat__startup__phase="transport", pipecat__seconds=1.25),
    # One that lasts, is stated each time it is longer, and then ends; one that has not ended; two that are too short to
    # be about anything; one of an earlier bridge.
    _silence(5.4) | {"droppedAttributesCount": 2},
    _silence(10.2, 5.4),
    _silence(12.5, 10.2, ongoing=False),
    _silence(5.0),
    _silence(5.9),
    _silence(4.0, ongoing=False),
    otlp.event(e.SILENCE.name, {e.SECONDS.name: 9.0}),
    # A kind that nobody knows is no value of a label: it may be anything.
    otlp.event(e.CONVERSATION_SIGNAL.name, {e.SIGNAL_KIND.name: "what the caller said"}),
    # Scores that are none, evaluations that failed, judges that nobody knows, sentences where a name should be.
    _score(1.5),
    _score(-0.1),
    _score(float("nan")),
    _score(float("inf")),
    _score("0.9"),
    _score(["0.9"]),
    _score(None),
    _score(None, **{e.ERROR_TYPE.name: "timeout"}),
    _score(1, **{e.QUALITY_SOURCE.name: "astrologer"}),
    _score(
        0,
        **{
            e.EVALUATION_NAME.name: "The caller was not served well.",
            e.JUDGE_MODEL.name: "one, two",
            e.PROMPT_VERSION.name: "v" * 65,
        },
    ),
    _score(1.0, **{e.JUDGE_MODEL.name: "gpt-5", e.QUALITY_SOURCE.name: "human"}),
    otlp.event("pipecat.quality", {"pipecat.quality.dimension": "tone_accuracy", "pipecat.quality.score": 0.1}),
]
BARE_EVENTS = [otlp.event(event.name, {one.name: _SAID[one] for one in event.attributes if one in (
    e.CONFIDENCE, e.PACKET_LOSS, e.NACKS, e.EVALUATION_SCORE, e.WER, e.STATE)}) for event in e.EVENTS]  # fmt: skip
BARE_SPANS = [
    otlp.span("turn"),
    otlp.span("conversation"),
    otlp.span("llm", {"metrics.ttfb": 0.4, "output": "Hello.", "gen_ai.usage.input_tokens": 5}),
    otlp.span("tts", {"metrics.character_count": 5}, status={"code": 2}),
    otlp.span("execute_tool "),
    otlp.span("x", {"pipecat.contribution": ""}),
    otlp.span("x", {"http.request.method": "GET"}, kind=3),
]


def _counter(metric: Metric, value: float, *labels: str) -> Series:
    return {(metric.prometheus, labels): value}


def _breach(signal: str, severity: str, span: dict[str, Any], call: str = "unknown", stage: str = "unknown") -> Series:
    values = {"signal": signal, "severity": severity, "trace_id": span["traceId"], "conversation_id": call}
    values["stage"] = stage
    return _counter(m.BREACHES, 1, *(values.get(label, "unknown") for label in m.BREACHES.labels))


def _histogram(metric: Metric, values: list[float], *labels: str) -> Series:
    return {(f"{metric.prometheus}_count", labels): len(values), (f"{metric.prometheus}_sum", labels): sum(values)}


def _expected() -> Series:
    llm, stt, tts = ("openai", "llm-model"), ("openai", "stt-model"), ("openai", "tts-model")
    tokens = {"input": 100, "output": 20, "cache_read": 64, "cache_creation": 32, "reasoning": 5, "audio_input": 7,
              "audio_output": 9}  # fmt: skip
    line = ("inbound", "client")
    spoken = ("cartesia", "sonic-2")
    series = (
        _histogram(m.TURN_TTFW, [0.7]),
        _histogram(m.TURN_TTFW_APPROXIMATE, [0.45]),
        _counter(m.TURNS_MEASURED, 1, "exact"),
        _histogram(m.TURN_E2E, [1.5]),
        _histogram(m.TURN_DURATION, [4.25]),
        _counter(m.TURNS, 1, "true"),
        _histogram(m.TURN_TOKENS, [321]),
        _counter(m.CONVERSATIONS, 1, "completed"),
        _counter(m.CONVERSATIONS, 1, "failed"),
        _histogram(m.CONVERSATION_DURATION, [30.0, 12.5]),
        _histogram(m.STAGE_TTFB, [0.2], "stt", *stt),
        _histogram(m.STAGE_TTFB, [0.4], "llm", *llm),
        _counter(m.STAGE_REQUESTS, 1, "stt", *stt, "ok"),
        _counter(m.STAGE_REQUESTS, 1, "llm", *llm, "ok"),
        _counter(m.STAGE_REQUESTS, 2, "llm", *llm, "error"),
        _histogram(m.STAGE_TTFB, [0.1], "tts", *tts),
        _counter(m.STAGE_REQUESTS, 2, "tts", *tts, "ok"),
        _counter(m.STAGE_ERRORS, 1, "llm", *llm, "rate_limit"),
        _counter(m.STAGE_ERRORS, 1, "tts", *spoken, "rate_limit"),
        *(_counter(m.TOKENS, count, *llm, kind) for kind, count in tokens.items()),
        _counter(m.TTS_CHARACTERS, 42, *tts),
        _counter(m.TTS_CHARACTERS, 75, *spoken),
        _counter(m.STT_AUDIO, 2.5, *stt),
        _histogram(m.HTTP_CLIENT_DURATION, [0.15, 0.25], "api.openai.com", "POST", "4xx"),
        _breach("e2e", "warning", _TURN, "call-1"),
        _breach("error", "critical", _TURN, "call-1"),
        _breach("error", "critical", _FAILURE, stage="llm"),
        _breach("frustration", "warning", _HEARD),
        *(
            _counter(m.AFFECTED, count, signal, severity, window, stage, "all", "all")
            for window in ("1h", "5m", "6h")
            for signal, severity, stage, count in (
                ("e2e", "warning", "all", 1),
                ("error", "warning", "all", 2),
                ("error", "critical", "all", 2),
                ("error", "warning", "llm", 1),
                ("error", "critical", "llm", 1),
                ("error", "warning", "unknown", 1),
                ("error", "critical", "unknown", 1),
                ("frustration", "warning", "all", 1),
            )
        ),
        _counter(m.COMPLIANCE_FINDINGS, 1, "email"),
        _counter(m.FRUSTRATION_MARKERS, 1, "repeat_request"),
        _counter(m.VALUES_REFUSED, 2, "ttfb", "error"),
        _counter(m.VALUES_REFUSED, 1, "ttfb", "not_a_number"),
        _counter(m.VALUES_REFUSED, 4, "evaluation", "out_of_range"),
        _counter(m.VALUES_REFUSED, 2, "evaluation", "not_a_number"),
        _counter(m.VALUES_REFUSED, 1, "evaluation", "missing"),
        _counter(m.VALUES_REFUSED, 1, "evaluation", "error"),
        _counter(m.RECORDS_CUT, 1, "spans"),
        _counter(m.RECORDS_CUT, 1, "logs"),
        _histogram(m.TURN_CONTRIBUTION, [0.26], "llm_inference", "service"),
        _histogram(m.TOOL_DURATION, [0.3], "get_weather", "error"),
        _counter(m.INTERRUPTIONS, 1),
        _histogram(m.SILENCE, [7.5, 12.5, 9.0]),
        _counter(m.SILENCES_LONG, 4),
        _counter(m.UNANSWERED_SPEECH, 1, "no_transcript"),
        _counter(m.CONVERSATION_SIGNALS, 1, "early_hangup"),
        _counter(m.CONVERSATION_SIGNALS, 1, "other"),
        _histogram(m.STT_CONFIDENCE, [0.87], *spoken),
        _counter(m.HEARTBEATS, 1),
        _histogram(m.STARTUP, [7.5]),
        _histogram(m.TRANSPORT_CONNECT, [1.25]),
        _counter(m.TASK_OUTCOMES, 1, "escalated"),
        _counter(m.INTENTS, 1, "false"),
        _counter(m.QUEUE_FILES_DAMAGED, 1, "otlp_grpc_tempo_traces"),
        _histogram(m.WEBRTC_PACKET_LOSS, [0.02], *line),
        _histogram(m.WEBRTC_JITTER, [0.012], *line),
        _histogram(m.WEBRTC_RTT, [0.08], *line),
        _histogram(m.WEBRTC_JITTER_BUFFER, [0.06], *line),
        _histogram(m.WEBRTC_AUDIO_LEVEL, [0.4], *line),
        _counter(m.WEBRTC_NACKS, 3, "inbound"),
        _counter(m.WEBRTC_STATES, 1, "disconnected"),
        _counter(m.BRIDGE_DROPPED, 12, "logs", "refused"),
        _histogram(m.PROCESS_CPU, [0.35]),
        _histogram(m.PROCESS_MEMORY, [200 * 1024**2]),
        _histogram(m.QUALITY_SCORE, [0.9], "tone_accuracy", "judge", "gpt-4.1", "3"),
        _histogram(m.QUALITY_SCORE, [1.0], "tone_accuracy", "other", "gpt-4.1", "3"),
        _histogram(m.QUALITY_SCORE, [0.0], "unknown", "judge", "unknown", "unknown"),
        _histogram(m.QUALITY_SCORE, [1.0], "tone_accuracy", "human", "gpt-5", "3"),
        _histogram(m.STT_WER, [0.125], "script", *spoken),
    )
    return {key: value for one in series for key, value in one.items()}


def _rows(stack: Stack, service: str) -> Iterator[tuple[str, Metric, dict[str, str], float]]:
    for row in stack.query(f'{{__name__=~"pipecat_.*", __name__!~".*_bucket", service_name="{service}"}}'):
        labels = row["metric"]
        name = labels.pop("__name__")
        yield name, BY_PROMETHEUS_NAME[name.removesuffix("_count").removesuffix("_sum")], labels, float(row["value"][1])


_LAST = (
    "pipecat_turns_total", "pipecat_conversations_total", "pipecat_tokens_total", "pipecat_interruptions_total",
    "pipecat_stage_errors_total", "pipecat_stage_ttfb_seconds_count", "pipecat_breaches_total",
    "pipecat_conversation_duration_seconds_count",
)  # fmt: skip
"""One of each connector that counts: what is sent together is flushed together."""


_FULL, _BARE = ("full", SPANS, EVENTS), ("bare", BARE_SPANS, BARE_EVENTS)


@contextlib.contextmanager
def _fed(folder: Path, engine_bin: EngineBin, mode: str, *feeds: Any) -> Iterator[Stack]:  # noqa: ANN401
    """Run a stack that was told what the feeds have."""
    often = {"flush_interval": "200 ms"}  # five flushes to a scrape, as with the shipped intervals three
    overrides = {"collector": often, "content": {"mode": mode}}
    with stack_of(folder, engine_bin, "prometheus", "collector", overrides=overrides) as one:
        for service, spans, events in feeds:
            resource = {"service.name": service}
            otlp.send(one.ports.otlp_http, otlp.traces(spans, resource))
            otlp.send(one.ports.otlp_http, otlp.logs(events, resource))
            for metric in _LAST:
                poll(metric, lambda m=metric, s=service: one.query(f'{m}{{service_name="{s}"}}'))
        one.settled('count({__name__=~"pipecat_.*"})', seconds=2)
        yield one


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """A stack that was told everything once by one service, and the least possible by another."""
    with _fed(tmp_path_factory.mktemp("contract"), engine_bin, "redact", _FULL, _BARE) as one:
        yield one


def _seen(stack: Stack) -> Series:
    seen: Series = {}
    for name, metric, labels, value in _rows(stack, "full"):
        key = name, tuple(labels[label] for label in metric.labels)
        seen[key] = seen.get(key, 0.0) + value
    return seen


def test_every_metric_has_its_value_and_labels(stack: Stack) -> None:
    """One of everything gives exactly these series; the bridge's value wins over the fallback and is counted once."""
    seen = _seen(stack)

    assert sorted(_expected()) == sorted(seen)
    assert _expected() == pytest.approx(seen)


def test_mode_drop_counts_the_same(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Metrics of what was said and of what failed are there, though neither words nor messages are stored."""
    with _fed(tmp_path, engine_bin, "drop", _FULL) as one:
        seen = _seen(one)

    assert sorted(_expected()) == sorted(seen)
    assert _expected() == pytest.approx(seen)


def test_what_the_label_of_a_span_says_an_events_says_too(stack: Stack) -> None:
    """A model has no date and a provider its present name on both, so that requests and errors of one service join."""
    spans = [
        otlp.stage("llm", 0.3, gen_ai__request__model="gpt-4.1-2025-04-14", gen_ai__provider__name="xai"),
        otlp.turn(None, pipecat__turn__tokens=0),
    ]
    who = {"gen_ai.request.model": "gpt-4.1-2025-04-14", "gen_ai.provider.name": "xai", "pipecat.stage": "llm"}
    nobody = {"gen_ai.request.model": "", "gen_ai.provider.name": "", "pipecat.stage": "tts"}
    resource = {"service.name": "joined"}
    otlp.send(stack.ports.otlp_http, otlp.traces(spans, resource))
    otlp.send(stack.ports.otlp_http, otlp.logs([otlp.event("pipecat.error", one) for one in (who, nobody)], resource))

    which = 'service_name="joined",stage="llm",provider="x_ai",model="gpt-4.1"'
    stack.until(f"sum(pipecat_stage_requests_total{{{which}}})", 1)
    stack.until(f"sum(pipecat_stage_errors_total{{{which}}})", 1)
    unknown = 'service_name="joined",stage="tts",provider="unknown",model="unknown"'
    stack.until(f"sum(pipecat_stage_errors_total{{{unknown}}})", 1)
    # A turn that cost no token is a turn of the mean, too.
    stack.until('sum(pipecat_turn_tokens_count{service_name="joined"})', 1)


def test_the_expectation_is_the_whole_contract() -> None:
    """No metric is left out but the overflow, which needs its limit reached (see test_cardinality)."""
    names = {name.removesuffix("_count").removesuffix("_sum") for name, _ in _expected()}

    assert {metric.prometheus for metric in METRICS if metric is not m.SERIES_OVERFLOWED} == names


def test_a_label_nobody_stated_is_unknown(stack: Stack) -> None:
    """Every series has every label of its metric, and no other but its origin's."""
    rows = list(_rows(stack, "bare"))
    stated = [(metric, labels) for _, metric, labels, _ in rows if metric is not m.AFFECTED]  # its `all` is its own
    values = {label: {labels[label] for metric, labels in stated if label in metric.labels} for label in (
        "provider", "model", "interrupted", "outcome", "tool", "owner", "contribution", "server_address", "direction",
        "side", *JUDGE, "matched")}  # fmt: skip

    assert {label: {"unknown"} for label in values} == values
    for name, metric, labels, _ in [*rows, *_rows(stack, "full")]:
        own = {*metric.labels, "service_name", "deployment_environment", "job", "instance"}
        assert own == set(labels), name
        assert all(labels.values()), name


_BOTS = '{__name__=~"pipecat_.+"}'
_SILENT_SCRAPES = 10


def _samples(stack: Stack, selector: str, begin: float, end: float) -> dict[str, list[float]]:
    """Return the times of each series' samples, by the series."""
    query = f"{selector}[{round(1000 * (end - begin))}ms]"
    rows = stack.prometheus("query", query=query, time=end)["result"]
    return {str(sorted(row["metric"].items())): [float(at) for at, _ in row["values"]] for row in rows}


def test_every_series_has_a_sample_at_every_scrape(stack: Stack) -> None:
    """While nothing happens each series of each metric has a sample whenever its target was scraped."""
    begin = time.time()
    up = f'up{{instance="127.0.0.1:{stack.ports.collector_breaches}"}}'
    poll("scrapes in silence", lambda: stack.value(f"timestamp({up})") > begin + _SILENT_SCRAPES)
    end = stack.value(f"timestamp({up})")
    bots = f'up{{instance=~"127.0.0.1:({stack.ports.collector_pipecat}|{stack.ports.collector_breaches})"}}'
    scrapes = [len(times) for times in _samples(stack, bots, begin, end).values()]
    found = {series: len(times) for series, times in _samples(stack, _BOTS, begin, end).items()}

    assert len(found) == stack.value(f"count({_BOTS})")
    # The targets are scraped one after the other: at the ends of the range one may be a scrape ahead.
    assert {} == {series: count for series, count in found.items() if count < min(scrapes) - 1}
    assert min(scrapes) >= _SILENT_SCRAPES - 1


def test_the_first_event_of_a_label_set_counts(stack: Stack) -> None:
    """Each series begins with a zero at its start: the increase over a window that begins before it is its value."""
    counts = '{__name__=~"pipecat_.+(_total|_count)", service_name="full"}'
    begun = {row["metric"]["__name__"]: row["values"][0][1] for row in stack.query(f"{counts}[1h]")}
    value = {row["metric"]["__name__"]: float(row["value"][1]) for row in stack.query(f"sum by (__name__) ({counts})")}
    grown = {name: stack.value(f'sum(increase({name}{{service_name="full"}}[10m]))') for name in value}

    assert dict.fromkeys(value, "0") == begun
    # `increase` looks ahead by up to one scrape.
    assert value == pytest.approx(grown, rel=0.15)


def test_exemplars_name_the_trace(stack: Stack) -> None:
    """A lone turn's exemplar is there, although flushes without any came between it and the scrape."""
    series = stack.prometheus(
        "query_exemplars", query=f"{m.TURN_TTFW.prometheus}_bucket", start=0, end=time.time() + 60
    )
    found = {
        (one["seriesLabels"]["service_name"], one["seriesLabels"]["le"], exemplar["labels"]["trace_id"])
        for one in series
        for exemplar in one["exemplars"]
    }

    assert {("full", "0.8", _TURN["traceId"])} == found


def test_no_bot_has_a_target_info(stack: Stack) -> None:
    """What the collector knows of a bot's resource is no series of its own; there is only what it says of itself."""
    assert {"collector"} == {row["metric"]["job"] for row in stack.query("target_info")}
