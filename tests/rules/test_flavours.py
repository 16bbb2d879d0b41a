"""The same rules on native histograms, in an old Prometheus, and in the formats of other rulers."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from held import SHORTENED, rule_test, rules_of, run

import debian
import yamls
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.renderers import COMPOSE, render

pytestmark = pytest.mark.rules

ON_HISTOGRAMS = [
    ("PipecatTtfwHigh", "critical"),
    ("PipecatE2eHighLowTraffic", "warning"),
    ("PipecatTokensPerTurnHigh", "warning"),
    ("PipecatAudioSilent", "warning"),
    ("PipecatSilenceLong", "warning"),
    ("PipecatWerDrift", "critical"),
    ("PipecatSpansWithoutMetrics", "warning"),
]
"""One alert for each way in which rules read a histogram."""


def _load(folder: Path, text: str) -> Config:
    file = folder / "stack.yaml"
    file.write_text(text)
    return load(file).config


@pytest.mark.parametrize(("name", "severity"), ON_HISTOGRAMS)
def test_native(promtool: Path, tmp_path: Path, name: str, severity: str) -> None:
    """On native histograms with the same bounds an alert does and says exactly what it does on classic ones."""
    config = _load(tmp_path, f"{SHORTENED}  flavour: native\n")
    rules = rules_of(config, name)

    assert not [one for one in rules["groups"][0]["rules"] if "_bucket" in one["expr"]]
    run(promtool, tmp_path, rules, rule_test(config, name, severity))


def test_native_is_asked_of_prometheus(tmp_path: Path) -> None:
    """With native rules Prometheus keeps the bots' histograms as native ones; without them it does not."""
    for flavour, expected in (("native", True), ("classic", None)):
        files = render(_load(tmp_path, f"alerts: {{flavour: {flavour}}}"), COMPOSE)
        server = yamls.load(files["prometheus/prometheus.yml"])

        assert expected == server["scrape_configs"][0].get("convert_classic_histograms_to_nhcb")


@pytest.fixture(scope="session")
def debian_promtool() -> Path:
    """Return the promtool of Debian's Prometheus package, unpacked and not installed."""
    return debian.program("promtool")


def test_old_prometheus_loads_the_rules(debian_promtool: Path, tmp_path: Path) -> None:
    """Debian's Prometheus (2.42 in Debian 12) loads every classic rule file, and lints them without a finding."""
    files = render(_load(tmp_path, ""), COMPOSE)
    paths = []
    for path, text in files.items():
        if path.startswith("prometheus/rules/"):
            paths.append(tmp_path / Path(path).name)
            paths[-1].write_text(text)
    done = subprocess.run(
        [debian_promtool, "check", "rules", "--lint=all", "--lint-fatal", *paths],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert len(paths) == done.stdout.count("SUCCESS")


@pytest.mark.parametrize(("name", "severity"), [("PipecatTtfwHigh", "critical"), ("PipecatErrorRateHigh", "warning")])
def test_old_prometheus_fires(debian_promtool: Path, config: Config, tmp_path: Path, name: str, severity: str) -> None:
    """There an alert fires at the same bound, with the same annotations: none of them needs a newer function."""
    run(debian_promtool, tmp_path, rules_of(config, name), rule_test(config, name, severity))


@pytest.mark.parametrize("flavour", ["classic", "native"])
def test_lint(engine_bin: Callable[[str], Path], tmp_path: Path, flavour: str) -> None:
    """Both flavours pass promtool's lint without a finding."""
    files = render(_load(tmp_path, f"alerts: {{flavour: {flavour}}}"), COMPOSE)
    paths = []
    for path, text in files.items():
        if path.startswith("prometheus/rules/"):
            paths.append(tmp_path / Path(path).name)
            paths[-1].write_text(text)
    done = subprocess.run(
        [engine_bin("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *paths],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert 0 == done.returncode, done.stdout + done.stderr


def test_operator(tmp_path: Path) -> None:
    """As PrometheusRule objects the groups are the very groups of the rule files, each file one object."""
    plain = render(_load(tmp_path, ""), COMPOSE)
    files = render(_load(tmp_path, "alerts: {format: operator, namespace: voice}"), COMPOSE)
    for name in ("recordings", "alerts"):
        made = yamls.load(files[f"prometheus/operator/{name}.yaml"])

        assert ("monitoring.coreos.com/v1", "PrometheusRule") == (made["apiVersion"], made["kind"])
        assert f"voice-{name}" == made["metadata"]["name"]
        assert yamls.load(plain[f"prometheus/rules/{name}.yml"])["groups"] == made["spec"]["groups"]


def test_mimir(promtool: Path, tmp_path: Path) -> None:
    """As Mimir namespaces no rule is lost, no group has more than Mimir's 20 rules, and promtool takes the groups."""
    plain = render(_load(tmp_path, ""), COMPOSE)
    files = render(_load(tmp_path, "alerts: {format: mimir, namespace: voice}"), COMPOSE)
    for name in ("recordings", "alerts"):
        made = yamls.load(files[f"prometheus/mimir/{name}.yaml"])
        groups = made.pop("groups")
        before = yamls.load(plain[f"prometheus/rules/{name}.yml"])["groups"]
        file = tmp_path / f"{name}.yml"
        file.write_text(yamls.dump({"groups": groups}))

        assert {"namespace": f"voice-{name}"} == made
        assert [rule for one in before for rule in one["rules"]] == [rule for one in groups for rule in one["rules"]]
        assert 20 >= max(len(one["rules"]) for one in groups)
        assert len({one["name"] for one in groups}) == len(groups)
        subprocess.run([promtool, "check", "rules", file], check=True, capture_output=True, timeout=60)
