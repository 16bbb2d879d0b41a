"""What was heard: transcripts, their confidence, the noise between words."""

import array
import math
from operator import mul
from typing import Any

from pipecat.frames import frames as f
from pipecat.observers.base_observer import FramePushed

from pipecat_lgtm_bridge import confidence, emit
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.names import model_of, provider_of

_NOISE_EVERY_NS = 1_000_000_000
_FULL_SCALE = 32768.0
_LEAST = 1 / _FULL_SCALE
"""The level of digital silence: less than this, -90.3 dB, 16 bits cannot tell."""


class Listening:
    """Follows what the caller says in one call."""

    def __init__(self, call: Conversation) -> None:
        self._call = call
        self._due = 0
        self._between: float | None = None

    def due(self, timestamp: int) -> bool:
        """Return whether a piece of input of a time in ns is to be measured."""
        return timestamp >= self._due

    def interim(self, data: FramePushed, _at: float) -> None:
        """Keep a partial transcript for the log lines."""
        if self._call.turn is not None:
            self._call.turn.partial = self._call.halves.partly(getattr(data.frame, "text", ""))

    def transcribed(self, data: FramePushed, _at: float) -> None:
        """State a final transcript."""
        frame: Any = data.frame
        heard = confidence.read(data.source, frame.result)
        said = self._call.halves.heard(frame.text)
        attributes: dict[str, str | float] = {
            a.PROVIDER.name: provider_of(data.source),
            a.MODEL.name: model_of(data.source),
            a.TRANSCRIPT.name: said,
        }
        if heard.confidence is not None:
            attributes[e.CONFIDENCE.name] = heard.confidence
        turn = self._call.turn
        if turn is not None:
            turn.final, turn.confidence = said, heard.confidence
            turn.alternatives = [self._call.halves.partly(one) for one in heard.alternatives]
        # No text in the body: content is one attribute, which the collector can drop.
        emit.event(self._call, e.TRANSCRIPTION, attributes)

    def noise(self, data: FramePushed, _at: float) -> None:
        """Measure one piece of the input a second: full scale is 0 dB.

        What is heard while the caller speaks is no noise. A VAD notices speech late, so a piece counts once the next
        one is none of speech either.
        """
        frame = data.frame
        if not self.due(data.timestamp) or not isinstance(frame, f.InputAudioRawFrame):
            return
        self._due = data.timestamp + _NOISE_EVERY_NS
        samples = array.array("h", frame.audio[: len(frame.audio) // 2 * 2])
        level = math.sqrt(sum(map(mul, samples, samples)) / max(1, len(samples))) / _FULL_SCALE
        if not self._call.caller_speaks and self._between is not None:
            self._call.noise_dbfs = round(20 * math.log10(max(self._between, _LEAST)), 1)
        self._between = None if self._call.caller_speaks else level
        self._call.audio_level = max(level, self._call.audio_level or 0.0)

    def finish(self, _at: float) -> None:
        """Nothing is open."""
