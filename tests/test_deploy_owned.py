"""Our files among others in a folder; loading them is tested in stack/test_deploy.py."""

from pathlib import Path

import pytest

from pipecat_lgtm.errors import OutputError
from pipecat_lgtm.ops.deploy.owned import MARKER, Folder, deployed
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
