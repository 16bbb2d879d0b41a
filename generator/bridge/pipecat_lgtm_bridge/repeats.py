"""What is said over and over in a call: requests, questions that were answered, whole replies."""

from collections import deque
from dataclasses import dataclass

from pipecat_lgtm_bridge import wording
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.wording import Sentence, Utterance, likeness, weight

REMEMBERED = 8
"""So many utterances of each side are held against a new one: what is said again much later is another matter."""

_LEAST_REQUEST, _ANSWER = 3.0, 4.0
"""Words: what is shorter is no request; what is no longer, after a question, is an answer to it."""
_LEAST_QUESTION, _SHORT_QUESTION = 3.0, 4.0
"""Words: what is shorter is asked of anything; what is no longer is asked of what was said before it."""
_QUESTIONS = 3
"""So many questions of a reply are held against those of others."""
_LEAST_REPLY = 4.0
"""Words: what is shorter ("One moment.") is said often in good calls."""

_ALIKE, _PART_OF = 0.75, 0.4
"""Shares of the shorter and of the longer utterance."""
_SAME = 0.85
"""Share of the longer reply."""
_READ_BACK = 0.6
"""Share of what the caller said that is in the bot's question about it."""
LOOP = 3
"""So many times the same reply are a loop."""


@dataclass(frozen=True)
class _Said:
    """One utterance in its place.

    Args:
        by_bot: who said it.
        utterance: what.
        cut: the caller spoke before it was said whole.
    """

    by_bot: bool
    utterance: Utterance
    cut: bool = False


class Repeats:
    """Holds each utterance of a call against those before it; the two sides take turns."""

    def __init__(self) -> None:
        self._said: deque[_Said] = deque(maxlen=2 * REMEMBERED)

    def caller(self, text: str) -> list[str]:
        """Take all that the caller said since the bot spoke; return the kinds of signals in it."""
        said = Utterance(text)
        found = [labels.REPEATED_REQUEST] if self._is_repeated_request(said) else []
        self._said.append(_Said(by_bot=False, utterance=said))
        return found

    def bot(self, text: str, *, cut: bool) -> list[str]:
        """Take all that the bot said since the caller spoke; return the kinds of signals in it.

        Args:
            text: its words.
            cut: the caller did not let it finish.
        """
        said = Utterance(text)
        found = [labels.REPEATED_QUESTION] if self._is_repeated_question(said) else []
        if not cut and self._times(said) + 1 == LOOP:
            found.append(labels.REPLY_LOOP)
        self._said.append(_Said(by_bot=True, utterance=said, cut=cut))
        return found

    def in_peace(self) -> bool:
        """Return whether what was said last ends a call: by the caller, or by a bot that asks nothing."""
        last: dict[bool, Utterance] = {one.by_bot: one.utterance for one in self._said}
        caller, bot = last.get(False), last.get(True)
        by_bot = bot is not None and not bot.asks and bot.means(wording.CLOSING)
        return by_bot or (caller is not None and caller.means(wording.CLOSING))

    def _is_repeated_request(self, said: Utterance) -> bool:
        size = weight(said.words)
        if size < _LEAST_REQUEST or wording.numeric(said.words):
            return False
        reply = self._said[-1].utterance if self._said and self._said[-1].by_bot else None
        if reply is not None and reply.asks and (size <= _ANSWER or self._asked_before(reply)):
            return False
        if reply is not None and reply.means(wording.AGAIN):
            return False
        return any(
            _same_request(said, one.utterance) and not (reply is not None and _reads_back(reply, one.utterance))
            for one in self._said
            if not one.by_bot
        )

    def _asked_before(self, reply: Utterance) -> bool:
        """Return whether a question of the last reply was asked in an earlier one."""
        earlier = [one.utterance for one in self._said if one.by_bot][:-1]
        return any(_same_question(new, old) for new in _questions(reply) for one in earlier for old in _questions(one))

    def _is_repeated_question(self, said: Utterance) -> bool:
        answered = False
        for one in reversed(self._said):
            if not one.by_bot:
                answered = answered or _answers(one.utterance)
            elif answered and any(
                _same_question(new, old) and not _of_other_things(new, said, one.utterance)
                for new in _questions(said)
                for old in _questions(one.utterance)
            ):
                return True
        return False

    def _times(self, said: Utterance) -> int:
        """Return how often a reply was given before, whole."""
        if weight(said.words) < _LEAST_REPLY or said.means(wording.MORE):
            return 0
        alike = (likeness(said.words, one.utterance.words) for one in self._said if one.by_bot and not one.cut)
        return sum(one.of_longer >= _SAME and not one.other for one in alike)


def _same_request(new: Utterance, old: Utterance) -> bool:
    found = likeness(old.words, new.words)
    return (
        not found.other
        and found.shared >= _LEAST_REQUEST
        and found.of_shorter >= _ALIKE
        and found.of_longer >= _PART_OF
    )


def _reads_back(reply: Utterance, said: Utterance) -> bool:
    """Return whether a reply asks about what the caller said with the caller's words."""
    again = [one for one in said.words if any(one == other or wording.near(one, other) for other in reply.words)]
    return reply.asks and weight(again) >= _READ_BACK * weight(said.words)


def _questions(reply: Utterance) -> list[Sentence]:
    """Return the last questions of a reply: those that want an answer."""
    return [one for one in reply.sentences if one.asks and weight(one.words) >= _LEAST_QUESTION][-_QUESTIONS:]


def _same_question(new: Sentence, old: Sentence) -> bool:
    found = likeness(old.words, new.words)
    same = not found.other and found.of_shorter >= _ALIKE and found.shared >= _LEAST_QUESTION
    return same and not Utterance(" ".join(new.words)).means(wording.MORE)


def _of_other_things(question: Sentence, new: Utterance, old: Utterance) -> bool:
    """Return whether a short question ("Is that right?") is asked of something else than before."""
    if weight(question.words) > _SHORT_QUESTION:
        return False
    before = [one for one in old.sentences if not one.asks]
    told = [one for one in new.sentences if not one.asks and weight(one.words) >= _LEAST_REPLY]
    return any(not any(one.words == other.words for other in before) for one in told)


def _answers(said: Utterance) -> bool:
    """Return whether the caller's words answer a question: no sound of thinking, no question in return."""
    return bool(
        said.words
        and not said.asks
        and not said.means(wording.AGAIN)
        and not all(one in wording.FILLERS for one in said.words)
        and "".join(said.words) not in wording.FILLERS
    )
