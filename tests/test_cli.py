"""Manners of the command line."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipecat_lgtm import cli

REPOSITORY = Path(__file__).parents[1]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; return exit code, stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pipecat-lgtm", *arguments])
        monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def test_error_is_two_lines(run: Run, tmp_path: Path) -> None:
    """A failure is exit code 1, nothing on stdout, and two lines: what is wrong, what to do next."""
    missing = tmp_path / "stack.yaml"

    assert (
        1,
        "",
        f"error {missing}: No such file or directory\n"
        "  next give the path of a stack.yaml, or make one with `pipecat-lgtm init DIR`\n",
    ) == run("config", "show", "--config", str(missing))


def test_checked_in_files_are_rendered(run: Run) -> None:
    """What is checked in is what stack.yaml renders."""
    code, out, err = run("render", "--check", "--out", str(REPOSITORY))

    assert (0, "") == (code, out)
    assert err.endswith(" files are as rendered\n")


def test_check_prints_difference_and_cure(run: Run, tmp_path: Path) -> None:
    """`render --check` on a stale folder prints the diff, names the cure, and writes nothing."""
    run("render", "--out", str(tmp_path))
    file = tmp_path / "loki/loki.yaml"
    stale = file.read_text().replace("auth_enabled: false", "auth_enabled: true")
    file.write_text(stale)
    code, out, err = run("render", "--check", "--out", str(tmp_path))

    assert 1 == code
    assert {"-auth_enabled: true", "+auth_enabled: false"} <= set(out.splitlines())
    assert (
        "error the rendered files are not what stack.yaml renders\n"
        "  next run `make render` (or `pipecat-lgtm render`) and commit the result\n"
    ) == err
    assert stale == file.read_text()


def test_never_into_the_repository(run: Run, tmp_path: Path) -> None:
    """Another stack's files are never rendered into this repository."""
    run("init", str(tmp_path))
    code, out, err = run("render", "--config", str(tmp_path / "stack.yaml"), "--out", str(REPOSITORY))

    assert (1, "") == (code, out)
    assert f"error {REPOSITORY}: is the distribution's own repository\n  next give your own folder with --out\n" == err
