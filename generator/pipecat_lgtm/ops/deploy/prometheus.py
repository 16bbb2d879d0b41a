"""What a deploy asks of a Prometheus: its rules, its state, to load them again."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from pipecat_lgtm.errors import CheckFailed

_TIMEOUT_SECONDS = 30.0
_STEP_SECONDS = 0.2
_SHOWN = 200


@dataclass(frozen=True)
class Group:
    """A rule group as Prometheus has loaded it.

    Args:
        file: the path by which Prometheus knows its file; in a container not ours.
        name: of the group.
        rules: recorded names and alert names, in order.
        evaluated: every rule has been evaluated since it was loaded.
        errors: of rules whose last evaluation failed.
    """

    file: str
    name: str
    rules: tuple[str, ...]
    evaluated: bool
    errors: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """File name and group name."""
        return (self.file.replace("\\", "/").rsplit("/", 1)[-1], self.name)


class Prometheus:
    """One server.

    Args:
        url: its base address.
        token_file: holds a bearer token, where it wants one.
        pid: of its process, to be reloaded by SIGHUP instead of HTTP.
    """

    def __init__(self, url: str, token_file: Path | None = None, pid: int | None = None) -> None:
        self.url, self._pid = url.rstrip("/"), pid
        self._headers = {"Authorization": f"Bearer {token_file.read_text().strip()}"} if token_file else {}

    def get(self, path: str, **params: str | list[str]) -> Any:  # noqa: ANN401 - JSON
        """Return the data of an API call.

        Raises:
            CheckFailed: no Prometheus answers there.
        """
        answer = self._send("GET", f"/api/v1/{path}", **params)
        try:
            body = answer.json()
        except ValueError:
            body = answer.text[:_SHOWN]
        if not isinstance(body, dict) or body.get("status") != "success":
            said = body.get("error") if isinstance(body, dict) else body
            raise CheckFailed(f"{self.url}/api/v1/{path}: {answer.status_code}: {said}", "check --url and --token-file")
        return body["data"]

    def groups(self) -> list[Group]:
        """Return every rule group it has loaded."""
        return [_group(raw) for raw in self.get("rules")["groups"]]

    def complaint(self, expr: str) -> str:
        """Return what its own parser says against an expression; nothing if it takes it, or is too old to say."""
        answer = self._send("GET", "/api/v1/format_query", query=expr)
        return str(answer.json().get("error", "")) if answer.status_code == httpx.codes.BAD_REQUEST else ""

    def rule_files(self) -> list[str]:
        """Return the patterns of its `rule_files`, as it was configured."""
        lines = str(self.get("status/config")["yaml"]).splitlines()
        return list(_listed(lines, "rule_files:"))

    def require_sound(self) -> None:
        """Make sure that its last reload went well: otherwise ours could not be told from it.

        Raises:
            CheckFailed: it did not.
        """
        if not self.get("status/runtimeinfo")["reloadConfigSuccess"]:
            raise CheckFailed(
                f"{self.url}: its last reload failed already, before anything was changed",
                "mend its configuration first (its log says what is wrong), then deploy again",
            )

    def reload(self, deadline: float) -> None:
        """Make it load its rules again.

        Raises:
            CheckFailed: it refused; the message has its reason.
        """
        if self._pid is not None:
            self._reload_by_signal(self._pid, deadline)
            return
        answer = self._send("POST", "/-/reload")
        if answer.status_code in {httpx.codes.FORBIDDEN, httpx.codes.METHOD_NOT_ALLOWED, httpx.codes.NOT_FOUND}:
            raise CheckFailed(
                f"{self.url}/-/reload: {answer.status_code}: {answer.text.strip()}",
                "start it with --web.enable-lifecycle, or give its process with --pid to reload it by SIGHUP",
            )
        if answer.status_code != httpx.codes.OK:
            raise CheckFailed(
                f"{self.url}/-/reload: {answer.text.strip()}",
                "its log says why; with promtool at hand (--bin-dir) the rules are checked before anything is touched",
            )

    def _send(self, method: str, path: str, **params: str | list[str]) -> httpx.Response:
        try:
            return httpx.request(
                method, f"{self.url}{path}", params=params, headers=self._headers, timeout=_TIMEOUT_SECONDS
            )
        except httpx.HTTPError as error:
            raise CheckFailed(f"{self.url}: no Prometheus answers: {error}", "check --url") from error

    def _reload_by_signal(self, pid: int, deadline: float) -> None:
        before = self.get("status/runtimeinfo")["lastConfigTime"]
        # Prometheus keeps that time in whole seconds: within the same one a new load could not be seen.
        time.sleep(1.0)
        try:
            os.kill(pid, signal.SIGHUP)
        except OSError as error:
            raise CheckFailed(f"--pid {pid}: {error.strerror}", "give the pid of that Prometheus") from error
        for _ in until(deadline):
            info = self.get("status/runtimeinfo")
            if not info["reloadConfigSuccess"]:
                raise CheckFailed(f"{self.url}: refused its configuration after SIGHUP", "its log says why")
            if info["lastConfigTime"] != before:
                return
        raise CheckFailed(
            f"{self.url}: did not load its configuration within {deadline:g} s after SIGHUP to {pid}",
            "is that the pid of this Prometheus?",
        )


def until(deadline: float) -> Iterator[None]:
    """Yield at short intervals until some seconds are over, at least once."""
    end = time.monotonic() + deadline
    while True:
        yield
        if time.monotonic() > end:
            return
        time.sleep(_STEP_SECONDS)


def _group(raw: dict[str, Any]) -> Group:
    rules = raw["rules"]
    return Group(
        raw["file"],
        raw["name"],
        tuple(rule["name"] for rule in rules),
        all(rule["health"] != "unknown" for rule in rules),
        tuple(f"{rule['name']}: {rule.get('lastError', '')}" for rule in rules if rule["health"] == "err"),
    )


def _listed(lines: list[str], key: str) -> Iterator[str]:
    inside = False
    for line in lines:
        if inside and line.startswith("- "):
            yield line.removeprefix("- ").strip("\"'")
        else:
            inside = line == key
