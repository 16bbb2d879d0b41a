"""One reply of the bot: from the end of user speech to its last stage done, and what the time in between went on."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from opentelemetry import trace
from opentelemetry.trace import Span, set_span_in_context

from pipecat_lgtm_bridge.clock import EXACT, Asked, Source
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.latency import Latency, Stretch
from pipecat_lgtm_bridge.names import plain
from pipecat_lgtm_bridge.version import VERSION

if TYPE_CHECKING:
    from pipecat_lgtm_bridge.conversation import Conversation, Value

AUDIBLE = 20
"""A 16-bit sample beyond this is heard: Pipecat's own `SPEAKING_THRESHOLD` (audio/utils.py)."""

LEADING_SILENCE = "leading_silence"


class Onset:
    """Finds how long the audio of a reply is silent before the first audible sample.

    Of the sources that push audio only the first counts: transport and filters push the same audio again.
    """

    def __init__(self) -> None:
        self.source: object = None
        self.silent_seconds = 0.0
        self.last_at = 0.0
        self._heard = False
        self._unheard: list[tuple[bytes, int, int]] = []

    def take(self, source: object, audio: bytes, rate: int, channels: int, at: float) -> None:
        """Take a piece of 16-bit PCM.

        Args:
            source: who pushed it.
            audio: the samples.
            rate: per second.
            channels: interleaved.
            at: when, in seconds.
        """
        if self.source is None:
            self.source = source
        if source is not self.source:
            return
        self.last_at = at
        if not self._heard and rate:
            self._unheard.append((audio, rate, channels))

    def heard(self) -> bool:
        """Return whether an audible sample is among what has been taken; `silent_seconds` is then known."""
        for audio, rate, channels in self._unheard:
            if not self._heard:
                samples = np.frombuffer(audio, "<i2", len(audio) // 2)
                audible = np.flatnonzero((samples > AUDIBLE) | (samples < -AUDIBLE))
                self._heard = audible.size > 0
                silent = int(audible[0]) if self._heard else samples.size
                self.silent_seconds += silent // channels / rate
        self._unheard.clear()
        return self._heard


@dataclass
class Reply:
    """A reply that has begun to play.

    Its latency is known once its first audible word has been seen and the end of speech is known; a VAD may tell of
    that only after the bot began. A latency whose end of speech no VAD tells of is stated apart, as approximate.

    Args:
        call: the conversation.
        asked: the turn it answers.
        stretch: what was seen before it.
        latency: names the parts.
        speaker: the TTS service, which owns the leading silence.
    """

    call: "Conversation"
    asked: Asked
    stretch: Stretch
    latency: Latency
    speaker: str
    ttfw: float | None = None
    e2e: float | None = None
    _end: tuple[float, Source] | None = field(default=None, init=False)
    _silent: float | None = field(default=None, init=False)
    _done: float | None = field(default=None, init=False)
    _span: Span | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Belong to the turn that is open; None if Pipecat has no turn span."""
        self.turn = self.call.turn
        self.began = self.stretch.at

    def settle(self) -> None:
        """Take the end of speech, unless the VAD still hears the caller and may tell it exactly."""
        if not self.asked.speaking:
            self._settle()

    def heard(self, silent_seconds: float) -> None:
        """Take the leading silence: the first audible word is there."""
        if self._silent is None:
            self._silent = silent_seconds
            self._known()

    def done(self, at: float) -> None:
        """Note that every stage has finished; a later one (after a tool) overrides it.

        A synthesis may end before its first word is played: the reply is then processed when that is heard.
        """
        self._done = at
        self._processed()

    def close(self) -> None:
        """End the `response` span."""
        self._settle()
        if self._span is None or self._end is None or self.turn is None or self.ttfw is None:
            return
        asked, source = self._end
        if source == EXACT:
            self._span.set_attribute(a.TTFW.name, self.ttfw)
            if self.e2e is not None:
                self._span.set_attribute(a.E2E.name, self.e2e)
        else:
            self._span.set_attribute(a.TTFW_APPROXIMATE.name, self.ttfw)
        self._span.set_attribute(a.TTFW_SOURCE.name, source)
        self._span.set_attribute(a.BRIDGE.name, VERSION)
        if self.turn.tokens:
            self._span.set_attribute(a.TURN_TOKENS.name, self.turn.tokens)
        self._span.end(_ns(asked + max(self.ttfw, self.e2e or 0.0)))
        self._span = None

    def _settle(self) -> None:
        if self._end is None:
            self._end = self.asked.end(self.began)
            self._known()

    def _known(self) -> None:
        """State the latency, once both its ends are known."""
        if self._silent is None or self.ttfw is not None:
            return
        found = self._end or self.asked.end(self.began)
        exact = found is not None and found[1] == EXACT
        unless_told = labels.NO_END_OF_SPEECH if found is None else labels.APPROXIMATE
        if self.turn is not None:
            self.call.measured(self.turn, labels.EXACT if exact else unless_told)
        if self._end is None:
            return  # the VAD may still tell
        asked, source = self._end
        self.ttfw = self.began - asked + self._silent
        if exact:
            self.call.answered(self.ttfw)
        if self.turn is None:
            return
        self.turn.latency_known = True
        self.turn.set(a.TTFW_SOURCE.name, source)
        self.turn.set((a.TTFW if exact else a.TTFW_APPROXIMATE).name, self.ttfw)
        tracer = trace.get_tracer(e.BRIDGE_SCOPE, VERSION)
        self._span = tracer.start_span(d.RESPONSE_SPAN, set_span_in_context(self.turn.span), start_time=_ns(asked))
        if exact:
            self._state_parts(tracer, self._span, asked, self.turn.number)
        self._processed()

    def _state_parts(self, tracer: trace.Tracer, response: Span, asked: float, turn: int) -> None:
        stopped = self.asked.speech.stopped if self.asked.speech is not None else None
        parts = self.latency.parts(self.stretch, asked, stopped) if stopped is not None else []
        parent = set_span_in_context(response)
        rows = [(p.key, p.owner_kind.value, p.owner, p.start_time, p.duration_secs) for p in parts]
        if self._silent:
            rows.append((LEADING_SILENCE, "service", self.speaker, self.began, self._silent))
        for key, kind, owner, start, seconds in rows:
            attributes: dict[str, Value] = {
                a.CONTRIBUTION.name: key,
                a.OWNER.name: kind,
                a.OWNER_NAME.name: plain(owner),
                a.BRIDGE.name: VERSION,
                a.TURN_OF_PART.name: turn,
            }
            part = tracer.start_span(f"{d.CONTRIBUTION_SPAN_PREFIX}{key}", parent, attributes=attributes,
                                     start_time=_ns(start))  # fmt: skip
            part.end(_ns(start) + round(seconds * 1e9))

    def _processed(self) -> None:
        """State when the reply was processed; an approximate begin makes no end-to-end latency."""
        if self._done is None or self._end is None or self._end[1] != EXACT:
            return
        self.e2e = max(self._done - self._end[0], self.ttfw or 0.0)
        if self.turn is not None:
            self.turn.set(a.E2E.name, self.e2e)


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
