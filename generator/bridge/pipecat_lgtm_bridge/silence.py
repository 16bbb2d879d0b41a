"""The silence of a call: stated while the caller waits in it, and at its end."""

from pipecat_lgtm_bridge import emit
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.conversation import Conversation

STATED_AT = (e.LONG_SILENCE, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0)
"""A silence that lasts is stated again when it passes each of these, in seconds: a bot does not know the thresholds of
the stack, and what counts silences above one of them need not wait for the end. There is none below the first: a bot
that answers in time would state each of its silences twice."""


class Silence:
    """The time in which neither the bot nor the caller is heard.

    Args:
        call: the conversation.
    """

    def __init__(self, call: Conversation) -> None:
        self._call = call
        self._stated = 0.0
        self.since: float | None = None
        """When the last sound ended, seconds since the epoch; None while somebody is heard."""

    def begin(self, since: float) -> None:
        """Take the end of the last sound."""
        self.since = since

    def look(self, at: float, *, caller_waits: bool) -> None:
        """State a silence that lasts, if it has passed one of `STATED_AT` since it was stated last.

        Only one in which the caller waits for the bot: after the bot's last words the call may simply be over.
        """
        if self.since is None:
            return
        lasted = at - self.since
        self._call.silent = lasted > e.LONG_SILENCE
        if caller_waits and any(self._stated <= bound < lasted for bound in STATED_AT):
            self._state(lasted, ongoing=True)
            self._stated = lasted

    def end(self, at: float) -> None:
        """Take the begin of the next sound, and state how long the silence was if it was one."""
        lasted, self.since = 0.0 if self.since is None else at - self.since, None
        self._call.silent = lasted > e.LONG_SILENCE
        if lasted > e.LEAST_SILENCE:
            self._state(lasted, ongoing=False)
        self._stated = 0.0

    def _state(self, lasted: float, *, ongoing: bool) -> None:
        stated = {e.SECONDS.name: lasted, e.SILENCE_STATED.name: self._stated, e.SILENCE_ONGOING.name: ongoing}
        emit.event(self._call, e.SILENCE, stated)
