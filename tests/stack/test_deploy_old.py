"""`deploy rules` into the Prometheus of Debian 12, which is 2.42: all rules go in, are healthy, and go out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Process, free_ports, poll, running

import debian
import yamls
from pipecat_lgtm.config import load_default
from pipecat_lgtm.ops.deploy import rules
from pipecat_lgtm.ops.deploy.owned import Folder
from pipecat_lgtm.ops.deploy.prometheus import Prometheus

pytestmark = pytest.mark.stack

FOREIGN = "groups: [{name: theirs, interval: 1s, rules: [{record: theirs, expr: vector(1)}]}]\n"
SOON = 30.0


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Prometheus]:
    """Debian's server, with a rule of somebody else."""
    program, (port,) = debian.program("prometheus"), free_ports(1)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "theirs.yml").write_text(FOREIGN)
    (tmp_path / "prometheus.yml").write_text(f"rule_files: ['{tmp_path}/rules/*.yml']\n")
    argv = [
        str(program), f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--web.enable-lifecycle",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with running(Process("prometheus", argv, tmp_path / "prometheus.log"), f"{url}/-/ready"):
        yield Prometheus(url)


def test_apply_verify_remove(old: Prometheus, tmp_path: Path) -> None:
    """Every rule is loaded and evaluated without error, by the server's own word; removed, theirs are left."""
    folder = Folder(tmp_path / "rules")
    # Every second, so that the first evaluation is not waited for; the expressions are the shipped ones.
    slow, fast = ("interval: 15s", "interval: 1m"), "interval: 1s"
    files = {
        name: text.replace(slow[0], fast).replace(slow[1], fast) for name, text in rules.wanted(load_default()).items()
    }
    done = rules.apply(folder, files, old, debian.program("promtool"), SOON)
    groups = old.get("rules", dict)["groups"]
    loaded = [rule for group in groups if group["name"] != "theirs" for rule in group["rules"]]

    assert old.get("status/buildinfo", dict)["version"].startswith("2.")
    assert files == folder.ours()
    assert sum(len(group["rules"]) for text in files.values() for group in yamls.load(text)["groups"]) == len(loaded)
    assert done.rules == len(loaded) > 100
    assert {"ok"} == {rule["health"] for rule in loaded}
    poll("the Watchdog", lambda: [one for one in old.get("alerts", dict)["alerts"] if one["state"] == "firing"])

    rules.apply(folder, {}, old, None, SOON)
    assert ["theirs"] == [group["name"] for group in old.get("rules", dict)["groups"]]
    assert {"theirs.yml": FOREIGN} == {file.name: file.read_text() for file in folder.path.iterdir()}
