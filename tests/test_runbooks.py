"""Every alert has a runbook of its own, and nothing in it is left blank or invented."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pipecat_lgtm.config import Config, load
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.renderers import runbooks
from pipecat_lgtm.rules.alerts import alerts
from pipecat_lgtm.sandbox.scenarios import SCENARIOS


def _with_every_alert() -> Config:
    """Return a config that has every alert: some are of a store that is written to, one of synthetic calls."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "stack.yaml"
        file.write_text(
            "stores: {prometheus: {url: 'https://store.example', write_url: 'https://store.example/write'}}\n"
            "quality: {heartbeat: {targets: [{name: b, kind: eval, url: 'ws://b/ws', scenario: /s.yaml}]}}\n"
        )
        return load(file).config


CONFIG = _with_every_alert()
FILES = runbooks.files(CONFIG)
NAMES = tuple(dict.fromkeys(one.name for one in alerts(CONFIG)))
TEMPLATES = Path(runbooks.__file__).parent / "templates" / "runbooks"
HEADINGS = ["For the caller", "First three checks", "Common causes", "Silence or tune", "The rule"]


def test_one_for_each_alert() -> None:
    """There is a runbook for each alert, a template for each runbook, and none besides."""
    assert {f"docs/runbooks/{name}.md" for name in NAMES} | {"docs/alerts.md"} == set(FILES)
    assert {*NAMES, "frame"} == {path.name.removesuffix(".md.j2") for path in TEMPLATES.iterdir()}


@pytest.mark.parametrize("name", NAMES)
def test_says_everything(name: str) -> None:
    """It has every section with text in it, exactly three checks, each rule's query, and the three layers for calls."""
    text = FILES[f"docs/runbooks/{name}.md"]
    parts = {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in text.split("\n## ")[1:]}
    rules = [one for one in alerts(CONFIG) if one.name == name and not dict(one.labels).get("escalated")]

    assert [] == [heading for heading in HEADINGS if len(parts.get(heading, "")) < 40]
    assert ["1.", "2.", "3."] == re.findall(r"^\d\.", parts["First three checks"], re.MULTILINE)
    assert [] == [one.query.expr for one in rules if one.query.expr not in text]
    assert bool(rules[0].signal.breaches) == ("Three layers, in this order" in parts)
    if rules[0].signal.breaches:
        layers = re.findall(r"\*\*(\w+)\.\*\*", parts["Three layers, in this order"])
        assert ["Network", "Media", "Pipeline"] == layers
        assert rules[0].search.expr.replace("$service", '"my-bot"') in parts["Reproduce from the trace"]


def test_length_of_a_silence(tmp_path: Path) -> None:
    """Runbook and list of alerts say the length that the rule counts by, not a target below it."""
    (tmp_path / "stack.yaml").write_text("thresholds: {silence: {target: 2 s, warning: 6 s}}")
    said = runbooks.files(load(tmp_path / "stack.yaml").config)

    assert "nobody speaks for longer than 6 s." in said["docs/runbooks/PipecatSilenceLong.md"]
    assert "`thresholds.silence` (6 s)" in said["docs/alerts.md"]


def test_own_words() -> None:
    """No two runbooks say the same about the caller: a name that is swapped makes no runbook."""
    said = [
        re.sub(r"Pipecat\w+", "", text.split("## For the caller\n")[1].split("\n## ")[0])
        for path, text in FILES.items()
        if path != "docs/alerts.md"
    ]

    assert len(said) == len(set(said))


def test_dashboards_exist() -> None:
    """Each alert leads to a dashboard that is rendered."""
    assert set() == {one.dashboard for one in alerts(CONFIG)} - set(DASHBOARDS)


def test_scenarios_exist() -> None:
    """A replay that a runbook offers is one the sandbox can place."""
    known = {one.name for one in SCENARIOS.values()} if isinstance(SCENARIOS, dict) else {one.name for one in SCENARIOS}

    assert set() == set(runbooks.SCENARIOS.values()) - known
    assert set() == set(runbooks.SCENARIOS) - set(NAMES)
