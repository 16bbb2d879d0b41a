"""Every alert, held by promtool against services that are well, too quiet, bad, and well again."""

from pathlib import Path

import pytest
from case import STATES
from cases import CASES
from held import rule_test, rules_of, run, shown

from pipecat_lgtm.config import Config, load_default
from pipecat_lgtm.renderers import runbooks
from pipecat_lgtm.rules.alerts import alerts

pytestmark = pytest.mark.rules

CHECKED = [
    pytest.param(name, severity, id=f"{name}-{severity}") for name, case in CASES.items() for severity in case.told
]


@pytest.mark.parametrize(("name", "severity"), CHECKED)
def test_alert(config: Config, remote_config: Config, promtool: Path, tmp_path: Path, name: str, severity: str) -> None:
    """It is silent without data, at its bound and under the floor; then it waits, fires, says all, and ends."""
    config = remote_config if CASES[name].remote else config
    run(promtool, tmp_path, rules_of(config, name), rule_test(config, name, severity))


def test_every_alert_has_a_case(config: Config, remote_config: Config) -> None:
    """No alert goes untested, those for a store elsewhere neither: each has its case, and each name its runbook."""
    for given, remote in ((config, False), (remote_config, True)):
        made = {(one.name, one.severity) for one in alerts(given) if not dict(one.labels).get("escalated")}
        cases = {name: case for name, case in CASES.items() if remote or not case.remote}

        assert {(name, severity) for name, case in cases.items() for severity in case.told} == made
        assert set() == {f"docs/runbooks/{name}.md" for name in cases} - set(runbooks.files(given))


@pytest.mark.parametrize(("name", "severity"), CHECKED)
def test_every_state_is_shown(config: Config, name: str, severity: str) -> None:
    """The test of an alert shows it in every state, but those it says, with the reason, that it never is in."""
    never = CASES[name].never

    assert set(STATES) == shown(config, name, severity) | set(never)
    assert set() == shown(config, name, severity) & set(never)
    assert [] == [state for state, why in never.items() if len(why.split()) < MIN_WORDS]


MIN_WORDS = 4
"""Of a reason."""


def test_floors_and_holds() -> None:
    """Nothing with a floor or a hold is let off showing it; only the Watchdog is let off more than a floor."""
    for one in alerts(load_default()):
        never = set(CASES[one.name].never)

        assert not (one.min_samples and "under the floor" in never), one.name
        assert not (one.hold and "pending" in never) or one.name == "PipecatWatchdog", one.name
        assert never <= {"under the floor"} or one.name == "PipecatWatchdog"
