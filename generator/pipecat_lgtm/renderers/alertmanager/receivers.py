"""Receivers: what each place is sent. Every annotation is a field or a link; secrets are paths."""

from collections.abc import Callable, Iterator
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.receivers import Email, Opsgenie, PagerDuty, Receiver, Slack, Webhook
from pipecat_lgtm.renderers.alertmanager.tree import HEARTBEAT, Node
from pipecat_lgtm.renderers.notifications import address
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm_bridge.contract import annotations, labels

SECRETS = "/run/secrets"
Where = Callable[[str], str]
"""Returns where Alertmanager finds the secret file of a field."""

_NO_YAML = "\f"
"""After a PagerDuty detail: Alertmanager reads those as YAML where it can. `bot: is late` would become a map, an id of
digits a number. YAML refuses a form feed, so that the text is sent as it is; being white space, it is not shown."""


def receivers(config: Config, root: Node, placement: Placement) -> list[dict[str, Any]]:
    """Return one receiver per route, with a section for each place that is told."""
    found: dict[str, dict[str, Any]] = {}
    for node in (root, *root.children):
        receiver: dict[str, Any] = {"name": node.receiver}
        for name, place in node.told.items():
            section = section_of(name, place, placement)
            if node.receiver == HEARTBEAT:
                # It stops when it stops: an end of the Watchdog must not read as a sign of life.
                section["send_resolved"] = False
            receiver.setdefault(f"{place.kind}_configs", []).append(section)
        if node.kept:
            receiver["webhook_configs"] = [{"send_resolved": True, "url": address(config, placement)}]
        found[node.receiver] = receiver
    return list(found.values())


def secret_name(receiver: str, field: str) -> str:
    """Return the name under which a container gets a secret file."""
    return f"alertmanager_{receiver}_{field.removesuffix('_file')}"


def section_of(name: str, place: Receiver, placement: Placement) -> dict[str, Any]:
    """Return the section of one place."""
    files = place.secrets()

    def where(field: str) -> str:
        return f"{SECRETS}/{secret_name(name, field)}" if placement.kind == "compose" else str(files[field])

    section = getattr(place, place.kind)
    return {"send_resolved": True, **_SECTIONS[place.kind](section, where)}


def _slack(slack: Slack, where: Where) -> dict[str, Any]:
    return {
        "api_url_file": where("api_url_file"),
        **({"channel": slack.channel} if slack.channel else {}),
        "color": _template("slack.color"),
        "title": _template("slack.head"),
        "title_link": _template("silence_url"),
        "text": _template("slack.text"),
        "fallback": _template("slack.head"),
        "mrkdwn_in": ["text"],
        "actions": [
            {"type": "button", "text": text, "url": _template(f"first.{name}")}
            for name, text in annotations.LINKS.items()
        ]
        + [{"type": "button", "text": "Acknowledge (silence)", "url": _template("silence_url")}],
    }


def _pagerduty(pagerduty: PagerDuty, where: Where) -> dict[str, Any]:
    return {
        "routing_key_file": where("routing_key_file"),
        "url": str(pagerduty.url),
        "description": _template("title"),
        "severity": _template("pagerduty.severity"),
        "source": _template("service"),
        "component": _template("component"),
        "group": _label(labels.ENVIRONMENT),
        "class": _label(labels.ALERTNAME),
        "client": "pipecat-lgtm",
        "client_url": _template(f"first.{annotations.DASHBOARD_URL}"),
        "details": {
            name: text + _NO_YAML
            for name, text in {
                **_details(),
                "firing": _template("firing"),
                "resolved": _template("resolved"),
            }.items()
        },
        "links": [{"href": _template(f"first.{name}"), "text": text} for name, text in annotations.LINKS.items()]
        + [{"href": _template("silence_url"), "text": "Acknowledge (silence)"}],
    }


def _webhook(webhook: Webhook, where: Where) -> dict[str, Any]:
    found: dict[str, Any] = {"url": str(webhook.url)} if webhook.url else {"url_file": where("url_file")}
    if webhook.bearer_token_file is not None:
        found["http_config"] = {"authorization": {"type": "Bearer", "credentials_file": where("bearer_token_file")}}
    return found


def _email(email: Email, where: Where) -> dict[str, Any]:
    found: dict[str, Any] = {"to": email.to, "from": email.sender, "smarthost": email.smarthost}
    if email.auth_username is not None:
        found |= {"auth_username": email.auth_username, "auth_password_file": where("auth_password_file")}
    return {
        **found,
        "require_tls": email.require_tls,
        "headers": {"Subject": _template("title")},
        "html": _template("email.html"),
        "text": _template("email.text"),
    }


def _opsgenie(opsgenie: Opsgenie, where: Where) -> dict[str, Any]:
    found: dict[str, Any] = {
        "api_key_file": where("api_key_file"),
        "api_url": str(opsgenie.api_url),
        "message": _template("title"),
        "description": _template("email.text"),
        "source": _template("service"),
        "entity": _template("service"),
        "tags": ", ".join(_label(name) for name in (labels.ALERTNAME, labels.SEVERITY)),
        "priority": _template("opsgenie.priority"),
        "details": _details(),
    }
    return {**found, "responders": [{"name": opsgenie.team, "type": "team"}]} if opsgenie.team else found


_SECTIONS: dict[str, Callable[[Any, Where], dict[str, Any]]] = {
    "slack": _slack,
    "pagerduty": _pagerduty,
    "webhook": _webhook,
    "email": _email,
    "opsgenie": _opsgenie,
}


def _details() -> dict[str, str]:
    named = {name: _template(f"each.{name}") for name in annotations.ANNOTATIONS}
    return {**named, "acknowledge": _template("acknowledge")}


def _template(name: str) -> str:
    return f'{{{{ template "pipecat.{name}" . }}}}'


def _label(name: str) -> str:
    return f"{{{{ .CommonLabels.{name} }}}}"


def secret_files(root: Node) -> Iterator[tuple[str, str]]:
    """Yield (name in a container, path of the user's) of every secret file."""
    for node in (root, *root.children):
        for name, place in node.told.items():
            for field, path in place.secrets().items():
                yield secret_name(name, field), str(path)
