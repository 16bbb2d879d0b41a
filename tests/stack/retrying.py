"""A sender that retries as OpenTelemetry's SDK does, and what it was told was taken."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

_ATTEMPTS = 6
_RETRYABLE = {408, 429, 500, 502, 503, 504}


@dataclass
class Outcome:
    """The names of the requests that were answered 200, those given up, and how often each status was the answer."""

    taken: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)


def send(port: int, signal: str, requests: dict[str, bytes], senders: int = 4, first_wait: float = 0.2) -> Outcome:
    """Post protobuf requests from several clients at once, each up to six times with doubling waits.

    Args:
        port: of OTLP/HTTP.
        signal: traces or logs.
        requests: bodies by a name.
        senders: clients at once.
        first_wait: seconds before the second attempt; the SDK's second is too long for a test.
    """
    outcome = Outcome()

    def post(client: httpx.Client, name: str) -> None:
        for attempt in range(_ATTEMPTS):
            answer = client.post(f"http://127.0.0.1:{port}/v1/{signal}", content=requests[name])
            outcome.answers[answer.status_code] += 1
            if answer.status_code == httpx.codes.OK:
                outcome.taken.add(name)
                return
            if answer.status_code not in _RETRYABLE:
                break
            time.sleep(first_wait * 2**attempt)
        outcome.given_up.add(name)

    def run(names: list[str]) -> None:
        with httpx.Client(timeout=60, headers={"content-type": "application/x-protobuf"}) as client:
            for name in names:
                post(client, name)

    names = list(requests)
    with ThreadPoolExecutor(senders) as pool:
        list(pool.map(run, [names[first::senders] for first in range(senders)]))
    return outcome
