"""What a deploy asks of a Grafana, by its HTTP API: datasources, folders, dashboards and their versions."""

from dataclasses import dataclass
from typing import Any, Literal

import httpx

from pipecat_lgtm.errors import CheckFailed

_TIMEOUT_SECONDS = 30.0
_SHOWN = 300
_REMEDY = {
    httpx.codes.UNAUTHORIZED: "give the token of a service account: --token-file, or GRAFANA_TOKEN in the environment",
    httpx.codes.FORBIDDEN: "the service account needs the role Editor, and leave to read datasources",
    httpx.codes.PRECONDITION_FAILED: "somebody saved it meanwhile; look with --dry-run, then deploy again",
}


@dataclass(frozen=True)
class Datasource:
    """One datasource of a Grafana."""

    uid: str
    name: str
    kind: str
    default: bool


@dataclass(frozen=True)
class Held:
    """A dashboard as a Grafana holds it.

    Args:
        data: its JSON.
        folder: uid of its folder; empty for none.
        version: grows with each save.
        provisioned: it comes from files; saving it is refused.
        message: of its last save.
        by: who saved it last.
        at: when, as Grafana writes it.
    """

    data: dict[str, Any]
    folder: str
    version: int
    provisioned: bool
    message: str
    by: str
    at: str


class Grafana:
    """One server.

    Args:
        url: its base address.
        token: of a service account.
        client: sends the requests.
    """

    def __init__(self, url: str, token: str, client: httpx.Client) -> None:
        self.url, self._client = url.rstrip("/"), client
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def datasources(self) -> list[Datasource]:
        """Return all datasources."""
        return [
            Datasource(one["uid"], one["name"], one["type"], bool(one.get("isDefault")))
            for one in self._ask("GET", "/api/datasources")
        ]

    def folder(self, title: str) -> str | None:
        """Return the uid of the folder with a title, if there is one."""
        folders = self._ask("GET", "/api/folders?limit=1000")
        return next((str(one["uid"]) for one in folders if one["title"] == title), None)

    def make_folder(self, title: str) -> str:
        """Make a folder and return its uid."""
        return str(self._ask("POST", "/api/folders", {"title": title})["uid"])

    def dashboard(self, uid: str) -> Held | None:
        """Return a dashboard and who saved it last; None if there is none."""
        answer = self._send("GET", f"/api/dashboards/uid/{uid}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        found = self._read(answer, f"/api/dashboards/uid/{uid}")
        data, meta = found["dashboard"], found["meta"]
        versions = self._ask("GET", f"/api/dashboards/uid/{uid}/versions?limit=1")
        last = (versions["versions"] if isinstance(versions, dict) else versions) or [{}]
        return Held(
            data, meta.get("folderUid", ""), int(data["version"]), bool(meta.get("provisioned")),
            last[0].get("message", ""), last[0].get("createdBy", "somebody"), last[0].get("created", ""),
        )  # fmt: skip

    def save(self, data: dict[str, Any], folder: str, message: str, *, over: int | None) -> None:
        """Save a dashboard.

        Args:
            data: its JSON.
            folder: uid of its folder.
            message: kept with the version.
            over: the version it replaces; Grafana refuses if that is no longer the newest. None: there is none yet.
        """
        known = {} if over is None else {"version": over}
        body = {"dashboard": data | {"id": None} | known, "folderUid": folder, "message": message, "overwrite": False}
        self._ask("POST", "/api/dashboards/db", body)

    def _ask(self, method: Literal["GET", "POST"], path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
        return self._read(self._send(method, path, body), path)

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        try:
            return self._client.request(
                method, self.url + path, json=body, headers=self._headers, timeout=_TIMEOUT_SECONDS
            )
        except httpx.HTTPError as error:
            raise CheckFailed(f"{self.url}: no Grafana answers: {error}", "check --url") from error

    def _read(self, answer: httpx.Response, path: str) -> Any:  # noqa: ANN401 - JSON
        try:
            body = answer.json()
        except ValueError:
            body = None
        if answer.is_success and body is not None:
            return body
        said = body.get("message", "") if isinstance(body, dict) else answer.text[:_SHOWN]
        hint = _REMEDY.get(httpx.codes(answer.status_code), "check --url and the token")
        raise CheckFailed(f"{self.url}{path}: {answer.status_code}: {said}", hint)
