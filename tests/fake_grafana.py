"""A Grafana that answers as 12.3 did when it was asked: dashboards, folders, versions, and what it refuses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from answering import answering

TOKEN = "glsa_test"  # noqa: S105 - of the fake


class FakeGrafana:
    """State and rules of one server.

    Args:
        datasources: (uid, name, type, default).
    """

    def __init__(self, datasources: list[tuple[str, str, str, bool]]) -> None:
        self.datasources = datasources
        self.folders: dict[str, str] = {}
        self.saved: dict[str, list[dict[str, Any]]] = {}
        self.provisioned: set[str] = set()
        self.url = ""

    def edit(self, uid: str, title: str, message: str = "") -> None:
        """Save a dashboard as a person does in the browser."""
        last = self.saved[uid][-1]
        changed = last["dashboard"] | {"title": title, "version": last["dashboard"]["version"] + 1}
        self.saved[uid].append(last | {"dashboard": changed, "message": message, "createdBy": "anna"})

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:  # noqa: ANN401 - JSON
        """Return status and body."""
        match (method, path.strip("/").split("/")):
            case "GET", ["api", "datasources"]:
                return 200, [
                    {"uid": uid, "name": name, "type": kind, "isDefault": default}
                    for uid, name, kind, default in self.datasources
                ]
            case "GET", ["api", "folders"]:
                return 200, [{"uid": uid, "title": title} for uid, title in self.folders.items()]
            case "POST", ["api", "folders"]:
                if not body.get("title"):
                    return 400, {"message": "folder title cannot be empty"}
                uid = f"folder-{len(self.folders) + 1}"
                self.folders[uid] = body["title"]
                return 200, {"uid": uid, "title": body["title"], "version": 1}
            case "GET", ["api", "dashboards", "uid", uid]:
                return self._dashboard(uid)
            case "GET", ["api", "dashboards", "uid", uid, "versions"]:
                found = self.saved.get(uid, [])[::-1]
                rows = [
                    {"version": one["dashboard"]["version"], "created": "2026-11-25T00:00:00Z"}
                    | {key: one[key] for key in ("message", "createdBy")}
                    for one in found
                ]
                return 200, {"continueToken": "", "versions": rows[:1]}
            case "DELETE", ["api", "dashboards", "uid", uid]:
                return self._remove(uid)
            case "POST", ["api", "dashboards", "db"]:
                return self._save(body)
        return 404, {"message": "Not found"}

    def _dashboard(self, uid: str) -> tuple[int, Any]:
        if uid not in self.saved:
            return 404, {"message": "Dashboard not found", "title": "Not found"}
        last = self.saved[uid][-1]
        meta = {"folderUid": last["folderUid"], "provisioned": uid in self.provisioned, "version": len(self.saved[uid])}
        return 200, {"dashboard": last["dashboard"], "meta": meta}

    def _remove(self, uid: str) -> tuple[int, Any]:
        if uid not in self.saved:
            return 404, {"message": "Dashboard not found", "title": "Not found"}
        if uid in self.provisioned:
            return 400, {"message": "provisioned dashboard cannot be deleted"}
        title = self.saved.pop(uid)[-1]["dashboard"]["title"]
        return 200, {"title": title, "message": f"Dashboard {title} deleted", "uid": uid}

    def _save(self, body: Any) -> tuple[int, Any]:  # noqa: ANN401 - JSON
        board = body["dashboard"]
        if not board.get("title"):
            return 400, {"message": "Dashboard title cannot be empty", "status": "empty-name"}
        if body["folderUid"] not in self.folders:
            return 400, {"message": "folder not found"}
        uid = board["uid"]
        if uid in self.provisioned:
            return 400, {"message": "Cannot save provisioned dashboard"}
        newest = self.saved[uid][-1]["dashboard"]["version"] if uid in self.saved else None
        if newest is not None and not body["overwrite"] and board.get("version") != newest:
            return 412, {"status": "version-mismatch", "message": "The dashboard has been changed by someone else"}
        stored = board | {"id": 7, "version": (newest or 0) + 1}
        message = body["message"] if newest else "Initial save"
        self.saved.setdefault(uid, []).append(
            {"dashboard": stored, "folderUid": body["folderUid"], "message": message, "createdBy": "deployer"}
        )
        return 200, {"id": 7, "uid": uid, "url": f"/d/{uid}", "status": "success", "version": stored["version"]}


def _read(raw: bytes) -> Any:  # noqa: ANN401 - JSON
    """Return what was sent; 2.0 becomes 2, as it is written back."""
    return json.loads(raw, parse_float=lambda text: int(float(text)) if float(text).is_integer() else float(text))


@contextmanager
def serving(fake: FakeGrafana) -> Iterator[FakeGrafana]:
    """Serve it on a free port of this machine for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._reply(401, {"message": "Invalid API key"})
            elif raw and self.headers.get("Content-Type") != "application/json":
                self._reply(415, {"message": "content type must be application/json"})
            else:
                self._reply(*fake.answer(self.command, urlsplit(self.path).path, _read(raw) if raw else None))

        do_GET = do_POST = do_DELETE = _handle  # noqa: N815 - the library's names

        def _reply(self, status: int, body: Any) -> None:  # noqa: ANN401 - JSON
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with answering(Handler) as port:
        fake.url = f"http://127.0.0.1:{port}"
        yield fake
