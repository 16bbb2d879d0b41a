"""Our files among others in a folder; loading them is tested in stack/test_deploy.py."""

from pathlib import Path

import pytest

from pipecat_lgtm.config import load
from pipecat_lgtm.errors import CheckFailed, OutputError
from pipecat_lgtm.ops.deploy import rules
from pipecat_lgtm.ops.deploy.owned import MARKER, Folder, deployed
from pipecat_lgtm.ops.deploy.prometheus import Prometheus
from pipecat_lgtm.output import Changes

RULES = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: x > {}\n    labels: {{severity: warning}}\n"


def test_names() -> None:
    """Deployed files have a name and a first line by which they are known as ours."""
    files = deployed({"prometheus/rules/recordings.yml": "a", "prometheus/rules/pipecat-x.yml": "b"})

    assert ["pipecat-recordings.yml", "pipecat-x.yml"] == list(files)
    assert all(text.startswith(MARKER) for text in files.values())


def test_only_ours(tmp_path: Path) -> None:
    """Becoming another set changes, adds and removes our files and no other, whatever its name."""
    others = {"a.yml": b"x", "pipecat-b.yml": b"\xff\xfe", "pipecat-c.yml": b"# mine\n"}
    for name, content in others.items():
        (tmp_path / name).write_bytes(content)
    folder = Folder(tmp_path)
    first, second = deployed({"one.yml": "1", "two.yml": "2"}), deployed({"two.yml": "3", "four.yml": "4"})
    folder.become(first)

    assert first == folder.ours()
    assert Changes(("pipecat-four.yml",), ("pipecat-two.yml",), ("pipecat-one.yml",)) == folder.plan(second)
    folder.become(second)
    assert second == folder.ours()
    folder.become({})
    assert others == {file.name: file.read_bytes() for file in tmp_path.iterdir()}


def test_known_by_the_first_line(tmp_path: Path) -> None:
    """A file of ours that somebody has renamed is still ours: it is removed, and does not stay loaded."""
    folder = Folder(tmp_path)
    folder.become(deployed({"one.yml": "1"}))
    (tmp_path / "pipecat-one.yml").rename(tmp_path / "renamed.yml")

    assert ["renamed.yml"] == list(folder.ours())
    assert Changes(("pipecat-one.yml",), (), ("renamed.yml",)) == folder.plan(deployed({"one.yml": "1"}))


@pytest.mark.parametrize("form", ["files", "operator", "mimir"])
def test_every_format_has_rules_to_deploy(form: str, tmp_path: Path) -> None:
    """What is deployed are Prometheus' own rule files, whatever is rendered for a Prometheus elsewhere."""
    elsewhere = "prometheus: {url: 'http://p.example.com', write_url: 'http://p.example.com/api/v1/write'}"
    (tmp_path / "stack.yaml").write_text(f"{{alerts: {{format: {form}}}, stores: {{{elsewhere}}}}}")

    assert ["pipecat-alerts.yml", "pipecat-prices.yml", "pipecat-recordings.yml"] == sorted(
        rules.wanted(load(tmp_path / "stack.yaml").config)
    )


class _Server:
    url = "http://p"

    def __init__(self, *patterns: str) -> None:
        self._patterns = patterns

    def rule_files(self) -> list[str]:
        return list(self._patterns)


def test_patterns_that_cannot_match() -> None:
    """A Prometheus whose `rule_files` can match none of our names is told at once, wherever its folder is."""
    reachable = rules._reachable  # noqa: SLF001
    reachable(_Server("/other/*.yaml", "/etc/rules/*.yml"), {"pipecat-alerts.yml": ""})  # type: ignore[arg-type]
    with pytest.raises(CheckFailed) as caught:
        reachable(_Server("/etc/rules/*.yaml"), {"pipecat-alerts.yml": ""})  # type: ignore[arg-type]

    assert (
        "http://p: no pattern of its rule_files (/etc/rules/*.yaml) matches pipecat-alerts.yml; nothing was touched"
    ) == caught.value.message


@pytest.mark.parametrize(
    ("flag", "pid", "possible"), [("false", None, False), ("true", None, True), ("false", 0, True)]
)
def test_no_reload(monkeypatch: pytest.MonkeyPatch, flag: str, pid: int | None, *, possible: bool) -> None:
    """A Prometheus that takes no reload over HTTP is told before anything is touched, unless its process is given."""
    server = Prometheus("http://p", pid=pid)
    monkeypatch.setattr(server, "get", lambda *_: {"web.enable-lifecycle": flag})
    if possible:
        server.require_reload()
        return
    with pytest.raises(CheckFailed) as caught:
        server.require_reload()

    assert (
        "http://p: takes no reload over HTTP",
        "start it with --web.enable-lifecycle, or give its process with --pid to reload it by SIGHUP",
    ) == (caught.value.message, caught.value.hint)


def test_foreign_name(tmp_path: Path) -> None:
    """A name of ours held by somebody else is an error before anything is written."""
    (tmp_path / "pipecat-two.yml").write_text("# theirs\n")
    with pytest.raises(OutputError, match="does not begin with"):
        Folder(tmp_path).become(deployed({"one.yml": "1", "two.yml": "2"}))

    assert ["pipecat-two.yml"] == [file.name for file in tmp_path.iterdir()]


def test_no_folder(tmp_path: Path) -> None:
    """A folder that is not there is named."""
    with pytest.raises(OutputError, match="is no folder"):
        Folder(tmp_path / "rules").ours()


def test_difference(tmp_path: Path) -> None:
    """The difference names each rule, then shows the changed lines; without a change it is empty."""
    folder = Folder(tmp_path)
    folder.become(deployed({"a.yml": RULES.format(1)}))

    assert not folder.difference(deployed({"a.yml": RULES.format(1)}))
    assert (
        "pipecat-a.yml: 1 changed\n"
        "  ~ g A warning\n"
        f"--- {tmp_path}/pipecat-a.yml (now)\n"
        f"+++ {tmp_path}/pipecat-a.yml (to be)\n"
        "@@ -5,3 +5,3 @@\n"
        "   - alert: A\n"
        "-    expr: x > 1\n"
        "+    expr: x > 2\n"
        "     labels: {severity: warning}\n"
        "\n"
    ) == folder.difference(deployed({"a.yml": RULES.format(2)}))
