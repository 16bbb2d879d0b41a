"""A line between Pipecat's harness and a bot: all that passes is heard, by the caller's clock."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from pipecat_lgtm.config.quality import Heartbeat, Target
from pipecat_lgtm.config.secrets import tokens
from pipecat_lgtm.errors import ConfigError
from pipecat_lgtm.quality import evals
from pipecat_lgtm.quality.facts import Facts
from pipecat_lgtm.quality.verdict import Verdict
from pipecat_lgtm_bridge.contract import heartbeat as h

_LIMIT = 16 * 1024**2
_QUIET = logging.getLogger("pipecat_lgtm.quality.websockets")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False
"""Of the libraries: that the harness looks whether somebody listens is no fault."""


class NotTaken(Exception):  # noqa: N818 - a finding, not a fault of ours
    """Nobody took the call.

    Args:
        verdict: why.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


def authorization(target: Target) -> dict[str, str]:
    """Return the header that lets a caller in.

    Raises:
        ConfigError: the token cannot be read.
    """
    if target.token_file is None:
        return {}
    try:
        found = tokens(target.token_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(
            f"{target.token_file}: {said}", f"token_file of {target.name} in quality.heartbeat"
        ) from error
    return {"Authorization": f"Bearer {found[0]}"}


@dataclass(frozen=True)
class Line:
    """A call that the bot has been asked to take.

    Args:
        near_end: the address where Pipecat's harness speaks and hears.
    """

    near_end: str


@contextlib.asynccontextmanager
async def open_line(target: Target, bounds: Heartbeat, facts: Facts) -> AsyncIterator[Line]:
    """Call a bot by Pipecat's eval transport; hand on what both say until the block ends.

    Args:
        target: whom.
        bounds: how long it may take.
        facts: told what passes.

    Raises:
        NotTaken: unreachable or refused.
        ConfigError: the token cannot be read.
    """
    far = await _dial(target, bounds, facts)
    tap = _Tap(far, facts)
    try:
        async with serve(
            tap.near, "127.0.0.1", 0, max_size=_LIMIT, logger=_QUIET, compression=None, ping_interval=None
        ) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            yield Line(f"ws://127.0.0.1:{port}")
            tap.ours = True
            server.close()
    finally:
        await far.close()


async def _dial(target: Target, bounds: Heartbeat, facts: Facts) -> ClientConnection:
    """Open the connection to the bot."""
    began = time.monotonic()
    address = str(target.url)
    # A bot that serves the eval transport by itself reads its flags here, others in the first message.
    address += ("&" if urlsplit(address).query else "?") + "capture_bot_audio=true"
    headers = authorization(target)
    try:
        async with asyncio.timeout(bounds.connect):
            far = await connect(
                address, additional_headers=headers, max_size=_LIMIT, compression=None, logger=_QUIET,
                open_timeout=None, close_timeout=1, proxy=None,
            )  # fmt: skip
    except InvalidStatus as error:
        raise NotTaken(Verdict(h.REFUSED, f"HTTP {error.response.status_code}")) from error
    except TimeoutError as error:
        raise NotTaken(Verdict(h.UNREACHABLE, f"no connection within {bounds.connect:g} s")) from error
    except OSError as error:
        raise NotTaken(Verdict(h.UNREACHABLE, error.strerror or type(error).__name__)) from error
    except (InvalidHandshake, EOFError) as error:
        raise NotTaken(Verdict(h.UNREACHABLE, "what answers is no WebSocket")) from error
    facts.connect = time.monotonic() - began
    return far


class _Tap:
    """Hands messages on, both ways, and listens.

    Args:
        far: the bot.
        facts: told.
    """

    def __init__(self, far: ClientConnection, facts: Facts) -> None:
        self._far, self._facts = far, facts
        self._played_until = 0.0
        self.ours = False

    async def near(self, near: ServerConnection) -> None:
        """Serve the harness."""
        from_bot = asyncio.create_task(self._from_bot(near))
        try:
            async for message in near:
                said = evals.read(message)
                if said.kind == "caller" and said.rate:
                    self._facts.caller(said.pcm, said.rate, time.monotonic())
                await self._far.send(evals.with_audio(message) if said.kind == "connect" else message)
            self.ours = True
        except ConnectionClosed:
            pass  # the bot's end says so itself
        finally:
            from_bot.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await from_bot

    async def _from_bot(self, near: ServerConnection) -> None:
        facts = self._facts
        with contextlib.suppress(ConnectionClosed):
            async for message in self._far:
                said = evals.read(message)
                if said.kind == "bot" and said.rate:
                    begins = max(self._played_until, time.monotonic())
                    self._played_until = begins + len(said.pcm) / 2 / said.rate
                    facts.bot(said.pcm, said.rate, begins)
                elif said.kind == "speaking":
                    facts.speaks()
                elif said.kind == "silent":
                    facts.speaking = False
                elif said.kind == "understood":
                    facts.understood(said.text)
                await near.send(message)
        if not self.ours:
            facts.hung_up = True
            await near.close()
