"""The entrance that other machines may reach: tokens, TLS, and nothing else open."""

import contextlib
import json
import signal
import socket
import ssl
import time
from collections.abc import Iterator

import httpx
import otlp
import psutil
import pytest
from certificates import certificate
from harness import poll
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.engines.state import State
from pipecat_lgtm.ops.doctor import machine
from pipecat_lgtm.ops.engines import drain_of, draining, scraped

pytestmark = pytest.mark.stack

TOKEN = "a-token-that-is-only-ours"  # noqa: S105 - of this test


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """Run a collector whose entrance is open to other machines, and a Prometheus."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "tokens").write_text(f"{TOKEN}\nanother-token-that-is-ours\n")
    network = {
        "address": "0.0.0.0",
        "auth": {"token_file": str(folder / "tokens")},
        "tls": certificate(folder),
        "cors_origins": ["https://app.example.com"],
    }
    with stack_of(folder, engine_bin, "prometheus", "collector", overrides={"network": network}) as stack:
        yield stack


def _trust(stack: Stack) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(stack.config.network.tls.cert_file))


def _post(stack: Stack, authorization: str | None, turns: int = 1) -> int:
    """Send turns to the entrance; return the status of the answer."""
    headers = {"content-type": "application/json"} | ({"authorization": authorization} if authorization else {})
    content = json.dumps(otlp.traces([otlp.turn() for _ in range(turns)]))
    url = f"{stack.config.network.entrance}:{stack.ports.otlp_http}/v1/traces"
    return httpx.post(url, content=content, headers=headers, verify=_trust(stack), timeout=30).status_code


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", TOKEN, "Basic YTpi"])
def test_without_a_token_nothing_gets_in(guarded: Stack, authorization: str | None) -> None:
    """Who shows no token, or a wrong one, is refused."""
    assert 401 == _post(guarded, authorization)


@pytest.mark.parametrize("token", [TOKEN, "another-token-that-is-ours"])
def test_each_token_lets_in(guarded: Stack, token: str) -> None:
    """Every token of the file lets in, so that one can be replaced while bots still use the other."""
    assert 200 == _post(guarded, f"Bearer {token}")


def test_a_token_is_taken_back(guarded: Stack) -> None:
    """A line that is replaced counts at once; a file that is emptied does not, and `doctor` says so.

    The collector keeps the tokens it has read where the file holds none: to let nobody in, a token that nobody has is
    written there.
    """
    file = guarded.config.network.auth.token_file
    assert file is not None
    before, state = file.read_text(), State(guarded.folder, kind="native")
    try:
        file.write_text("a-token-that-nobody-has-x\n")
        poll("nobody to be let in", lambda: _post(guarded, f"Bearer {TOKEN}", turns=0) == 401)
        file.write_text(before)
        poll("bots to be let in again", lambda: _post(guarded, f"Bearer {TOKEN}", turns=0) == 200)
        for text in ("", "\n"):
            file.write_text(text)
            (found,) = [one for one in machine.findings(guarded.config, state, None) if one.what.endswith("token_file")]
            assert ("wrong", "no token; the collector still takes the tokens that it has read before") == (
                found.verdict,
                found.says.partition("holds ")[2],
            )
            assert [200, 401] == [
                _post(guarded, f"Bearer {one}", turns=0) for one in (TOKEN, "a-token-that-nobody-has-x")
            ]
    finally:
        file.write_text(before)


def test_no_plain_text(guarded: Stack) -> None:
    """The entrance speaks TLS only: a token is never sent in the clear and accepted."""
    url = f"http://127.0.0.1:{guarded.ports.otlp_http}/v1/traces"
    with contextlib.suppress(httpx.TransportError):
        headers = {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}

        assert 400 == httpx.post(url, content="{}", headers=headers, timeout=10).status_code


def test_browsers_of_named_origins(guarded: Stack) -> None:
    """A browser's question is answered for the named origin, and for no other."""
    url = f"{guarded.config.network.entrance}:{guarded.ports.otlp_http}/v1/logs"
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    allowed = [
        httpx.options(url, headers={"origin": origin, **asked}, verify=_trust(guarded)).headers.get(
            "access-control-allow-origin"
        )
        for origin in ("https://app.example.com", "https://evil.example.com")
    ]

    assert ["https://app.example.com", None] == allowed


def _other_addresses() -> list[str]:
    """Return this machine's IPv4 addresses that others may reach."""
    found = [one.address for many in psutil.net_if_addrs().values() for one in many if one.family == socket.AF_INET]
    return [address for address in found if not address.startswith("127.")]


def _answers(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex((address, port)) == 0


@pytest.mark.skipif(not _other_addresses(), reason="this machine has no address but loopback")
def test_only_the_entrance_is_open(guarded: Stack) -> None:
    """From another machine only the bots' entrance can be reached: stores ask nobody for a token."""
    address, ports = _other_addresses()[0], guarded.ports
    names = ("otlp_grpc", "otlp_http", "prometheus", "collector_health", "collector_metrics")
    here = {name: _answers("127.0.0.1", getattr(ports, name)) for name in names}
    there = {name: _answers(address, getattr(ports, name)) for name in names}

    assert dict.fromkeys(names, True) == here
    assert {name: name.startswith("otlp") for name in names} == there


def test_a_guarded_collector_ends_without_loss(guarded: Stack) -> None:
    """Drained with its token over TLS, a collector loses nothing of what it had just been sent.

    Its exit code says nothing about that: where something is still to be handed on as its inner receiver closes, it
    has to be killed (`grace_seconds`), and what it holds waits on disk for the next start.
    """
    since = time.time() - 600
    # From the samples themselves: a counter of a collector that has ended is stale at the next scrape.
    before = max(2, guarded.grown("pipecat_turns_total", since))
    assert 200 == _post(guarded, f"Bearer {TOKEN}", turns=40)
    drain = drain_of(draining(guarded.config))
    drain.hold()
    guarded.processes["collector"].send_signal(signal.SIGTERM)
    drain.release_when(scraped(draining(guarded.config), lambda _what, _elapsed: None))
    guarded.stop("collector")
    guarded.start("collector")

    guarded.until_grown("pipecat_turns_total", since, before + 40)
