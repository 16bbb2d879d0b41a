import os
import stat
from pathlib import Path

import pytest

from pipecat_lgtm import output
from pipecat_lgtm.errors import OutputError
from pipecat_lgtm.output import Changes
from pipecat_lgtm.renderers.text import to_yaml

FILES = {
    "collector/config.yaml": to_yaml({"a": 1}),
    "grafana/dashboards/one.json": '{"tags": ["generated"]}\n',
    "docs/telemetry.md": "# Telemetry\n",
}


def _tree(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_writes_all(tmp_path: Path) -> None:
    """An empty folder gets exactly the rendered files, and nothing is left over from writing them."""
    changes = output.write(tmp_path, FILES)

    assert Changes(tuple(sorted(FILES)), (), ()) == changes
    assert FILES == _tree(tmp_path)
    assert {0o644} == {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()}


def test_readable_whatever_the_umask(tmp_path: Path) -> None:
    """Containers have a user of their own: under umask 077 too it can look into every folder and read every file."""
    before = os.umask(0o077)
    try:
        output.write(tmp_path / "out", FILES)
        (tmp_path / "out" / "collector").chmod(0o700)
        output.write(tmp_path / "out", FILES)
    finally:
        os.umask(before)

    found = {path.relative_to(tmp_path / "out").as_posix(): path for path in (tmp_path / "out").rglob("*")}
    assert {"collector", "grafana", "grafana/dashboards", "docs"} < set(found)
    assert [] == [name for name, path in found.items() if not path.stat().st_mode & stat.S_IROTH]
    assert [] == [name for name, path in found.items() if path.is_dir() and not path.stat().st_mode & stat.S_IXOTH]


def test_second_write_changes_nothing(tmp_path: Path) -> None:
    """Writing the same files again touches none of them."""
    output.write(tmp_path, FILES)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    assert not output.write(tmp_path, FILES)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


def test_removes_orphans(tmp_path: Path) -> None:
    """A rendered file that is rendered no more is removed, with the folders that it leaves empty."""
    output.write(tmp_path, FILES)
    fewer = {path: text for path, text in FILES.items() if not path.startswith("grafana/")}

    assert Changes((), (), ("grafana/dashboards/one.json",)) == output.write(tmp_path, fewer)
    assert fewer == _tree(tmp_path)
    assert not (tmp_path / "grafana").exists()


def test_changed_file(tmp_path: Path) -> None:
    """An edited file is written anew."""
    output.write(tmp_path, FILES)
    (tmp_path / "collector/config.yaml").write_text(FILES["collector/config.yaml"] + "b: 2\n")

    assert Changes((), ("collector/config.yaml",), ()) == output.write(tmp_path, FILES)
    assert FILES == _tree(tmp_path)


def test_foreign_file(tmp_path: Path) -> None:
    """A hand-written file in an owned folder is refused by name, and then nothing at all is written."""
    (tmp_path / "collector").mkdir()
    (tmp_path / "collector/mine.yaml").write_text("mine: true\n")

    with pytest.raises(OutputError) as caught:
        output.write(tmp_path, FILES)

    assert (
        f"{tmp_path}/collector/mine.yaml: was not rendered, but is in a folder that belongs to the renderer"
        == caught.value.message
    )
    assert {"collector/mine.yaml": "mine: true\n"} == _tree(tmp_path)


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    """What lies beside the owned folders stays as it is."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/guide.md").write_text("mine")
    output.write(tmp_path, FILES)

    assert {**FILES, "notes.txt": "mine", "docs/guide.md": "mine"} == _tree(tmp_path)


def test_binary_file(tmp_path: Path) -> None:
    """A file that is no text where one is to be written is refused."""
    (tmp_path / "collector").mkdir()
    (tmp_path / "collector/config.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(OutputError) as caught:
        output.plan(tmp_path, FILES)

    assert f"{tmp_path}/collector/config.yaml: is not a rendered text file" == caught.value.message


def test_disk_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk refuses, the old file stays whole, and no temporary file is left."""
    output.write(tmp_path, FILES)
    newer = {**FILES, "collector/config.yaml": to_yaml({"a": 2})}

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "collector/config.yaml")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError) as caught:
        output.write(tmp_path, newer)

    assert "collector/config.yaml: No space left on device" == caught.value.message
    assert FILES == _tree(tmp_path)


def test_diff(tmp_path: Path) -> None:
    """The difference names what is on disk and what is rendered, per file; none is empty."""
    output.write(tmp_path, FILES)
    assert "" == output.diff(tmp_path, FILES)

    newer = {**FILES, "docs/telemetry.md": "# Other\n", "docs/new.md": "new\n"}
    expected = [
        "--- on disk/docs/new.md",
        "+++ rendered/docs/new.md",
        "@@ -0,0 +1 @@",
        "+new",
        "--- on disk/docs/telemetry.md",
        "+++ rendered/docs/telemetry.md",
        "@@ -1 +1 @@",
        "-# Telemetry",
        "+# Other",
    ]
    assert expected == output.diff(tmp_path, newer).splitlines()


def test_symbolic_link(tmp_path: Path) -> None:
    """A link in place of a rendered file is replaced; what it points at stays untouched."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/telemetry.md").symlink_to(elsewhere)
    output.write(tmp_path, FILES)

    assert "precious" == elsewhere.read_text()
    assert FILES["docs/telemetry.md"] == (tmp_path / "docs/telemetry.md").read_text()


@pytest.mark.parametrize("what", ["there", "nowhere"])
def test_what_a_command_makes_is_not_written_through_a_link(tmp_path: Path, what: str) -> None:
    """A link in place of a page or a picture is refused, also one that leads nowhere yet."""
    (tmp_path / "there").write_text("precious")
    (tmp_path / "page.html").symlink_to(tmp_path / what)

    with pytest.raises(OutputError, match="is a link to"):
        output.save(tmp_path / "page.html", b"page")
    assert {"there": "precious"} == {one.name: one.read_text() for one in tmp_path.iterdir() if not one.is_symlink()}


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_what_a_command_makes(tmp_path: Path, umask: int, mode: int) -> None:
    """It has the mode that the user's umask says, and replaces a file that is there; a device stays one."""
    before = os.umask(umask)
    try:
        for content in (b"1", b"2"):
            output.save(tmp_path / "new" / "page.html", content)
    finally:
        os.umask(before)
    output.save(Path("/dev/null"), b"3")

    page = tmp_path / "new" / "page.html"
    assert (b"2", mode, True) == (page.read_bytes(), page.stat().st_mode & 0o777, Path("/dev/null").is_char_device())


@pytest.mark.parametrize("folder", ["collector", "grafana/dashboards", "docs"])
def test_a_link_is_not_written_through(tmp_path: Path, folder: str) -> None:
    """A folder below the root that is a link is refused, and nothing is written on either side."""
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "root"
    elsewhere.mkdir()
    (root / folder).parent.mkdir(parents=True)
    (root / folder).symlink_to(elsewhere)

    with pytest.raises(OutputError, match="nothing is written through it"):
        output.write(root, FILES)
    assert {} == _tree(tmp_path)


def test_the_root_may_be_a_link(tmp_path: Path) -> None:
    """Whoever names a link as the place to render to means where it leads."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    output.write(tmp_path / "link", FILES)

    assert FILES == _tree(tmp_path / "real")
