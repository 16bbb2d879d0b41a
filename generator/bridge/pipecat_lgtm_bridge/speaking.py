"""Who speaks when: the reply's latency, real interruptions, silences, speech that is not answered."""

from typing import Any

from pipecat.observers.base_observer import FramePushed
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregator
from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.transports.base_output import BaseOutputTransport

from pipecat_lgtm_bridge import emit
from pipecat_lgtm_bridge.clock import Clock, Source
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.conversation import Conversation, Turn
from pipecat_lgtm_bridge.latency import Latency
from pipecat_lgtm_bridge.reply import Onset, Reply
from pipecat_lgtm_bridge.silence import Silence
from pipecat_lgtm_bridge.unanswered import Unanswered

_WORDS_WITHIN_SECONDS = 2.0
"""The words of a sound may come so long after its end; until then it may yet turn out to have broken a silence."""

_HEARD_WITHIN_SECONDS = 5.0
"""What is recognised so long after a sound was not said by it."""

_STALLED_SECONDS = 2.0
"""A model, tool or voice that finished so long ago without a word of the bot has left the caller without an answer."""


class Speaking:
    """Follows the floor of one call."""

    def __init__(self, call: Conversation, latency: Latency) -> None:
        self._call, self._latency = call, latency
        self._clock = Clock()
        self._silence, self._unanswered = Silence(call), Unanswered(call, self._clock)
        self._onset = Onset()
        self._bot = False
        self._bot_owes = self._spoken = False
        self._input_at = 0.0
        self._llms = self._tools = 0
        self._voices: set[object] = set()
        self._llm_done = self._worked_at = 0.0
        self._llm_failed = self._answers = False

    # The caller

    def input(self, at: float) -> None:
        """Note that audio comes in."""
        self._input_at = at

    def user_began(self, data: FramePushed, _at: float) -> None:
        """A sound has begun; whether it is speech, words or a turn will tell."""
        frame: Any = data.frame
        began = frame.timestamp - frame.start_secs
        self._clock.speech_began(began)
        self._unanswered.began(began)
        self._spoken = False
        self._call.overlap, self._call.caller_speaks = self._bot, True

    def user_ended(self, data: FramePushed, at: float) -> None:
        """A sound has ended; the frame comes when the VAD is sure of it.

        A VAD that gets no audio any more (a microphone switched off) says so after a wait of its own: the sound ended
        with the audio.
        """
        frame: Any = data.frame
        end = frame.timestamp - frame.stop_secs
        if 0.0 < self._input_at < end:
            end = self._input_at
        self._clock.speech_ended(end, data)
        self._call.overlap, self._call.caller_speaks = False, False
        self._unanswered.ended(end)
        if not self._spoken and self._unanswered.wants_answer:
            self._spoke(at)  # long enough to be speech, whether or not the STT finds words in it
        elif self._spoken:
            self._bot_owes = True
            self._quiet(end)
        if self._call.reply is not None:
            self._call.reply.settle()

    def turn_began(self, _data: FramePushed, at: float) -> None:
        """A turn begins; while the bot is speaking that is an interruption."""
        clock, call = self._clock, self._call
        clock.turn_began(at)
        self._onset = Onset()
        self._unanswered.turn_began()
        call.measured(self._turn_of_caller, labels.NO_WORDS if clock.wordless else labels.UNANSWERED)
        if not clock.hears or clock.realtime:  # no transcript will tell that these are words
            self._spoke(at)
        if not clock.speaking:  # no VAD tells: the provider does
            call.caller_speaks = True
        if not self._bot:
            return
        call.interruptions += 1
        call.barged_in = True  # the turn that this begins is Pipecat's next
        if call.turn is not None:
            call.turn.interruptions += 1
            call.turn.set(a.INTERRUPTED.name, True)  # noqa: FBT003 - the attribute's value
        emit.event(call, e.INTERRUPTION, {})

    def turn_ended(self, data: FramePushed, at: float) -> None:
        """The caller's turn has ended; where a VAD tells of speech, it has told so before."""
        self._clock.turn_ended(at, _source(data.source))
        if not self._clock.realtime:
            # What came before is left of a reply that was cut; only a speech-to-speech model may have answered already.
            self._onset = Onset()
        self._call.caller_speaks = self._clock.speaking
        turn = self._clock.waiting
        if turn is not None and turn.speech is None and turn.ended == at:  # no VAD tells
            self._unanswered.turn(turn.began, at, words=turn.words)
            if self._unanswered.wants_answer:
                self._spoke(at)
        if self._spoken and self._silence.since is None:
            self._bot_owes = True
            self._quiet(at)

    def service_heard_speech(self, _data: FramePushed, _at: float) -> None:
        """A service with turn detection of its own hears the caller."""
        self._clock.service_heard_speech()

    def service_heard_end(self, data: FramePushed, at: float) -> None:
        """A service with turn detection of its own says that speech has ended."""
        self._clock.service_heard_end(at, _source(data.source))

    def transcribed(self, data: FramePushed, at: float) -> None:
        """What the caller says has words."""
        frame: Any = data.frame
        if not frame.text.strip():
            return
        by_model, turn = isinstance(data.source, LLMService), self._call.turn
        if by_model and self._bot and self._clock.untold:
            if not self._answers and turn is not None:  # the words came after the begin of their answer
                self._call.measured(turn, labels.NO_END_OF_SPEECH)
                self._answers = True
            return
        self._clock.transcribed(at, by_model=by_model)
        self._unanswered.words(at)
        if self._clock.waiting is not None:
            self._call.measured(self._turn_of_caller, labels.UNANSWERED)
        self._spoke(at)

    def failed(self, data: FramePushed, at: float) -> None:
        """A service has failed.

        Of the STT: whether what the caller says has words cannot be told, so it is taken for speech.
        """
        who = getattr(data.frame, "processor", None) or data.source
        self._llm_failed = self._llm_failed or isinstance(who, LLMService)
        if not isinstance(who, STTService):
            return
        self._unanswered.unheard()
        if self._clock.speech is None or self._spoken:
            return
        if self._clock.waiting is not None:
            self._call.measured(self._turn_of_caller, labels.UNANSWERED)
        self._spoke(at)

    def mute_began(self, _data: FramePushed, _at: float) -> None:
        """The bot listens no more."""
        self._unanswered.muted(muted=True)

    def mute_ended(self, _data: FramePushed, _at: float) -> None:
        """The bot listens again."""
        self._unanswered.muted(muted=False)

    def described(self, data: FramePushed, _at: float) -> None:
        """A service tells what it is."""
        if isinstance(data.source, STTService):
            self._clock.hears = True
        elif getattr(data.frame, "is_realtime_service", False):
            self._clock.realtime = True

    def given(self, data: FramePushed, _at: float) -> None:
        """The model is given what the caller has said."""
        if isinstance(data.source, LLMContextAggregator):
            self._clock.given()

    def prompted(self, data: FramePushed, at: float) -> None:
        """The program makes the bot speak, or takes typed text."""
        if getattr(data.frame, "run_llm", True):
            self._clock.prompted(stalled=self._stalled(at))

    def context(self, data: FramePushed, at: float) -> None:
        """The model is asked: a context that no aggregator made is the program's."""
        if not isinstance(data.source, LLMContextAggregator):
            self.prompted(data, at)

    def cut(self, _data: FramePushed, _at: float) -> None:
        """What the bot was about to say is dropped."""
        self._llms, self._tools = 0, 0
        self._voices.clear()
        if self._call.reply is not None and self._bot:
            self._call.reply.close()
            self._call.reply = None
        self._clock.cut()
        if self._clock.wordless:
            self._call.measured(self._turn_of_caller, labels.NO_WORDS)
        self._latency.cut()
        self._onset = Onset()

    # The bot

    def llm_began(self, _data: FramePushed, _at: float) -> None:
        """The model is asked."""
        self._llms += 1
        self._llm_failed = False

    def llm_ended(self, _data: FramePushed, at: float) -> None:
        """The model has answered."""
        self._llms = max(0, self._llms - 1)
        self._llm_done = self._worked_at = at
        self._maybe_done()

    def tool_began(self, _data: FramePushed, _at: float) -> None:
        """A tool runs."""
        self._tools += 1

    def tool_ended(self, _data: FramePushed, at: float) -> None:
        """A tool has returned, failed or been cancelled."""
        self._tools = max(0, self._tools - 1)
        self._worked_at = at
        self._unanswered.tool_ended(at)

    def tts_began(self, data: FramePushed, _at: float) -> None:
        """Something is being synthesised."""
        self._voices.add(getattr(data.frame, "context_id", None))
        self._unanswered.bot_goes_on()

    def tts_ended(self, data: FramePushed, at: float) -> None:
        """It has been synthesised."""
        self._worked_at = at
        self._voices.discard(getattr(data.frame, "context_id", None))
        self._maybe_done()

    def audio(self, data: FramePushed, at: float) -> None:
        """A piece of speech, on its way to the transport."""
        if isinstance(data.source, BaseOutputTransport):
            return
        frame: Any = data.frame
        reply = self._call.reply
        if isinstance(data.source, LLMService):
            self._clock.realtime = True
        self._onset.take(data.source, frame.audio, frame.sample_rate, frame.num_channels, at)
        if reply is not None and self._onset.heard():
            reply.heard(self._onset.silent_seconds)

    def bot_began(self, data: FramePushed, at: float) -> None:
        """The first audio leaves for the caller."""
        self._silence.end(at)
        self._unanswered.bot_began(at)
        self._bot, self._bot_owes, self._llm_failed = True, False, False
        call = self._call
        of_caller, waited = self._turn_of_caller, self._clock.waiting is not None
        if call.turn is not None:
            call.turn.bot_spoke = True
        stretch = self._latency.stretch(data, at)
        asked = self._clock.answered(by_model=isinstance(self._onset.source, LLMService))
        self._answers = asked is not None
        if asked is None:
            if waited and self._clock.waiting is None and of_caller is not None:
                call.measured(of_caller, labels.NO_WORDS)
            return
        call.next_latency = labels.NOTHING_SAID
        if call.reply is not None:
            call.reply.close()
        if call.turn is not None and call.turn.latency_known:
            return
        speaker = getattr(self._onset.source, "name", "") or "unknown"
        call.reply = Reply(call, asked, stretch, self._latency, speaker)
        call.reply.settle()
        if self._onset.heard():
            call.reply.heard(self._onset.silent_seconds)

    def bot_ended(self, _data: FramePushed, at: float) -> None:
        """The last audio has left."""
        self._bot = self._call.overlap = False
        self._maybe_done()
        self._unanswered.bot_ended(at)
        self._quiet(at)

    # The time

    def look(self, at: float) -> None:
        """State what lasts: a silence in which the caller waits, speech that gets no answer."""
        speech = self._clock.speech
        may_be_words = (
            speech is not None
            and not self._spoken
            and (speech.ended is None or at - speech.ended < _WORDS_WITHIN_SECONDS)
        )
        self._silence.look(at, caller_waits=self._bot_owes and not may_be_words)
        self._unanswered.look(at, busy=self._tools > 0)

    def finish(self, at: float) -> None:
        """State a silence the bot left at the end of the call, and what it has not answered."""
        if self._bot_owes:
            self._silence.end(at)
        self._unanswered.finish(at)

    @property
    def _turn_of_caller(self) -> Turn | None:
        """Pipecat's turn that the caller's waiting turn is in; None while Pipecat has yet to begin it."""
        turn = self._call.turn
        return None if turn is None or turn.bot_spoke else turn

    def _stalled(self, at: float) -> bool:
        """Return whether all that could answer the caller's turn has finished, and the bot has said nothing."""
        turn = self._clock.oldest
        if turn is None or turn.ended is None or self._llms or self._tools or self._voices or self._bot:
            return False
        worked = self._worked_at > turn.ended
        return self._llm_failed or (worked and at - self._worked_at > _STALLED_SECONDS)

    def _maybe_done(self) -> None:
        """The reply is processed once no model, tool or voice is at work."""
        reply = self._call.reply
        if reply is not None and self._onset.last_at and not (self._llms or self._tools or self._voices):
            reply.done(max(self._llm_done, self._onset.last_at))

    def _spoke(self, at: float) -> None:
        """What the caller says is speech: it has broken a silence when it began, and the next one begins at its end."""
        if self._spoken and self._clock.speech is not None:
            return
        speech, turn = self._clock.speech, self._clock.waiting
        self._spoken = True
        if speech is not None and (speech.ended is None or at - speech.ended < _HEARD_WITHIN_SECONDS):
            began, ended = speech.began, speech.ended
        else:
            began, ended = (turn.began, turn.ended) if turn is not None else (at, at)
        if self._silence.since is not None and began > self._silence.since:
            self._silence.end(began)
        if ended is not None:
            self._bot_owes = True
            self._quiet(ended)

    def _quiet(self, since: float) -> None:
        if not self._bot and not self._call.caller_speaks:
            self._silence.begin(since)


def _source(who: object) -> Source:
    """Return what kind of source for the end of speech a processor is."""
    if isinstance(who, STTService):
        return "stt"
    return "service" if isinstance(who, LLMService) else "turn"
