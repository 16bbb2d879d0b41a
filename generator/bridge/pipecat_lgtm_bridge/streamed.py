"""Text that a TTS service streams token by token, and that Pipecat forgets where it is cut.

Pipecat states the characters of such text when the reply is complete. An interruption, or the end of the call, comes
before that: the text has been sent to the provider, and nobody counts it.
"""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from pipecat.services.tts_service import TTSService

from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.guard import harmless
from pipecat_lgtm_bridge.names import model_of
from pipecat_lgtm_bridge.usage import synthesis

Call = Callable[[], Conversation | None]


class Streamed:
    """Counts what the TTS services of a pipeline were asked for, where Pipecat does not.

    Args:
        processors: of the pipeline.
        call: returns the call that the text belongs to.
    """

    def __init__(self, processors: Iterable[Any], call: Call) -> None:
        self._call = call
        self._services = [one for one in processors if isinstance(one, TTSService)]
        for service in self._services:
            _before_interruption(service, partial(self._state, service))

    def finish(self, _at: float) -> None:
        """State what no interruption and no end of a reply has."""
        for service in self._services:
            self._state(service)
            _forget(service)

    @harmless
    def _state(self, service: Any) -> None:  # noqa: ANN401 - private fields of a TTSService
        call, text = self._call(), getattr(service, "_streamed_text", "")
        if call is not None and text and service.can_generate_metrics() and service.usage_metrics_enabled:
            synthesis(call, service, model_of(service), len(text))


def _before_interruption(service: Any, state: Callable[[], object]) -> None:  # noqa: ANN401 - as above
    handle: Callable[..., Awaitable[None]] | None = getattr(service, "_handle_interruption", None)
    if handle is None:
        return

    async def stated(*arguments: Any) -> None:  # noqa: ANN401 - as Pipecat calls it
        state()
        await handle(*arguments)

    service._handle_interruption = stated  # noqa: SLF001


def _forget(service: Any) -> None:  # noqa: ANN401 - as above
    if getattr(service, "_streamed_text", ""):
        service._streamed_text = ""  # noqa: SLF001
