"""What a deploy asks of a Grafana, by its HTTP API: datasources, folders, dashboards and their versions."""

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_core import from_json

from pipecat_lgtm import http
from pipecat_lgtm.errors import CheckFailed

_TIMEOUT_SECONDS = 30.0
_SHOWN = 300
_REMEDY: dict[int, str] = {
    httpx.codes.UNAUTHORIZED: "give the token of a service account: --token-file, or GRAFANA_TOKEN in the environment",
    httpx.codes.FORBIDDEN: "the service account needs the role Editor, and leave to read datasources",
    httpx.codes.PRECONDITION_FAILED: "somebody saved it meanwhile; look with --dry-run, then deploy again",
}

T = TypeVar("T")


class _Datasource(BaseModel):
    uid: str
    name: str
    type: str
    isDefault: bool = False  # noqa: N815 - as Grafana spells it


class _Folder(BaseModel):
    uid: str
    title: str


class _Board(BaseModel):
    version: int


class _Meta(BaseModel):
    folderUid: str = ""  # noqa: N815 - as Grafana spells it
    provisioned: bool = False


class _Found(BaseModel):
    dashboard: dict[str, Any]
    meta: _Meta

    @field_validator("dashboard")
    @classmethod
    def _has_version(cls, value: dict[str, Any]) -> dict[str, Any]:
        _Board.model_validate(value)
        return value


class _Version(BaseModel):
    message: str = ""
    createdBy: str = "somebody"  # noqa: N815 - as Grafana spells it
    created: str = ""


class _Versions(BaseModel):
    versions: list[_Version]

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: object) -> object:
        """Grafana before 12 says a bare list."""
        return {"versions": value} if isinstance(value, list) else value


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
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def datasources(self) -> list[Datasource]:
        """Return all datasources."""
        return [
            Datasource(one.uid, one.name, one.type, one.isDefault)
            for one in self._ask("GET", "/api/datasources", list[_Datasource])
        ]

    def folder(self, title: str) -> str | None:
        """Return the uid of the folder with a title, if there is one."""
        folders = self._ask("GET", "/api/folders?limit=1000", list[_Folder])
        return next((one.uid for one in folders if one.title == title), None)

    def make_folder(self, title: str) -> str:
        """Make a folder and return its uid."""
        return self._ask("POST", "/api/folders", _Folder, {"title": title}).uid

    def dashboard(self, uid: str) -> Held | None:
        """Return a dashboard and who saved it last; None if there is none."""
        answer = self._send("GET", f"/api/dashboards/uid/{uid}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        found = self._read(answer, f"/api/dashboards/uid/{uid}", _Found)
        said = self._ask("GET", f"/api/dashboards/uid/{uid}/versions?limit=1", _Versions)
        last, meta = said.versions[0] if said.versions else _Version(), found.meta
        return Held(
            found.dashboard,
            meta.folderUid,
            int(found.dashboard["version"]),
            meta.provisioned,
            last.message,
            last.createdBy,
            last.created,
        )

    def save(self, data: dict[str, Any], folder: str, message: str, *, over: int | None) -> None:
        """Save a dashboard.

        Args:
            data: its JSON.
            folder: uid of its folder.
            message: kept with the version.
            over: the version it replaces; Grafana refuses if that is no longer the newest. None: there is none yet.
        """
        body = {"folderUid": folder, "message": message, "overwrite": False}
        if over is None:
            # Grafana 12 gives every first version the message "Initial save", so that only a second one has ours.
            over = self._ask("POST", "/api/dashboards/db", _Board, body | {"dashboard": data | {"id": None}}).version
        self._ask("POST", "/api/dashboards/db", _Board, body | {"dashboard": data | {"id": None, "version": over}})

    def remove(self, uid: str) -> None:
        """Remove a dashboard, its versions included."""
        self._ask("DELETE", f"/api/dashboards/uid/{uid}", dict[str, Any])

    def _ask(
        self, method: Literal["GET", "POST", "DELETE"], path: str, kind: type[T], body: dict[str, Any] | None = None
    ) -> T:
        return self._read(self._send(method, path, body), path, kind)

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        try:
            return http.request(method, self.url + path, _TIMEOUT_SECONDS, headers=self._headers, body=body)
        except httpx.HTTPError as error:
            raise CheckFailed(f"{self.url}: no Grafana answers: {error}", "check --url") from error

    def _read(self, answer: httpx.Response, path: str, kind: type[T]) -> T:
        try:
            body = from_json(answer.content)
        except ValueError:
            body = None
        if answer.is_success and body is not None:
            try:
                return TypeAdapter(kind).validate_python(body)
            except ValidationError as error:
                raise CheckFailed(f"{self.url}{path}: that is no answer of Grafana", "check --url") from error
        said = body.get("message", "") if isinstance(body, dict) else answer.text[:_SHOWN]
        hint = _REMEDY.get(answer.status_code, "check --url and the token")
        raise CheckFailed(f"{self.url}{path}: {answer.status_code}: {said}", hint)
