"""`python -m pipecat_lgtm.sandbox provider|calls|demo`: the provider, or real calls on it.

Progress goes to stderr, a JSON object a line.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from pipecat_lgtm.sandbox import tuning
from pipecat_lgtm.sandbox.provider import serve
from pipecat_lgtm.sandbox.scenarios import SCENARIOS


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m pipecat_lgtm.sandbox", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("provider", "calls", "demo"):
        one = verbs.add_parser(verb)
        if verb != "calls":
            one.add_argument("--address", default="127.0.0.1")
            one.add_argument("--port", type=int, default=0)
            tuning.add_options(one)
        if verb != "provider":
            _call_options(one, provider=verb == "calls")
    arguments = parser.parse_args()
    raise SystemExit(asyncio.run(_run(arguments)))


def _call_options(parser: argparse.ArgumentParser, *, provider: bool) -> None:
    parser.add_argument("--otlp", required=True, help="OTLP/HTTP address of the collector")
    if provider:
        parser.add_argument("--provider", required=True, help="base address of the provider, without /v1")
    parser.add_argument("--calls", type=int, default=len(SCENARIOS))
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument(
        "--scenario", action="append", choices=sorted(SCENARIOS), help="repeatable; all in turn by default"
    )
    parser.add_argument(
        "--mode", choices=("bridge", "spans-only", "plain", "bare"), default="bridge", help="see sandbox/telemetry.py"
    )
    parser.add_argument("--service-name", default="sandbox-bot")
    parser.add_argument("--environment", default="demo")
    parser.add_argument("--ledger", type=Path)
    parser.add_argument("--header", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--warm-up", action="store_true", help="place one call before those that are measured")
    parser.add_argument("--seed", type=int, default=1)


async def _run(arguments: argparse.Namespace) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    runner = None
    if arguments.verb != "calls":
        runner, port = await serve(arguments.address, arguments.port, tuning.chosen(arguments))
        print(json.dumps({"event": "provider", "port": port}), file=sys.stderr, flush=True)  # noqa: T201 - the protocol
        arguments.provider = f"http://127.0.0.1:{port}"
    try:
        if arguments.verb == "provider":
            await stop.wait()
            return 0
        # Read by Pipecat's setup_tracing; the only way it offers to name the environment.
        os.environ["ENVIRONMENT"] = arguments.environment
        from pipecat_lgtm.sandbox.fleet import place_all  # noqa: PLC0415 - Pipecat takes seconds to import

        return await place_all(arguments, stop)
    finally:
        if runner is not None:
            await runner.cleanup()


main()
