"""Slack, PagerDuty and a webhook as Alertmanager meets them; what does not fit their documented APIs is refused."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from answering import answering
from pipecat_lgtm_bridge.contract.annotations import ANNOTATIONS

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
_SUMMARY_LIMIT = 1024
_ACTIONS_LIMIT = 5
_OPSGENIE_LIMIT = 130


@dataclass(frozen=True)
class Received:
    """One accepted message: when, and what."""

    at: float
    body: dict[str, Any]


@dataclass
class Receivers:
    """What was accepted and refused; `failing` names services that answer 503 for now."""

    port: int = 0
    slack: list[Received] = field(default_factory=list)
    pagerduty: list[Received] = field(default_factory=list)
    hook: list[Received] = field(default_factory=list)
    opsgenie: list[Received] = field(default_factory=list)
    credentials: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    turned_away: int = 0

    def config(self, folder: Path) -> dict[str, Any]:
        """Return `routing.receivers` that lead here; the secrets are files in a folder."""
        (folder / "slack-url").write_text(f"http://127.0.0.1:{self.port}/slack\n")
        (folder / "pagerduty-key").write_text(f"{ROUTING_KEY}\n")
        (folder / "heartbeat-url").write_text(f"http://127.0.0.1:{self.port}/hook\n")
        return {
            "slack": {"slack": {"api_url_file": str(folder / "slack-url")}},
            "pagerduty": {
                "pagerduty": {
                    "routing_key_file": str(folder / "pagerduty-key"),
                    "url": f"http://127.0.0.1:{self.port}/pagerduty",
                }
            },
            "alive": {"webhook": {"url_file": str(folder / "heartbeat-url")}},
        }

    def pages(self, alert: str, service: str, action: str = "trigger") -> list[Received]:
        """Return PagerDuty events of an alert of a service."""
        return [
            one
            for one in self.pagerduty
            if one.body["event_action"] == action
            and (one.body["payload"]["class"], one.body["payload"]["source"]) == (alert, service)
        ]

    def posts(self, state: str, alert: str, service: str) -> list[Received]:
        """Return Slack messages of an alert of a service: CRITICAL, WARNING or RESOLVED."""
        head = f"[{state}"
        return [
            one
            for one in self.slack
            if (title := one.body["attachments"][0]["title"]).startswith(head)
            and f"] {alert}: {service} " in f"{title} "
        ]


def _slack_fault(body: Any) -> str:  # noqa: ANN401 - any JSON
    if not isinstance(body, dict) or not body.get("attachments"):
        return "no_text"
    for attachment in body["attachments"]:
        texts = [attachment.get(name, "") for name in ("title", "title_link", "text", "fallback", "color")]
        if not all(isinstance(text, str) for text in texts) or not attachment.get("text"):
            return "invalid_attachments"
        actions = attachment.get("actions", [])
        if len(actions) > _ACTIONS_LIMIT:
            return "too_many_actions"
        if any(one.get("type") != "button" or not one.get("text") or not one.get("url") for one in actions):
            return "invalid_actions"
    return ""


def _pagerduty_fault(body: Any) -> str:  # noqa: ANN401 - any JSON
    if body.get("routing_key") != ROUTING_KEY:
        return "routing_key is not one of ours"
    if body.get("event_action") not in {"trigger", "acknowledge", "resolve"} or not body.get("dedup_key"):
        return "event_action or dedup_key is wrong"
    payload = body.get("payload", {})
    if not payload.get("summary") or len(payload["summary"]) > _SUMMARY_LIMIT or not payload.get("source"):
        return "payload.summary or payload.source is wrong"
    if payload.get("severity") not in {"critical", "error", "warning", "info"}:
        return "payload.severity is wrong"
    details = payload.get("custom_details", {})
    if not isinstance(details, dict) or not all(isinstance(details.get(name, ""), str) for name in ANNOTATIONS):
        return "payload.custom_details is no object of texts"
    if any(details[name] != details[name].lstrip() for name in ANNOTATIONS if name in details):
        return "payload.custom_details has a text that begins with white space"
    if any(not one.get("href") for one in body.get("links", [])):
        return "links without href"
    return ""


def _as_shown(details: dict[str, Any]) -> dict[str, Any]:
    """Return details as PagerDuty's page shows them: without white space at the end of a text."""
    return {name: one.rstrip() if isinstance(one, str) else one for name, one in details.items()}


def _opsgenie_fault(body: Any) -> str:  # noqa: ANN401 - any JSON
    if not body.get("message") or len(body["message"]) > _OPSGENIE_LIMIT:
        return "message is missing or longer than 130 characters"
    if body.get("priority") not in {"P1", "P2", "P3", "P4", "P5"}:
        return "priority is wrong"
    if not all(isinstance(value, str) for value in body.get("details", {}).values()):
        return "details hold something else than text"
    return ""


_FAULTS = {"slack": _slack_fault, "pagerduty": _pagerduty_fault, "opsgenie": _opsgenie_fault}


@contextmanager
def receivers() -> Iterator[Receivers]:
    """Listen for the length of a block."""
    state = Receivers()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = self.path.strip("/").split("/")[0]
            state.credentials[name] = self.headers.get("Authorization", "")
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if name in state.failing:
                state.turned_away += 1
                self._answer(503, b"try again")
                return
            fault = _FAULTS.get(name, lambda _: "")(body)
            if fault:
                state.refused.append(f"{name}: {fault}: {json.dumps(body)}")
                self._answer(400, fault.encode())
                return
            if name == "pagerduty":
                body["payload"]["custom_details"] = _as_shown(body["payload"].get("custom_details", {}))
            getattr(state, name).append(Received(time.time(), body))
            if name == "opsgenie":
                self._answer(202, b'{"result": "Request will be processed", "took": 0.1, "requestId": "1"}')
            elif name == "pagerduty":
                said = {"status": "success", "message": "Event processed", "dedup_key": body["dedup_key"]}
                self._answer(202, json.dumps(said).encode())
            else:
                self._answer(200, b"ok")

        def _answer(self, code: int, text: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with answering(Handler) as state.port:
        yield state
