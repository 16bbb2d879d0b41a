"""What the conversation page says of a call's course, from a real Loki."""

import re
from pathlib import Path

import otlp
import pytest
from harness import poll
from stacks import EngineBin, stack_of

from pipecat_lgtm.queries import panels_calls as q

pytestmark = pytest.mark.stack

_TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_events_are_sentences(tmp_path: Path, engine_bin: EngineBin) -> None:
    """A line of the bot stays as it is, an event of the call's course is a sentence, other events are left out."""
    plain = otlp.event("") | {"body": otlp.value("looking for the weather"), "attributes": []}
    failure = {"pipecat.stage": "llm", "gen_ai.provider.name": "openai", "pipecat.error.category": "server"}
    records = [
        plain,
        otlp.event("pipecat.silence", {"pipecat.seconds": 9.9600037}),
        otlp.event("pipecat.error", failure),
        otlp.event("pipecat.synthesis", {"pipecat.tts.characters": 12}),
    ]
    of_the_call = [one | {"traceId": _TRACE, "spanId": "b7ad6b7169203331", "severityNumber": 9} for one in records]
    chosen = {"$trace": _TRACE, "$level": "info", "$service": ".+", "$environment": ".*"}
    asked = re.sub(r"[$][a-z]+", lambda found: chosen[found[0]], q.lines().expr)
    with stack_of(tmp_path, engine_bin, "loki", "collector") as stack:
        otlp.send(stack.ports.otlp_http, otlp.logs(of_the_call))
        poll("the last event", lambda: stack.log_lines('{service_name="bot"} | event_name="pipecat.synthesis"'))
        shown = {line for _, line in stack.log_lines(asked)}

    assert {"looking for the weather", "Nobody has spoken for 10 s.", "llm of openai fails: server."} == shown
