"""Who is told: our own answer, Alertmanager's, and what a reader of the table expects."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipecat_lgtm.config import load
from pipecat_lgtm.ops import routes
from pipecat_lgtm.renderers import native, render

pytestmark = pytest.mark.rules

STACK = Path(__file__).parents[1] / "fixtures" / "routing" / "stack.yaml"

# What an alert is labelled, and the routes it takes in the stack of fixtures/routing.
TABLE = """
severity=critical                                                                 -> critical
severity=warning                                                                  -> warning
severity=info                                                                     -> nobodys-info
severity=info team=voice                                                          -> info
severity=page                                                                     -> warning
severity=Critical                                                                 -> warning
severity=                                                                         -> warning
alertname=Foreign                                                                 -> warning
alertname=PipecatWatchdog                                                         -> heartbeat
alertname=PipecatWatchdog severity=info                                           -> heartbeat
alertname=PipecatWatchdog severity=critical service_name=billing-eu               -> heartbeat
alertname=PipecatWatchdogs severity=info team=voice                               -> info
severity=critical service_name=bot                                                -> critical
severity=warning service_name=bot                                                 -> warning
severity=info service_name=bot team=a                                             -> info
severity=critical service_name=bot deployment_environment=production              -> audit-critical,critical
severity=warning service_name=bot deployment_environment=production               -> warning
severity=info service_name=bot deployment_environment=production team=a           -> info
severity=critical service_name=bot deployment_environment=production-eu           -> critical
severity=critical service_name=bot deployment_environment=preproduction           -> critical
severity=critical service_name=billing-eu                                         -> billing-critical
severity=warning service_name=billing-eu                                          -> billing-warning
severity=info service_name=billing-eu team=a                                      -> info
severity=critical service_name=billing-                                           -> billing-critical
severity=critical service_name=billing                                            -> critical
severity=critical service_name=my-billing-eu                                      -> critical
severity=warning service_name=billing-eu deployment_environment=production        -> billing-warning
severity=critical service_name=billing-eu deployment_environment=production       -> audit-critical,billing-critical
severity=critical service_name=billing-eu deployment_environment=staging          -> billing-critical
severity=warning service_name=billing-eu deployment_environment=staging           -> billing-warning
severity=critical service_name=bot deployment_environment=staging                 -> staging-critical
severity=warning service_name=bot deployment_environment=staging                  -> staging-warning
severity=info service_name=bot deployment_environment=staging team=a              -> info
severity=critical deployment_environment=test1                                    -> staging-critical
severity=critical deployment_environment=test12                                   -> staging-critical
severity=critical deployment_environment=test                                     -> critical
severity=critical deployment_environment=test1x                                   -> critical
severity=warning deployment_environment=STAGING                                   -> warning
severity=critical stage=llm provider=openai model=gpt-4.1                         -> critical
severity=warning stage=stt provider=deepgram model=nova-3 service_name=bot        -> warning
severity=warning stage=tts service_name=billing-tts                               -> billing-warning
severity=critical alertname=PipecatStoreDown job=tempo                            -> critical
severity=info alertname=PipecatJitterHigh service_name=bot team=                  -> nobodys-info
severity=info alertname=PipecatJitterHigh service_name=bot                        -> nobodys-info
severity=page service_name=billing-eu                                             -> warning
service_name=billing-eu                                                           -> warning
"""
ROWS = [tuple(part.strip() for part in line.split("->")) for line in TABLE.strip().splitlines()]

Amtool = Callable[..., str]


@pytest.fixture(scope="module")
def amtool(engine_bin: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Amtool:
    """Run amtool on the rendered files of the fixture's stack; return what it prints."""
    folder = tmp_path_factory.mktemp("routes")
    config = load(STACK).config
    for path, text in render(config, native(config, folder)).items():
        if path.startswith("alertmanager/"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)

    def run(*arguments: str) -> str:
        argv = [
            str(engine_bin("amtool")),
            *(one.format(file=folder / "alertmanager/alertmanager.yml") for one in arguments),
        ]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    return run


def _ours(pairs: list[str]) -> str:
    return ",".join(answer.receiver for answer in routes.routes(load(STACK).config, routes.parse(pairs)))


def test_enough_rows() -> None:
    """The table has at least forty different label sets."""
    assert len({labels for labels, _ in ROWS}) == len(ROWS) >= 40


@pytest.mark.parametrize(("labels", "receivers"), ROWS, ids=[row[0] for row in ROWS])
def test_routes(labels: str, receivers: str, amtool: Amtool) -> None:
    """An alert takes the routes of the table, says amtool, and so do we."""
    pairs = labels.split()
    quoted = [f'{name}="{value}"' for name, value in routes.parse(pairs).items()]

    assert receivers == amtool("config", "routes", "test", "--config.file={file}", *quoted)
    assert receivers == _ours(pairs)


def test_quotes_and_backslashes(amtool: Amtool) -> None:
    """A pattern with quotes and backslashes reaches Alertmanager as it was written."""
    quoted = 'service_name="say \\"hi\\"\\\\there"'

    assert "quiet-warning" == amtool("config", "routes", "test", "--config.file={file}", "severity=warning", quoted)
    assert "quiet-warning" == _ours(["severity=warning", 'service_name=say "hi"\\there'])


def test_check_config(amtool: Amtool) -> None:
    """Alertmanager takes every kind of receiver, the windows, and the message templates."""
    said = amtool("check-config", "{file}")

    assert {" - 1 templates", " - 11 receivers"} <= set(said.splitlines())
