"""What callers do and what the provider does to them; plain data."""

from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["http_500", "http_429", "hang", "slow_stream"]


@dataclass(frozen=True)
class Turn:
    """One thing the caller says.

    Args:
        says: what the provider transcribes.
        faults: what goes wrong, by stage.
        tokens: what the LLM says that each of its answers in this turn cost, input and output; nothing: the usual.
        pause: seconds of silence before the caller speaks, after the bot has ended.
        barge_in: the caller speaks this many seconds after the bot began, instead of waiting.
        patience: seconds the caller waits for an answer at most.
    """

    says: str
    faults: dict[str, Fault] = field(default_factory=dict)
    tokens: tuple[int, int] | None = None
    pause: float = 0.3
    barge_in: float | None = None
    patience: float = 8.0


@dataclass(frozen=True)
class Delays:
    """Seconds the provider waits before its first byte, by stage, and how much that varies."""

    stt: float = 0.12
    llm: float = 0.25
    tts: float = 0.15
    jitter: float = 0.0

    def of(self, stage: str) -> float:
        """Return the delay of stt, llm or tts."""
        return {"stt": self.stt, "llm": self.llm, "tts": self.tts}[stage]


@dataclass(frozen=True)
class Scenario:
    """One kind of call.

    Args:
        name: on the command line.
        visible: what of it is to be seen on the dashboards.
        turns: what the caller says.
        delays: what the provider waits.
        baseline: nothing is injected, to measure what the pipeline itself takes.
    """

    name: str
    visible: str
    turns: tuple[Turn, ...]
    delays: Delays = field(default_factory=Delays)
    baseline: bool = False


NOWHERE = "Atlantis"
"""The city of which the bot's tool knows nothing; it raises."""

_NICE, _WEATHER, _STORY = "Tell me something nice.", "What is the weather in Paris?", "Tell me a story."

SCENARIOS: dict[str, Scenario] = {
    one.name: one
    for one in (
        Scenario(
            "normal",
            "every stage within its bound",
            (Turn(_NICE), Turn("And another one.")),
        ),
        Scenario(
            "slow-llm",
            "LLM TTFB beyond its bound, TTFW with it",
            (Turn(_NICE), Turn("Why?")),
            Delays(llm=1.6),
        ),
        Scenario(
            "slow-tts",
            "TTS TTFB beyond its bound, TTFW with it",
            (Turn(_NICE), Turn("Why?")),
            Delays(tts=1.2),
        ),
        Scenario(
            "tool-call",
            "two LLM requests in one turn",
            (Turn(_WEATHER),),
        ),
        Scenario(
            "barge-in",
            "one interrupted turn",
            (Turn(_STORY), Turn("Stop, please.", barge_in=0.8, patience=4.0)),
        ),
        Scenario(
            "llm-failure",
            "one LLM error",
            (Turn(_NICE, {"llm": "http_500"}, patience=4.0), Turn("Are you there?")),
        ),
        Scenario(
            "tts-failure",
            "a turn without a voice; spans alone show no error",
            (Turn(_NICE, {"tts": "http_429"}, patience=4.0), Turn("Are you there?")),
        ),
        Scenario(
            "long-silence",
            "seven seconds in which nobody speaks",
            (Turn(_NICE), Turn("Sorry, I was away.", pause=7.0)),
        ),
        Scenario(
            "pii-spoken",
            "findings counted, and no trace of the card anywhere",
            (
                Turn("My card is 4111 1111 1111 1111 and my mail is jane.doe@example.com."),
                Turn("Call me at +1 415 555 0132."),
            ),
        ),
        Scenario(
            "stt-failure",
            "a caller who is not heard; spans alone show no error",
            (Turn(_NICE, {"stt": "http_500"}, patience=4.0), Turn("Are you there?")),
        ),
        Scenario(
            "tool-failure",
            "a tool that raises; spans alone show no error",
            (Turn(f"What is the weather in {NOWHERE}?"),),
        ),
        Scenario(
            "token-burst",
            "tokens per turn beyond their bound",
            (Turn(_NICE, tokens=(7000, 1200)), Turn("Why?", tokens=(9000, 1500))),
        ),
        Scenario(
            "in-circles",
            "a caller who asks again and again, a bot that gives the same reply again and again",
            (
                Turn("I want to cancel my order."),
                Turn("No, I want to cancel my order."),
                Turn("I said I want to cancel my order."),
            ),
        ),
        Scenario(
            "baseline",
            "the pipeline's own share of every latency",
            (Turn(_NICE), Turn("And another one."), Turn("Why?"), Turn("One more, please.")),
            Delays(stt=0.0, llm=0.0, tts=0.0),
            baseline=True,
        ),
    )
}
"""All scenarios, in the order in which a mixed demo places them."""
