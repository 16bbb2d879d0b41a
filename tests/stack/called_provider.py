"""The sandbox's provider, hearing what is planted: `called_provider.py PORT {"CASE": ["WORDS", LLM_SECONDS]}`."""

import asyncio
import json
import sys

from pipecat_lgtm.sandbox.provider import serve
from pipecat_lgtm.sandbox.scenarios import SCENARIOS, Delays, Scenario, Turn


async def main(port: int, planted: dict[str, tuple[str, float]]) -> None:
    """Serve until the process is ended."""
    for name, (says, seconds) in planted.items():
        SCENARIOS[name] = Scenario(name, "", (Turn(says),), Delays(llm=seconds))
    await serve("127.0.0.1", port)
    await asyncio.Event().wait()


asyncio.run(main(int(sys.argv[1]), json.loads(sys.argv[2])))
