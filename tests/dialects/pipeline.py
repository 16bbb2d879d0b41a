"""The recorded calls: `python pipeline.py PROVIDER_URL OUTPUT [--openinference]`, run by the environment of one release.

With `--openinference` the bot is traced by openinference-instrumentation-pipecat and not by Pipecat itself.
"""

import asyncio
import sys

import compat
import otlpfile
from loguru import logger
from pipecat.services.openai import llm as openai_llm
from pipecat.services.openai.stt import OpenAISTTService
from pipecat.services.openai.tts import OpenAITTSService

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
CALLS = {
    # scenario: seconds from the end of one utterance to the next; None: until half a second into the next LLM request
    "normal": (6.0,),
    "tool-call": (6.0,),
    "barge-in": (3.8, 6.0),
    "llm-failure": (6.5, 6.0),
    "tts-failure": (6.5, 6.0),
    # The provider's LLM takes 1.6 s here: the second utterance cuts the first reply before its first token.
    "slow-llm": (None, 7.0),
    # The provider's TTS takes 1.2 s here: one of the next utterances cuts a synthesis before its first byte.
    "slow-tts": (1.3, 1.5, 1.7, 7.0),
}


class OpenAILLMService(openai_llm.OpenAILLMService):
    """The service itself (its name becomes the provider's), which also says when it begins a request."""

    # OpenInference takes the provider from the module's name.
    __module__ = openai_llm.__name__
    begun: asyncio.Event

    async def _process_context(self, context):
        self.begun.set()
        return await super()._process_context(context)


async def weather(params):
    """Answer a tool call."""
    await asyncio.sleep(0.1)
    await params.result_callback({"sky": "sunny"})


async def call(scenario, pauses, url):
    """Place one call."""
    key = {"api_key": f"{scenario}.recorded.1", "base_url": f"{url}/v1"}
    stt, tts = OpenAISTTService(model="gpt-4o-transcribe", **key), OpenAITTSService(model="gpt-4o-mini-tts", **key)
    llm = OpenAILLMService(model="gpt-4.1", **key)
    llm.begun = asyncio.Event()
    llm.register_function("get_weather", weather)
    context, user, bot = compat.aggregators(llm, [TOOL])
    params = compat.transport_params()
    microphone, loudspeaker = compat.Microphone(params), compat.Loudspeaker(params)

    async def script(worker):
        await asyncio.sleep(0.6)
        for pause in pauses:
            microphone.speaking = True
            await asyncio.sleep(0.8)
            microphone.speaking = False
            if pause is None:
                llm.begun.clear()
                await asyncio.wait_for(llm.begun.wait(), 10)
            await asyncio.sleep(0.5 if pause is None else pause)

    processors = [microphone, stt, user, llm, tts, loudspeaker, bot]
    await compat.run(processors, f"call-{scenario}", script, tracing="--openinference" not in sys.argv)


async def main():
    """Place all calls, one after the other, and write what was emitted."""
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    exporter = otlpfile.set_up()
    if "--openinference" in sys.argv:
        from openinference.instrumentation.pipecat import PipecatInstrumentor

        PipecatInstrumentor().instrument()
    for scenario, pauses in CALLS.items():
        await call(scenario, pauses, sys.argv[1])
    otlpfile.write(exporter, sys.argv[2])


asyncio.run(main())
