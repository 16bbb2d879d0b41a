"""An alert says how many conversations it is about, exactly, however many there are, and names one of the worst."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import otlp
import pytest
from harness import poll
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm_bridge.contract import labels

pytestmark = pytest.mark.stack

CALLS = 200
_BRIDGE = {"pipecat__bridge__version": "1.0", "pipecat__ttfw_seconds": 2.5, "pipecat__e2e_seconds": 3.0}
MODES: dict[str, dict[str, Any]] = {"bridge": _BRIDGE, "spans": {}}


def _turns(mode: str, calls: range, traces: list[str]) -> list[dict[str, Any]]:
    """Return a slow turn of each call: slow to the first word, slow to the end, its LLM slow."""
    made = []
    for call in calls:
        turn = otlp.turn(2.5, conversation__id=f"{mode}-{call}", **MODES[mode])
        made += [turn | {"traceId": traces[call]}, otlp.stage("llm", 2.0) | {"traceId": traces[call]}]
    return made


_BRIDGED = {"pipecat__bridge__version": "1.0"}
FAILED = {"status": {"code": 2, "message": "boom"}}
CARD, SSN = "My card is 4111 1111 1111 1111.", "My social security number is 078-05-1120."


@dataclass(frozen=True)
class Bot:
    """What a bot sends, and what alerts about it must say.

    Args:
        spans: of all its calls.
        events: the same.
        about: alert name, label and its value → the trace ids of the conversations affected.
    """

    spans: list[dict[str, Any]]
    events: list[dict[str, Any]]
    about: dict[tuple[str, str, str], set[str]]


def _ids(*spans: dict[str, Any]) -> set[str]:
    return {one["traceId"] for one in spans}


def _in(call: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return a span of the same call as another one."""
    return other | {"traceId": call["traceId"]}


def _providers() -> Bot:
    """30 calls are slow with one provider, 25 with another, 5 of them with both; all in one request."""
    openai = [otlp.stage("llm", 2.0, gen_ai__provider__name="openai") for _ in range(30)]
    other = [otlp.stage("llm", 9.0, gen_ai__provider__name="anthropic") for _ in range(25)]
    other[:5] = [_in(one, slow) for one, slow in zip(openai, other[:5], strict=False)]
    name = "PipecatLlmTtfbHigh"
    return Bot(
        openai + other, [], {(name, "provider", "openai"): _ids(*openai), (name, "provider", "anthropic"): _ids(*other)}
    )


def _kinds() -> Bot:
    """A card is said in 9 calls, a social security number in 4, both at once in 2."""
    card = [otlp.stage("stt", 0.1, transcript=CARD) for _ in range(9)]
    ssn = [otlp.stage("stt", 0.1, transcript=SSN) for _ in range(4)]
    both = [otlp.stage("stt", 0.1, transcript=f"{CARD} {SSN}") for _ in range(2)]
    name = "PipecatPiiDisclosed"
    return Bot(
        card + ssn + both, [], {(name, "kind", "card"): _ids(*card, *both), (name, "kind", "ssn"): _ids(*ssn, *both)}
    )


def _stages() -> Bot:
    """Without the bridge: the LLM fails in 3 calls of 21, STT in 5 of 21."""
    llm = [otlp.stage("llm") | (FAILED if number < 3 else {}) for number in range(21)]
    stt = [otlp.stage("stt", transcript="x") | (FAILED if number < 5 else {}) for number in range(21)]
    name = "PipecatStageErrorRateHigh"
    return Bot(llm + stt, [], {(name, "stage", "llm"): _ids(*llm[:3]), (name, "stage", "stt"): _ids(*stt[:5])})


def _events() -> Bot:
    """With the bridge: the LLM fails in 4 calls, TTS in 6, twice each, as events say; turns say that something did."""
    calls = [otlp.turn(0.3, conversation__id=f"e{number}", pipecat__turn__errors=2, **_BRIDGED) for number in range(10)]
    requests = [otlp.stage(stage, **_BRIDGED) for stage in ("llm", "tts") for _ in range(21)]
    said = [
        otlp.event("pipecat.error", {"pipecat.stage": "llm" if number < 4 else "tts", "conversation.id": f"e{number}"})
        | {"traceId": call["traceId"]}
        for number, call in enumerate(calls)
    ]
    name = "PipecatStageErrorRateHigh"
    return Bot(
        calls + requests,
        said + said,
        {(name, "stage", "llm"): _ids(*calls[:4]), (name, "stage", "tts"): _ids(*calls[4:])},
    )


def _both() -> Bot:
    """12 callers complain and say a card number in one breath, 2 only complain; 30 turns."""
    told = "I already told you"
    both = [otlp.stage("stt", 0.1, transcript=f"{told}, {CARD}") for _ in range(12)]
    cross = [otlp.stage("stt", 0.1, transcript=f"{told} so.") for _ in range(2)]
    turns = [otlp.turn(0.3, conversation__id=f"b{number}") for number in range(30)]
    return Bot(
        turns + both + cross,
        [],
        {
            ("PipecatFrustrationHigh", "service_name", "both"): _ids(*both, *cross),
            ("PipecatPiiDisclosed", "kind", "card"): _ids(*both),
        },
    )


def _twice() -> Bot:
    """In 7 calls of 21 a turn failed, which has the conversation's name, and a request, which has not."""
    calls = [
        otlp.span("conversation", {"conversation.id": f"t{number}", "pipecat.conversation.failed": number < 7})
        for number in range(21)
    ]
    spans = []
    for number, call in enumerate(calls[:7]):
        failed = otlp.turn(0.3, conversation__id=f"t{number}", pipecat__turn__errors=1, **_BRIDGED)
        spans += [_in(call, failed), _in(call, otlp.stage("tts", text="x") | FAILED)]
    return Bot(calls + spans, [], {("PipecatErrorRateHigh", "service_name", "twice"): _ids(*calls[:7])})


def _per_turn() -> list[dict[str, Any]]:
    """Return 3 slow turns of each of 8 calls as OpenInference makes them: a trace each, all with the call's name."""
    return [
        otlp.span(
            "pipecat.conversation.turn",
            {
                "session.id": f"session-{call}",
                "openinference.span.kind": "CHAIN",
                "output.value": "Hello.",
                "conversation.turn_number": turn,
                "conversation.user_to_bot_latency": 2.5,
                "conversation.turn_duration_seconds": 6.0,
                "conversation.was_interrupted": False,
            },
            startTimeUnixNano=str(time.time_ns() - 6_000_000_000),
        )
        for call in range(8)
        for turn in (2, 3, 4)
    ]


BOTS = {
    "providers": _providers(), "kinds": _kinds(), "stages": _stages(), "events": _events(), "both": _both(),
    "twice": _twice(),
}  # fmt: skip
ABOUT = [(bot, *key) for bot, one in BOTS.items() for key in one.about]


@pytest.fixture(scope="module")
def traces() -> dict[str, list[str]]:
    """The trace ids of the calls of each bot."""
    return {mode: [otlp.trace_id() for _ in range(CALLS)] for mode in MODES}


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin, traces: dict[str, list[str]]
) -> Iterator[Stack]:
    """A stack that was told of 200 slow calls by a bot with the bridge and by one without, half of them slow twice."""
    quick = {"alerts": {"interval": "1 s", "hold": {"info": "1 s", "warning": "1 s", "critical": "1 s"}}}
    with stack_of(tmp_path_factory.mktemp("affected"), engine_bin, "prometheus", "collector", overrides=quick) as one:
        for calls in (range(CALLS // 2), range(CALLS)):
            for mode in MODES:
                otlp.send(one.ports.otlp_http, otlp.traces(_turns(mode, calls, traces[mode]), {"service.name": mode}))
            one.until("sum(pipecat_turns_total)", len(MODES) * (calls.stop if calls.stop < CALLS else 3 * CALLS // 2))
        resource = {"service.name": "per-turn"}
        otlp.send(one.ports.otlp_http, otlp.traces(_per_turn(), resource, "openinference.instrumentation.pipecat"))
        for name, bot in BOTS.items():
            resource = {"service.name": name}
            otlp.send(one.ports.otlp_http, otlp.traces(bot.spans, resource))
            if bot.events:
                otlp.send(one.ports.otlp_http, otlp.logs(bot.events, resource))
        yield one


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("name", "severity"),
    [("PipecatTtfwHigh", "critical"), ("PipecatE2eHigh", "critical"), ("PipecatLlmTtfbHigh", "warning")],
)
def test_two_hundred_slow_calls(
    stack: Stack, traces: dict[str, list[str]], mode: str, name: str, severity: str
) -> None:
    """The alert says 200 conversations, not turns, nor how many of them are held, and has the trace of one."""

    def told() -> dict[str, str] | None:
        for one in stack.prometheus("alerts")["alerts"]:
            wanted = {"alertname": name, "severity": severity, "service_name": mode}
            said: dict[str, str] = one["annotations"]
            if wanted.items() <= one["labels"].items() and said["affected_conversations"] == str(CALLS):
                return said
        return None

    said = poll(f"{name} about {CALLS} calls", told)

    assert said["trace_id"] in traces[mode]
    assert said["trace_url"].endswith(f"&var-trace={said['trace_id']}")


@pytest.mark.parametrize(("bot", "name", "label", "value"), ABOUT)
def test_an_alert_is_about_its_own_labels(stack: Stack, bot: str, name: str, label: str, value: str) -> None:
    """The number and the trace are of the conversations with the alert's own provider, stage or kind, each once."""
    affected = BOTS[bot].about[name, label, value]
    wanted = {"alertname": name, "service_name": bot, label: value}
    seen: list[dict[str, str]] = []

    def told() -> bool:
        seen[:] = [
            one["annotations"]
            for one in stack.prometheus("alerts")["alerts"]
            if wanted.items() <= one["labels"].items()
        ]
        return bool(seen) and all(said["affected_conversations"] == str(len(affected)) for said in seen)

    with contextlib.suppress(AssertionError):
        poll(f"{name} about {len(affected)} calls", told)

    assert {(str(len(affected)), True)} == {
        (said["affected_conversations"], said["trace_id"] in affected) for said in seen
    }


def test_a_call_with_two_label_values_is_one_call(stack: Stack) -> None:
    """Who tells fewer labels apart counts a call that is slow with both providers once."""
    told = 'signal="llm",severity="warning",window="5m",service_name="providers"'

    stack.until(f'pipecat_conversations_affected{{{told},stage="llm",provider="all",kind="all"}}', 50)
    stack.until(f"count(pipecat_conversations_affected{{{told}}})", 3)


def test_a_trace_per_turn(stack: Stack) -> None:
    """Where each turn has a trace of its own, a call counts once all the same."""
    wanted = {"alertname": "PipecatTtfwHigh", "service_name": "per-turn"}

    def told() -> set[str]:
        alerts = [one for one in stack.prometheus("alerts")["alerts"] if wanted.items() <= one["labels"].items()]
        return {one["annotations"]["affected_conversations"] for one in alerts}

    with contextlib.suppress(AssertionError):
        poll("the alert about 8 calls", lambda: told() == {"8"})
    assert {"8"} == told()


def test_no_series_per_call(stack: Stack) -> None:
    """The number costs as many series as there are signals, severities, windows and label sets, whatever the calls."""
    rows = stack.query(f'pipecat_conversations_affected{{service_name=~"{"|".join(MODES)}"}}')
    own = ("signal", "severity", "window", *labels.TOLD_APART)
    kinds = {tuple(row["metric"][label] for label in own) for row in rows}

    assert {row["value"][1] for row in rows} == {str(CALLS)}
    assert len(rows) == len(kinds) * len(MODES)
    assert {
        *own,
        "service_name",
        "deployment_environment",
        "job",
        "instance",
        "__name__",
    } == {label for row in rows for label in row["metric"]}
