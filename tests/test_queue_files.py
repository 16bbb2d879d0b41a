"""The rendered program that looks at the collector's queue files, and what it does where files are odd."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipecat_lgtm import queues
from rendered import files


def _rendered(folder: Path) -> Path:
    for path in ("queues/queues.py", "queues/settings.json"):
        text = files()[path].replace("/var/lib/collector/queue", str(folder / "queue"))
        (folder / Path(path).name).write_text(text)
    (folder / "queue").mkdir()
    return folder / "queue"


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-I", str(folder / "queues.py"), *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def test_standard_library_only() -> None:
    """The program imports nothing that a bare Python lacks."""
    tree = ast.parse(Path(queues.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert set() == {name.split(".")[0] for name in names} - sys.stdlib_module_names


def test_rendered_for_containers_alone() -> None:
    """The rendered program is the packaged one below a header; natively `up` looks by itself."""
    header, _, program = files()["queues/queues.py"].partition("\n")

    assert header.startswith("# Rendered by pipecat-lgtm from stack.yaml. Do not edit")
    assert Path(queues.__file__).read_text() == program
    assert [] == [path for path in files(None, "native") if path.startswith("queues/")]


def test_a_look_and_a_list(tmp_path: Path) -> None:
    """`--look` sets aside what is damaged, its mode kept, and nothing else; `--list` names it."""
    queue = _rendered(tmp_path)
    (queue / "exporter_otlp_grpc_tempo_traces").write_bytes(b"x" * 5000)
    (queue / "exporter_otlp_http_loki_logs").touch()  # bbolt makes a new one of it
    (queue / "tempdb123").write_bytes(b"x" * 5000)
    looked = _run(tmp_path, "--look")

    assert (0, "", "") == (looked.returncode, looked.stdout, looked.stderr)
    assert {"exporter_otlp_http_loki_logs", "tempdb123"} == {one.name for one in queue.iterdir()}
    (named,) = _run(tmp_path, "--list").stdout.splitlines()
    assert (tmp_path / "damaged", 0o700) == (Path(named).parent, Path(named).parent.stat().st_mode & 0o777)
    assert b"x" * 5000 == Path(named).read_bytes()
    assert 0 == _run(tmp_path, "--check").returncode


def test_what_the_collector_has_set_aside_counts(tmp_path: Path) -> None:
    """A backup of the collector's own `recreate` is kept with the others, under its queue's name."""
    queue = _rendered(tmp_path)
    (queue / "exporter_otlp_http_loki_logs.2026-11-29T10:15:30.123.backup").write_bytes(b"x")

    (found,) = queues.look(queue)
    assert ("otlp_http_loki_logs", []) == (found.queue, list(queue.iterdir()))


def test_none_overwrites_another(tmp_path: Path) -> None:
    """Files of one queue that are set aside in the same second are all kept."""
    queue = _rendered(tmp_path)
    for content in (b"1", b"2", b"3"):
        (queue / "exporter_otlp_http_loki_logs").write_bytes(content)
        queues.look(queue)

    assert [b"1", b"2", b"3"] == sorted(one.file.read_bytes() for one in queues.aside(queue))
    assert {"otlp_http_loki_logs"} == {one.queue for one in queues.aside(queue)}


def test_links_and_pipes(tmp_path: Path) -> None:
    """A link that leads nowhere and a pipe, which nobody could open, are set aside too."""
    queue = _rendered(tmp_path)
    (queue / "exporter_link").symlink_to(tmp_path / "nothing")
    os.mkfifo(queue / "exporter_pipe")

    assert ["link", "pipe"] == [one.queue for one in queues.look(queue)]


def test_where_nobody_can_tell_what_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system without locks nothing is set aside: the collector may have it open."""
    queue = _rendered(tmp_path)
    (queue / "exporter_one").write_bytes(b"x")

    def refused(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(queues.fcntl, "flock", refused)
    assert [] == queues.look(queue)


def test_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that this user may not read and write is set aside: the collector could not open it either."""
    queue = _rendered(tmp_path)
    (queue / "exporter_one").touch()

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    assert ["may not be read and written by this user"] == [one.fault for one in queues.look(queue)]


def test_told_later(tmp_path: Path) -> None:
    """Without a collector nothing is told, and it is told as soon as there is one."""
    queue = _rendered(tmp_path)
    (queue / "exporter_one").write_bytes(b"x")
    queues.look(queue)
    settings = queues.Settings(str(queue), "http://127.0.0.1:9/v1/logs", None, None, "s", dict.fromkeys(
        ("service", "event_name", "event", "scope", "queue"), "x"
    ))  # fmt: skip

    with pytest.raises(OSError, match="refused"):
        queues.tell(settings)
    assert [".new"] == [one.file.suffix for one in queues.aside(queue)]
