"""What a deploy asks of a Prometheus: its rules, its state, to load them again."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json

from pipecat_lgtm import http
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.access import NONE, Access

_TIMEOUT_SECONDS = 30.0
_STEP_SECONDS = 0.2
_SHOWN = 200
_NO_RELOAD = "start it with --web.enable-lifecycle, or give its process with --pid to reload it by SIGHUP"
T = TypeVar("T")


class Sample(BaseModel):
    """One series of an instant query.

    Args:
        metric: its labels.
        value: Unix time and value.
    """

    metric: dict[str, str]
    value: tuple[float, float]


class Firing(BaseModel):
    """An alert that is pending or fires."""

    state: str
    labels: dict[str, str]
    annotations: dict[str, str]


class _Vector(BaseModel):
    result: list[Sample]


class _Alerts(BaseModel):
    alerts: list[Firing]


class _Managers(BaseModel):
    activeAlertmanagers: list[Any]  # noqa: N815 - as Prometheus spells it


class _RawRule(BaseModel):
    name: str
    query: str
    health: str
    duration: float = 0.0
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    lastError: str = ""  # noqa: N815 - as Prometheus spells it


class _RawGroup(BaseModel):
    file: str
    name: str
    rules: list[_RawRule]


class _Groups(BaseModel):
    groups: list[_RawGroup]


class _Configuration(BaseModel):
    yaml: str


class Runtime(BaseModel):
    """How a Prometheus runs.

    Args:
        reloadConfigSuccess: its last reload went well.
        lastConfigTime: when that was, in whole seconds.
    """

    reloadConfigSuccess: bool  # noqa: N815 - as Prometheus spells it
    lastConfigTime: str  # noqa: N815


@dataclass(frozen=True)
class Rule:
    """A rule, comparable whether it is read from a file or has been loaded.

    Args:
        name: of the series it records, or of the alert.
        expr: its expression, as the server writes it.
        hold: seconds before an alert fires.
        texts: labels, then annotations.
    """

    name: str
    expr: str
    hold: float
    texts: tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True)
class Group:
    """A rule group as Prometheus has loaded it.

    Args:
        file: the path by which Prometheus knows its file; in a container not ours.
        name: of the group.
        rules: in order, as they are in force.
        evaluated: every rule has been evaluated since it was loaded.
        errors: of rules whose last evaluation failed.
    """

    file: str
    name: str
    rules: tuple["Rule", ...]
    evaluated: bool
    errors: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Of its file, as Prometheus knows it."""
        return self.file.replace("\\", "/").rpartition("/")[0]

    @property
    def key(self) -> tuple[str, str]:
        """File name and group name."""
        return (self.file.replace("\\", "/").rsplit("/", 1)[-1], self.name)


class Prometheus:
    """One server.

    Args:
        url: its base address.
        shown: what opens it.
        pid: of its process, to be reloaded by SIGHUP instead of HTTP.
    """

    def __init__(self, url: str, shown: Access = NONE, pid: int | None = None) -> None:
        self.url, self._pid = url.rstrip("/"), pid
        self._formatted: dict[str, str] = {}
        self._shown = shown

    def get(self, path: str, kind: type[T], **params: str | list[str]) -> T:
        """Return the data of an API call.

        Args:
            path: of the call, below /api/v1.
            kind: what its data must be.
            params: of the call.

        Raises:
            CheckFailed: no Prometheus answers there.
        """
        return self._read(path, kind, self._send("GET", f"/api/v1/{path}", **params))

    def _read(self, path: str, kind: type[T], answer: httpx.Response) -> T:
        try:
            body = from_json(answer.content)
        except ValueError:
            body = answer.text[:_SHOWN]
        if not isinstance(body, dict) or body.get("status") != "success" or "data" not in body:
            said = body.get("error") if isinstance(body, dict) else body
            raise CheckFailed(f"{self.url}/api/v1/{path}: {answer.status_code}: {said}", "check --url and --token-file")
        try:
            return TypeAdapter(kind).validate_python(body["data"])
        except ValidationError as error:
            raise CheckFailed(f"{self.url}/api/v1/{path}: that is no answer of Prometheus", "check --url") from error

    def samples(self, expr: str) -> list[Sample]:
        """Return what an instant query finds.

        Raises:
            CheckFailed: no Prometheus answers there.
        """
        return self.get("query", _Vector, query=expr).result

    def alerts(self) -> list[Firing]:
        """Return the alerts that are pending or fire."""
        return self.get("alerts", _Alerts).alerts

    def knows_alertmanager(self) -> bool:
        """Tell whether there is an Alertmanager that it sends alerts to."""
        return bool(self.get("alertmanagers", _Managers).activeAlertmanagers)

    def runtime(self) -> Runtime:
        """Return how it runs."""
        return self.get("status/runtimeinfo", Runtime)

    def groups(self) -> list[Group]:
        """Return every rule group it has loaded."""
        return [_group(raw) for raw in self.get("rules", _Groups).groups]

    def formatted(self, expr: str) -> str:
        """Return an expression as its own parser writes it; as it is where the server is too old to say.

        Raises:
            CheckFailed: it cannot read it; the message is its reason.
        """
        if expr not in self._formatted:
            answer = self._send("GET", "/api/v1/format_query", query=expr)
            is_known = answer.status_code in {httpx.codes.OK, httpx.codes.BAD_REQUEST}
            self._formatted[expr] = self._read("format_query", str, answer) if is_known else expr
        return self._formatted[expr]

    def rule_files(self) -> list[str]:
        """Return the patterns of its `rule_files`, as it was configured."""
        lines = self.get("status/config", _Configuration).yaml.splitlines()
        return list(_listed(lines, "rule_files:"))

    def require_sound(self) -> None:
        """Make sure that its last reload went well: otherwise ours could not be told from it.

        Raises:
            CheckFailed: it did not.
        """
        if not self.runtime().reloadConfigSuccess:
            raise CheckFailed(
                f"{self.url}: its last reload failed already, before anything was changed",
                "mend its configuration first (its log says what is wrong), then deploy again",
            )

    def require_reload(self) -> None:
        """Make sure that it can be made to load its rules again.

        Raises:
            CheckFailed: it cannot, or there is no such process.
        """
        if self._pid is not None:
            try:
                os.kill(self._pid, 0)
            except OSError as error:
                raise CheckFailed(f"--pid {self._pid}: {error.strerror}", "give the pid of that Prometheus") from error
        elif self.get("status/flags", dict[str, Any]).get("web.enable-lifecycle") == "false":
            raise CheckFailed(f"{self.url}: takes no reload over HTTP", _NO_RELOAD)

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
                _NO_RELOAD,
            )
        if answer.status_code != httpx.codes.OK:
            raise CheckFailed(
                f"{self.url}/-/reload: {answer.text.strip()}",
                "its log says why; with promtool at hand (--bin-dir) the rules are checked before anything is touched",
            )

    def _send(self, method: str, path: str, **params: str | list[str]) -> httpx.Response:
        try:
            return http.request(
                method,
                f"{self.url}{path}",
                _TIMEOUT_SECONDS,
                params=params,
                headers=self._shown.headers,
                trusted=self._shown.trusted,
            )
        except httpx.HTTPError as error:
            raise CheckFailed(f"{self.url}: no Prometheus answers: {error}", "check --url") from error

    def _reload_by_signal(self, pid: int, deadline: float) -> None:
        before = self.runtime().lastConfigTime
        # Prometheus keeps that time in whole seconds: within the same one a new load could not be seen.
        time.sleep(1.0)
        try:
            os.kill(pid, signal.SIGHUP)
        except OSError as error:
            raise CheckFailed(f"--pid {pid}: {error.strerror}", "give the pid of that Prometheus") from error
        for _ in until(deadline):
            info = self.runtime()
            if not info.reloadConfigSuccess:
                raise CheckFailed(f"{self.url}: refused its configuration after SIGHUP", "its log says why")
            if info.lastConfigTime != before:
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


def _group(raw: _RawGroup) -> Group:
    return Group(
        raw.file,
        raw.name,
        tuple(_rule(rule) for rule in raw.rules),
        all(rule.health != "unknown" for rule in raw.rules),
        tuple(f"{rule.name}: {rule.lastError}" for rule in raw.rules if rule.health == "err"),
    )


def _rule(raw: _RawRule) -> Rule:
    texts = raw.labels or {}, raw.annotations or {}
    return Rule(raw.name, raw.query, raw.duration, tuple(tuple(sorted(one.items())) for one in texts))


def _listed(lines: list[str], key: str) -> Iterator[str]:
    inside = False
    for line in lines:
        if inside and line.startswith("- "):
            yield line.removeprefix("- ").strip("\"'")
        else:
            inside = line == key
