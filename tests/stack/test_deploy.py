"""`deploy rules` into a real Prometheus that has rules of somebody else in the same folder."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from harness import Process, free_ports, poll, running

from pipecat_lgtm import cli
from pipecat_lgtm.errors import CheckFailed, OutputError
from pipecat_lgtm.ops.deploy import rules, target
from pipecat_lgtm.ops.deploy.owned import MARKER, Folder, deployed
from pipecat_lgtm.ops.deploy.prometheus import Prometheus

pytestmark = pytest.mark.stack

FOREIGN = {
    "theirs.yml": "groups: [{name: theirs, interval: 1s, rules: [{record: theirs, expr: vector(1)}]}]\n",
    "pipecat-theirs.yml": "# Like ours.\ngroups: [{name: t, interval: 1s, rules: [{record: t, expr: vector(2)}]}]\n",
    "notes.txt": "Not a rule file.\r\n",
}
GOOD = "groups: [{{name: ours, interval: 1s, rules: [{{record: ours, expr: vector({})}}]}}]\n"
UNPARSABLE = "groups: [{name: ours, rules: [{record: ours, expr: 'vector(1'}]}]\n"
TWICE = "groups: [{name: ours, rules: [{record: a, expr: '1'}]}, {name: ours, rules: [{record: b, expr: '1'}]}]\n"
FAILING = (
    'groups: [{name: ours, interval: 1s, rules: [{record: ours, expr: \'label_replace(theirs, "a", "1", "", "") '
    '* on () (label_replace(theirs, "b", "1", "", "") or label_replace(theirs, "b", "2", "", ""))\'}]}]\n'
)
SOON = 20.0


class Target:
    """A Prometheus, its rules folder, and what is asked of them."""

    def __init__(self, folder: Path, port: int, process: Process) -> None:
        self.folder, self.process = folder / "rules", process
        self.url = f"http://127.0.0.1:{port}"
        self.config = folder / "prometheus.yml"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process.popen is not None
        return self.process.popen.pid

    def foreign(self) -> dict[str, str]:
        """What is in the folder that is not ours."""
        read = {file.name: file.read_bytes().decode() for file in self.folder.iterdir()}
        return {name: text for name, text in read.items() if not text.startswith(MARKER)}

    def ours(self) -> dict[str, str]:
        """What is in the folder that is ours."""
        return Folder(self.folder).ours()

    def value(self, expr: str) -> str | None:
        """The value of a series, or None."""
        result = httpx.get(f"{self.url}/api/v1/query", params={"query": expr}).json()["data"]["result"]
        return result[0]["value"][1] if result else None

    def apply(self, text: str | None, promtool: Path | None = None, pid: int | None = None) -> rules.Deployed:
        """Deploy one file, or none."""
        files = {} if text is None else deployed({"own.yml": text})
        return rules.apply(Folder(self.folder), files, Prometheus(self.url, pid=pid), promtool, SOON)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, engine_bin: Callable[[str], Path]) -> Iterator[Target]:
    """A Prometheus of somebody else."""
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "rules").mkdir()
    (folder / "prometheus.yml").write_text(f"rule_files: ['{folder}/rules/*.yml']\n")
    (port,) = free_ports(1)
    argv = [
        str(engine_bin("prometheus")), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--web.enable-lifecycle",
    ]  # fmt: skip
    process = Process("prometheus", argv, folder / "prometheus.log")
    with running(process, f"http://127.0.0.1:{port}/-/ready"):
        yield Target(folder, port, process)


@pytest.fixture
def theirs(server: Target) -> Iterator[Target]:
    """The server with foreign files only; they are byte-equal afterwards, whatever a test did."""
    for file in server.folder.iterdir():
        file.unlink()
    for name, text in FOREIGN.items():
        (server.folder / name).write_bytes(text.encode())
    httpx.post(f"{server.url}/-/reload").raise_for_status()
    poll("their rules", lambda: server.value("theirs") == "1")
    yield server
    assert FOREIGN == server.foreign()


def test_apply_change_remove(theirs: Target) -> None:
    """Rules are added, changed and removed, each verified as loaded before the call returns."""
    assert ("pipecat-own.yml",) == theirs.apply(GOOD.format(7)).changes.added
    assert "7" == theirs.value("ours")
    assert ("pipecat-own.yml",) == theirs.apply(GOOD.format(8)).changes.changed
    poll("the new value", lambda: theirs.value("ours") == "8")
    assert not theirs.apply(GOOD.format(8)).changes
    assert ("pipecat-own.yml",) == theirs.apply(None).changes.removed
    assert {} == theirs.ours()
    poll("their end", lambda: theirs.value("ours") is None)
    assert "1" == theirs.value("theirs")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        pytest.param(TWICE, "failed to reload config", id="refused by Prometheus"),
        pytest.param(FAILING, "found duplicate series", id="fails when evaluated"),
    ],
)
def test_rolled_back(theirs: Target, broken: str, reason: str) -> None:
    """A broken rule is rolled back by itself with the reason shown; what was there before is loaded again."""
    theirs.apply(GOOD.format(7))
    before = theirs.ours()
    with pytest.raises(CheckFailed) as caught:
        theirs.apply(broken)

    assert reason in caught.value.message
    assert caught.value.message.endswith("rolled back: our files are as before, and loaded")
    assert before == theirs.ours()
    poll("the old rule", lambda: theirs.value("ours") == "7")
    assert {"ours", "t", "theirs"} == {group.name for group in Prometheus(theirs.url).groups()}


def test_checked_first(theirs: Target, engine_bin: Callable[[str], Path]) -> None:
    """What promtool or the server's own parser refuses never touches the folder."""
    with pytest.raises(CheckFailed, match="nothing was touched"):
        theirs.apply(UNPARSABLE, engine_bin("promtool"))

    with pytest.raises(CheckFailed, match=r"unclosed left parenthesis.*nothing was touched"):
        theirs.apply(UNPARSABLE)
    assert {} == theirs.ours()
    assert theirs.apply(GOOD.format(1), engine_bin("promtool")).checked


def test_out_of_reach(theirs: Target, tmp_path: Path) -> None:
    """A folder that rule_files do not reach is found out by the API, named, and left as it was; nobody waits for it."""
    files = deployed({"own.yml": GOOD.format(1)})
    with pytest.raises(CheckFailed) as caught:
        rules.apply(Folder(tmp_path), files, Prometheus(theirs.url), None, 3600.0)

    assert "has not loaded pipecat-own.yml/ours" in caught.value.message
    assert f"does its rule_files ({theirs.folder}/*.yml) reach --rules-dir?" in caught.value.hint
    assert [] == list(tmp_path.iterdir())


def test_in_force_elsewhere(theirs: Target, tmp_path: Path) -> None:
    """Files of our names that are loaded from another folder are not taken for those just written."""
    theirs.apply(GOOD.format(7))
    with pytest.raises(CheckFailed) as caught:
        rules.apply(Folder(tmp_path), deployed({"own.yml": GOOD.format(8)}), Prometheus(theirs.url), None, 3600.0)

    assert f"it has another rule in pipecat-own.yml/ours ours ({theirs.folder})" in caught.value.message
    assert [] == list(tmp_path.iterdir())


def test_renamed(theirs: Target) -> None:
    """A file of ours that somebody has renamed is ours all the same: it is replaced, and it is removed."""
    theirs.apply(GOOD.format(7))
    (theirs.folder / "pipecat-own.yml").rename(theirs.folder / "mine.yml")
    changes = theirs.apply(GOOD.format(8)).changes

    assert (("pipecat-own.yml",), ("mine.yml",)) == (changes.added, changes.removed)
    (theirs.folder / "pipecat-own.yml").rename(theirs.folder / "mine.yml")
    assert ("mine.yml",) == theirs.apply(None).changes.removed
    assert {"t", "theirs"} == {group.name for group in Prometheus(theirs.url).groups()}


def test_two_write_one_series(theirs: Target) -> None:
    """A group of somebody else that records under a name of ours is told, and left alone."""
    done = theirs.apply(GOOD.format(7).replace("record: ours", "record: theirs"))

    assert [f"{theirs.folder}/theirs.yml: theirs: theirs"] == done.foreign
    assert [] == theirs.apply(GOOD.format(7)).foreign


def test_sighup(theirs: Target) -> None:
    """Reload by signal works too, and its refusal is noticed and rolled back."""
    theirs.apply(GOOD.format(7), pid=theirs.pid)
    with pytest.raises(CheckFailed, match="refused its configuration after SIGHUP"):
        theirs.apply(TWICE, pid=theirs.pid)

    assert deployed({"own.yml": GOOD.format(7)}) == theirs.ours()
    assert Prometheus(theirs.url).runtime().reloadConfigSuccess


def test_already_failing(theirs: Target) -> None:
    """A Prometheus whose own configuration is broken already is not touched."""
    sound = theirs.config.read_text()
    theirs.config.write_text("rule_files: 1\n")
    httpx.post(f"{theirs.url}/-/reload")
    with pytest.raises(CheckFailed, match="its last reload failed already"):
        theirs.apply(GOOD.format(1))

    theirs.config.write_text(sound)
    httpx.post(f"{theirs.url}/-/reload").raise_for_status()
    assert {} == theirs.ours()


def test_not_ours(theirs: Target) -> None:
    """A file of somebody else that has a name we need is refused, not overwritten."""
    with pytest.raises(OutputError, match="does not begin with"):
        rules.apply(Folder(theirs.folder), deployed({"theirs.yml": GOOD.format(1)}), Prometheus(theirs.url), None, SOON)

    assert {} == theirs.ours()


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["pipecat-lgtm", "deploy", "rules", *arguments])
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_command_line(
    theirs: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole rule set goes in and out by the command line; `--dry-run` tells by exit code 3 that it would."""
    stack = tmp_path / "stack.yaml"
    stack.write_text("thresholds: {ttfw: {p95: {critical: 1500 ms}}}\n")
    there = ("--rules-dir", str(theirs.folder), "--url", theirs.url)

    assert 3 == _run(monkeypatch, *there, "--dry-run")
    assert 1 == _run(monkeypatch, *there, "--dry-run", "--pid", str(2**22))
    assert capsys.readouterr().err.startswith(f"error --pid {2**22}: No such process\n")
    assert {} == theirs.ours()
    assert 0 == _run(monkeypatch, *there)
    assert 0 == _run(monkeypatch, *there, "--dry-run")
    capsys.readouterr()
    assert 3 == _run(monkeypatch, *there, "--dry-run", "--config", str(stack))
    difference = capsys.readouterr().out
    assert "~ pipecat-latency pipecat:turn_ttfw_seconds:beyond_critical_5m" in difference
    assert 'le="1.5"' in difference
    assert 0 == _run(monkeypatch, *there, "--remove")
    assert {} == theirs.ours()
    assert 2 == _run(monkeypatch, "--dry-run")
    assert 2 == _run(monkeypatch, "--url", theirs.url)
    said = re.sub(r"[│\s]", "", capsys.readouterr().err)  # in a frame, which breaks lines anywhere
    assert f"{theirs.url}reads{theirs.folder}/*.yml" in said
    assert 1 == _run(monkeypatch, "--rules-dir", str(tmp_path), "--url", "http://127.0.0.1:9")


def test_check_target(theirs: Target) -> None:
    """The target's metrics and labels are told from those it lacks, and so are the alerts that stay silent."""
    extra = theirs.folder / "extra.yml"
    extra.write_text(
        "groups: [{name: e, interval: 1s, rules: [{record: pipecat_turns_total, expr: vector(1), "
        "labels: {service_name: a, deployment_environment: b}}]}]\n"
    )
    httpx.post(f"{theirs.url}/-/reload").raise_for_status()
    poll("their turns", lambda: theirs.value("pipecat_turns_total") == "1")
    found = {one.metric.prometheus: one for one in target.metrics(Prometheus(theirs.url))}
    alerts = (
        "groups: [{name: g, rules: ["
        "{record: 'r:turns', expr: 'sum by (service_name) (rate(pipecat_turns_total[5m]))'},"
        "{record: 'r:errors', expr: 'rate(pipecat_stage_errors_total{stage=\"llm\"}[5m] offset 1m)'},"
        "{alert: Fires, expr: 'r:turns > 1', labels: {severity: warning}},"
        "{alert: Half, expr: 'r:errors / on (service_name) r:turns > 1', labels: {severity: critical}},"
        "{alert: Silent, expr: 'r:errors > 1', labels: {severity: info}},"
        "{alert: Slow, expr: 'pipecat_turn_ttfw_seconds_sum / pipecat_turn_ttfw_seconds_count > 1'},"
        "{alert: Slow, expr: 'pipecat_turn_ttfw_seconds_sum / pipecat_turn_ttfw_seconds_count > 2'}]}]"
    )
    extra.unlink()

    assert ("interrupted",) == found["pipecat_turns_total"].missing
    assert ["pipecat_turns_total"] == [name for name, one in found.items() if one.present]
    assert [
        target.Silent("Silent info", ("pipecat_stage_errors_total",), wholly=True),
        target.Silent("Slow", ("pipecat_turn_ttfw_seconds",), wholly=True),
        target.Silent("Half critical", ("pipecat_stage_errors_total",), wholly=False),
    ] == target.silent(Prometheus(theirs.url), {"a.yml": alerts})
