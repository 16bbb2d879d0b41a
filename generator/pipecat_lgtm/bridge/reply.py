"""One reply of the bot: from the end of user speech to its last stage done, and what the time in between went on."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from opentelemetry import trace
from opentelemetry.trace import Span, set_span_in_context

from pipecat_lgtm.bridge.names import plain
from pipecat_lgtm.bridge.version import VERSION
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import dialects as d

if TYPE_CHECKING:
    from pipecat_lgtm.bridge.conversation import Turn

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

    Args:
        turn: the turn it belongs to; None if Pipecat has no turn span.
        asked: end of user speech, seconds since the epoch.
        began: first audio leaves for the caller.
        parts: Pipecat's LatencyContributions, which sum to began - asked.
        speaker: the TTS service, which owns the leading silence.
    """

    turn: "Turn | None"
    asked: float
    began: float
    parts: list[Any]
    speaker: str
    ttfw: float | None = None
    e2e: float | None = None
    _span: Span | None = field(default=None, init=False)

    def heard(self, silent_seconds: float) -> None:
        """Take the leading silence: now the time to the first word is known, and where it went."""
        if self.ttfw is not None:
            return
        self.ttfw = self.began - self.asked + silent_seconds
        if self.turn is None:
            return
        self.turn.set(a.TTFW.name, self.ttfw)
        tracer = trace.get_tracer("pipecat_lgtm.bridge", VERSION)
        self._span = tracer.start_span(d.RESPONSE_SPAN, set_span_in_context(self.turn.span), start_time=_ns(self.asked))
        parent = set_span_in_context(self._span)
        rows = [(p.key, p.owner_kind.value, p.owner, p.start_time, p.duration_secs) for p in self.parts]
        if silent_seconds:
            rows.append((LEADING_SILENCE, "service", self.speaker, self.began, silent_seconds))
        for key, kind, owner, start, seconds in rows:
            attributes = {
                a.CONTRIBUTION.name: key,
                a.OWNER.name: kind,
                a.OWNER_NAME.name: plain(owner),
                a.BRIDGE.name: VERSION,
            }
            part = tracer.start_span(f"{d.CONTRIBUTION_SPAN_PREFIX}{key}", parent, attributes=attributes,
                                     start_time=_ns(start))  # fmt: skip
            part.end(_ns(start) + round(seconds * 1e9))

    def done(self, at: float) -> None:
        """Note that every stage has finished; a later one (after a tool) overrides it.

        A synthesis may end before its first word is played: the reply is then processed when that is heard.
        """
        self.e2e = max(at - self.asked, self.ttfw or 0.0)
        if self.turn is not None:
            self.turn.set(a.E2E.name, self.e2e)

    def close(self) -> None:
        """End the `response` span."""
        if self._span is None or self.turn is None or self.ttfw is None:
            return
        self._span.set_attribute(a.TTFW.name, self.ttfw)
        self._span.set_attribute(a.BRIDGE.name, VERSION)
        if self.turn.tokens:
            self._span.set_attribute(a.TURN_TOKENS.name, self.turn.tokens)
        if self.e2e is not None:
            self._span.set_attribute(a.E2E.name, self.e2e)
        self._span.end(_ns(self.asked + max(self.ttfw, self.e2e or 0.0)))
        self._span = None


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
