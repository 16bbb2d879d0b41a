"""Every kind of receiver by a real Alertmanager: messages arrive, have every annotation, and wait in maintenance."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

import httpx
import pytest
from fakes import Receivers, receivers
from harness import poll
from postoffice import mailbox
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm_bridge.contract import annotations

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

SAID = dict(
    zip(
        annotations.TEXTS,
        ("bot: is <b>&</b> late", "{a: 1, b: 2}", "12", "- getting worse:", "01234567890123456789e1"),
        strict=True,
    )
) | {name: f"http://links/{name}?a=1&b=2" for name in annotations.LINKS}
KINDS = ("slack", "pagerduty", "hook", "opsgenie", "mail")


@dataclass
class Post:
    """A real Alertmanager and the places it tells."""

    stack: Stack
    told: Receivers
    mails: list[EmailMessage]

    def fire(self, **labels: str) -> None:
        """Hand an alert to Alertmanager, as Prometheus does."""
        self.stack.fire(SAID, **{"service_name": "<!channel> & bot"} | labels)


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Post]:
    """An Alertmanager that tells all kinds at once of criticals, and is in maintenance for warnings."""
    folder = tmp_path_factory.mktemp("receivers")
    with receivers() as told, mailbox() as (port, mails):
        (folder / "token").write_text("hook-token\n")
        (folder / "opsgenie-key").write_text("genie-key\n")
        base = f"http://127.0.0.1:{told.port}"
        places = {
            **told.config(folder),
            "hook": {"webhook": {"url": f"{base}/hook", "bearer_token_file": str(folder / "token")}},
            "opsgenie": {
                "opsgenie": {
                    "api_key_file": str(folder / "opsgenie-key"),
                    "api_url": f"{base}/opsgenie/",
                    "team": "voice",
                }
            },
            "mail": {
                "email": {
                    "to": "voice@example.com",
                    "sender": "alerts@example.com",
                    "smarthost": f"127.0.0.1:{port}",
                    "require_tls": False,
                }
            },
        }
        quick = {"acknowledge": "10 m", "group_wait": "100 ms", "group_interval": "1 s"}
        routing = {
            "receivers": places,
            "severities": {"critical": {"notify": list(KINDS), **quick}, "warning": {"notify": ["slack"], **quick}},
            "maintenance": [{"name": "always", "severities": ["warning"]}],
        }
        overrides = {"routing": routing, "alerts": {"interval": "1 s", "resend_interval": "1 s"}}
        with stack_of(folder, engine_bin, "alertmanager", overrides=overrides) as stack:
            made = Post(stack, told, mails)
            made.fire(alertname="PipecatAsleep", severity="warning")
            made.fire(alertname="PipecatAwake", severity="critical")
            poll("mail", lambda: mails)
            poll("the others", lambda: all(getattr(told, kind) for kind in KINDS if kind != "mail"))
            yield made


def test_accepted(post: Post) -> None:
    """No place refuses its message, and each is told once."""
    assert [] == post.told.refused
    assert [1] * 4 == [len(getattr(post.told, kind)) for kind in KINDS if kind != "mail"]
    assert 1 == len(post.mails)


def test_slack(post: Post) -> None:
    """Slack's text has every annotation, and a button per link."""
    (attachment,) = post.told.slack[0].body["attachments"]
    escaped = [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in SAID.values()]

    assert [text for name, text in zip(SAID, escaped, strict=True) if name in annotations.TEXTS] == [
        text
        for name, text in zip(SAID, escaped, strict=True)
        if name in annotations.TEXTS and text in attachment["text"]
    ]
    assert [SAID[name] for name in annotations.LINKS] == [one["url"] for one in attachment["actions"][:3]]
    assert "danger" == attachment["color"]
    assert ["[CRITICAL] PipecatAwake: &lt;!channel&gt; &amp; bot"] * 2 == [attachment["title"], attachment["fallback"]]


def test_other_details(post: Post) -> None:
    """What Alertmanager adds to PagerDuty's details by itself is replaced by texts, or is a number."""
    details = post.told.pagerduty[0].body["payload"]["custom_details"]

    assert {"firing": SAID["summary"], "resolved": "none", "num_firing": 1, "num_resolved": 0} == {
        name: value for name, value in details.items() if name not in {*SAID, "acknowledge"}
    }


@pytest.mark.parametrize("kind", ["pagerduty", "opsgenie"])
def test_details(post: Post, kind: str) -> None:
    """PagerDuty and Opsgenie have every annotation as a field of its own, unchanged also where it reads as YAML."""
    body = getattr(post.told, kind)[0].body
    details = body["payload"]["custom_details"] if kind == "pagerduty" else body["details"]

    assert SAID | {"acknowledge": "Acknowledge within 10 min: silence it, or this message comes again."} == {
        name: details[name] for name in (*SAID, "acknowledge")
    }


def test_opsgenie(post: Post) -> None:
    """Opsgenie gets priority, team and key."""
    body = post.told.opsgenie[0].body

    assert ("P1", [{"name": "voice", "type": "team"}]) == (body["priority"], body["responders"])
    assert "GenieKey genie-key" == post.told.credentials["opsgenie"]


def test_webhook(post: Post) -> None:
    """A webhook gets Alertmanager's own JSON, with the annotations as they are, and the token."""
    body = post.told.hook[0].body

    assert ("4", SAID) == (body["version"], body["alerts"][0]["annotations"])
    assert "Bearer hook-token" == post.told.credentials["hook"]


def test_mail(post: Post) -> None:
    """Mail has every annotation in its text and, escaped, in its HTML; links can be clicked."""
    (mail,) = post.mails
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    written, shown = plain.get_content(), html.get_content()

    assert mail["Subject"].startswith("[CRITICAL] PipecatAwake: <!channel> & bot")
    assert [] == [text for text in SAID.values() if text not in written]
    assert "<b>" in written
    assert "bot: is &lt;b&gt;&amp;&lt;/b&gt; late" in shown
    assert [] == [name for name in annotations.LINKS if f'href="http://links/{name}?a=1&amp;b=2"' not in shown]


def test_maintenance(post: Post) -> None:
    """In its window a warning is there, muted, and nobody is told."""
    url = f"http://127.0.0.1:{post.stack.ports.alertmanager}/api/v2/alerts/groups"
    groups = httpx.get(url, timeout=10).json()
    (asleep,) = [one for group in groups for one in group["alerts"] if one["labels"]["alertname"] == "PipecatAsleep"]

    assert ["always"] == asleep["status"]["mutedBy"]
    assert ["[CRITICAL] PipecatAwake: &lt;!channel&gt; &amp; bot"] == [
        one.body["attachments"][0]["title"] for one in post.told.slack
    ]


HOSTILE = (
    "x|> <!here> <@U1> <http://evil.example|click> https://evil.example/a?b&c @channel </b><script>alert(1)</script>"
)
"""As a service's name, an environment and every annotation: marks of Slack and HTML, an address, and a second line."""


def test_hostile(post: Post) -> None:
    """No name and no annotation mentions a channel, makes a link or writes HTML, in any kind of message."""
    said = dict.fromkeys(annotations.TEXTS, f"{HOSTILE}\nTo: a@b") | dict.fromkeys(
        annotations.LINKS, f"http://a/{HOSTILE}"
    )
    names = {"service_name": f"{HOSTILE}\nBcc: a@b", "deployment_environment": HOSTILE}
    post.stack.fire(said, **names, alertname="PipecatHostile", severity="critical")
    poll("the hostile mail", lambda: len(post.mails) > 1)
    of_slack = poll("the hostile message", lambda: [one.body for one in post.told.slack if "Hostile" in str(one.body)])
    poll("the others", lambda: all("Hostile" in str(one[-1].body) for one in (post.told.pagerduty, post.told.opsgenie)))

    (attachment,) = of_slack[0]["attachments"]
    shown = attachment["title"] + attachment["fallback"] + attachment["text"]
    ours = re.findall("<(http://a/[^<>|]*)[|]([^<>|]*)>", shown)
    assert [*annotations.LINKS.values()] == [text for _, text in ours]
    others = re.sub("<http://a/[^<>]*>", "", shown)
    assert ([], False) == (re.findall("<[^<>]*>|https?://", others), "link_names" in of_slack[0])
    mail = post.mails[-1]
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content()
    assert ("voice@example.com", None) == (mail["To"], mail["Bcc"])
    assert HOSTILE in post.told.pagerduty[-1].body["payload"]["summary"]
    assert [] == post.told.refused
