"""Calls a bot once, in the environment of another Pipecat: `called_once.py STACK_YAML`; prints what came of it."""

import asyncio
import json
import sys
from pathlib import Path

from pipecat import version

from pipecat_lgtm.config import load
from pipecat_lgtm.quality import calls, evals


async def main(file: Path) -> None:
    """Call the first target."""
    settings = load(file).config.quality.heartbeat
    target = settings.targets[0]
    (scenario,) = evals.load(target.scenario)
    done = await calls.place(target, scenario, settings)
    said = {
        "pipecat": version(),
        "verdict": done.verdict.name,
        "heard": [one.first_word is not None for one in done.facts.turns],
        "words": [done.errors.hits, done.errors.substitutions, done.errors.deletions, done.errors.insertions],
        "connected": done.facts.connect is not None,
    }
    sys.stdout.write(json.dumps(said))


asyncio.run(main(Path(sys.argv[1])))
