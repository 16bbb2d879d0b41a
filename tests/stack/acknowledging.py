"""What a person does with a message: silence what it is about, by the link in it."""

import time
from urllib.parse import parse_qs, unquote, urlsplit

import httpx


def silence(alertmanager: str, link: str) -> None:
    """Silence for an hour what a message's link is filled in with."""
    (wanted,) = parse_qs(urlsplit(urlsplit(link).fragment).query)["filter"]
    matchers = [pair.split("=", 1) for pair in unquote(wanted).strip("{}").split(",")]
    now = time.time()
    body = {
        "matchers": [
            {"name": name, "value": value.strip('"'), "isRegex": False, "isEqual": True} for name, value in matchers
        ],
        "startsAt": _iso(now),
        "endsAt": _iso(now + 3600),
        "createdBy": "a person",
        "comment": "I look at it",
    }
    httpx.post(f"{alertmanager}/api/v2/silences", json=body, timeout=10).raise_for_status()


def active(alertmanager: str) -> set[str]:
    """Return the ids of the silences in force."""
    answer = httpx.get(f"{alertmanager}/api/v2/silences", timeout=10).json()
    return {one["id"] for one in answer if one["status"]["state"] == "active"}


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
