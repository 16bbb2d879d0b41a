"""Manners of the command line."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from pipecat_lgtm import cli
from pipecat_lgtm.engines.process import Running
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.ops import demo

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


def test_init_through_a_link(run: Run, tmp_path: Path) -> None:
    """`init` writes no stack.yaml through a link, also where it leads nowhere yet."""
    (tmp_path / "stack.yaml").symlink_to(tmp_path / "elsewhere")
    code, _, said = run("init", str(tmp_path))

    assert (1, False) == (code, (tmp_path / "elsewhere").exists())
    assert "is a link to" in said


def test_init_says_what_comes_next(run: Run, tmp_path: Path) -> None:
    """`init` names the file on stdout, and on stderr the commands that follow, ready to be pasted."""
    folder = tmp_path / "mine"
    code, out, err = run("init", str(folder))

    assert (0, f"wrote {folder}/stack.yaml\n") == (code, out)
    assert [
        "edit it, then:",
        f"  pipecat-lgtm render --config {folder}/stack.yaml --out {folder}",
        f"  pipecat-lgtm validate {folder}",
        f"  pipecat-lgtm up --config {folder}/stack.yaml    (or `docker compose up -d` in {folder})",
    ] == err.splitlines()


def test_quiet(run: Run, tmp_path: Path) -> None:
    """With --quiet there are results and errors, no progress and no advice; without it all of them again."""
    assert (0, f"wrote {tmp_path}/mine/stack.yaml\n", "") == run("--quiet", "init", str(tmp_path / "mine"))
    code, _, err = run("-q", "init", str(tmp_path / "mine"))
    assert (1, 2) == (code, len(err.splitlines()))
    assert run("init", str(tmp_path / "other"))[2].startswith("edit it, then:")


def test_render_says_what_changed(run: Run, tmp_path: Path) -> None:
    """`render` names on stdout what it changed, once; a second run changes nothing and says nothing there."""
    first, again = run("render", "--out", str(tmp_path)), run("render", "--out", str(tmp_path))
    (tmp_path / "loki/loki.yaml").write_text((tmp_path / "loki/loki.yaml").read_text() + "# mine\n")
    third = run("render", "--out", str(tmp_path))

    assert "added collector/config.yaml" in first[1].splitlines()
    assert {"added"} == {line.split(" ")[0] for line in first[1].splitlines()}
    assert (0, "") == again[:2]
    assert again[2].endswith(" files, all unchanged\n")
    assert (0, "changed loki/loki.yaml\n") == third[:2]


def test_render_names_missing_secrets(run: Run, tmp_path: Path) -> None:
    """A secret file that is not here is told at `render`, which works all the same: it may run on another machine."""
    file = tmp_path / "stack.yaml"
    file.write_text("routing: {receivers: {slack: {slack: {api_url_file: /nowhere/url, channel: '#c'}}}}")
    code, _, err = run("render", "--config", str(file), "--out", str(tmp_path / "out"))

    assert 0 == code
    key = "routing.receivers.slack.slack.api_url_file"
    told = f"note {key}: /nowhere/url: No such file or directory; where the stack runs it must be there"
    assert told == err.splitlines()[0]


def test_bad_config_writes_nothing(run: Run, tmp_path: Path) -> None:
    """A config that is refused leaves the folder as it was."""
    (tmp_path / "stack.yaml").write_text("retention: {logs: 7}\n")
    code, out, _ = run("render", "--config", str(tmp_path / "stack.yaml"), "--out", str(tmp_path))

    assert (1, "") == (code, out)
    assert ["stack.yaml"] == [path.name for path in tmp_path.iterdir()]


def test_config_show(run: Run, tmp_path: Path) -> None:
    """`config show` prints one line a value, to be searched with grep: key, value, origin."""
    (tmp_path / "stack.yaml").write_text("retention:\n  logs: 14 d\n")
    code, out, err = run("config", "show", "--config", str(tmp_path / "stack.yaml"))
    lines = dict(line.split(": ", 1) for line in out.splitlines())

    assert (0, "") == (code, err)
    assert f'"14 d"  # {tmp_path}/stack.yaml:2' == lines["retention.logs"]
    assert "null  # shipped stack.yaml" in lines["network.auth.token_file"]


def test_config_schema(run: Run) -> None:
    """`config schema` prints nothing but the schema, so that it can go to a file."""
    code, out, err = run("config", "schema")

    assert (0, "") == (code, err)
    assert "https://json-schema.org/draft/2020-12/schema" == json.loads(out)["$schema"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["reder"], "No such command 'reder'"),
        (["render", "--chekc"], "No such option: --chekc"),
        (["config"], "config"),
        (["logs"], "Missing argument"),
    ],
)
def test_wrong_command_line(run: Run, arguments: list[str], said: str) -> None:
    """A wrong command line is exit code 2, and says what is wrong with it."""
    code, out, err = run(*arguments)

    assert 2 == code
    assert said in out + err


def test_version(run: Run) -> None:
    """`--version` prints the version of the distribution, and nothing else."""
    assert (0, f"{version('pipecat-lgtm')}\n", "") == run("--version")


def test_brackets_are_printed_as_they_are(run: Run, tmp_path: Path) -> None:
    """A message with brackets in it loses none of them to markup."""
    (tmp_path / "stack.yaml").write_text("services: {default_environment: [bold]}\n")
    _, _, err = run("config", "show", "--config", str(tmp_path / "stack.yaml"))
    assert err.startswith(f"error {tmp_path}/stack.yaml:1: services.default_environment: must be text")

    (tmp_path / "stack.yaml").write_text("thresholds: {preset: '[red]'}\n")
    _, _, err = run("config", "show", "--config", str(tmp_path / "stack.yaml"))
    assert "there is no preset '[red]'" in err


def test_module_is_the_command() -> None:
    """`python -m pipecat_lgtm` is the command line too."""
    command = [sys.executable, "-m", "pipecat_lgtm", "engines", "build", "lok"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (1, "") == (done.returncode, done.stdout)
    assert "error lok: is no engine of this stack" == done.stderr.splitlines()[0]


def test_engines_list(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`engines list` says of each program which version it is and where it is, or how long building it takes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("tempo", "loki"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    code, out, _ = run("engines", "list", "--bin-dir", str(tmp_path))

    assert 0 == code
    assert {
        "caddy": "2.11.9   not here; building it takes about 1.5 min on two cores",
        "otelcol": "0.155.0  not here; building it takes about 3 min on two cores",
        "prometheus": "3.16.0   not here; building it takes about 2.5 min on two cores",
        "alertmanager": "0.31.1   not here; building it takes about 0.75 min on two cores",
        "tempo": f"2.8.0    --bin-dir {tmp_path}",
        "loki": f"3.7.8    --bin-dir {tmp_path}",
        "compose": "2.40.3   not here; building it takes about 1.5 min on two cores",
    } == {line[:13].strip(): line[14:] for line in out.splitlines()}


def test_demo_without_the_sandbox(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the sandbox's packages `demo` says so at once, before it builds or starts anything."""
    monkeypatch.setattr(demo, "find_spec", lambda name: None if name == "pipecat" else name)
    code, out, err = run("demo", "--state-dir", str(tmp_path / "state"))

    assert (1, "") == (code, out)
    assert f"error sandbox: pipecat not installed in {sys.prefix}" == err.splitlines()[0]
    assert not (tmp_path / "state").exists()


def test_unknown_scenario(run: Run, tmp_path: Path) -> None:
    """A scenario that does not exist is refused with those there are, before anything starts."""
    code, out, err = run("demo", "--scenario", "slow-lm", "--state-dir", str(tmp_path / "state"))

    assert (1, "") == (code, out)
    assert "error sandbox: no scenario slow-lm" == err.splitlines()[0]
    assert "slow-llm" in err.splitlines()[1]
    assert not (tmp_path / "state").exists()


def test_nothing_runs(run: Run, tmp_path: Path) -> None:
    """Without a stack `status` and `down` say that nothing runs, and `logs` which logs there are: none."""
    state = ("--state-dir", str(tmp_path))

    assert (0, f"nothing runs from {tmp_path}\n", "") == run("status", *state)
    assert (0, "", f"nothing runs from {tmp_path}\n") == run("down", *state)
    assert (1, "", f"error loki: has no log in {tmp_path}/logs\n  next logs there: none yet\n") == run(
        "logs", "loki", *state
    )


def test_status_of_what_has_ended(run: Run, tmp_path: Path) -> None:
    """What should run and does not is reported with the end of its log, and exit code 1."""
    log = tmp_path / "logs/tempo.log"
    log.parent.mkdir()
    log.write_text("starting\nout of disk\n")
    State(tmp_path, "native", "", [Running("tempo", 2**22, 1.0, str(log), 1)]).save()
    code, out, err = run("status", "--state-dir", str(tmp_path))

    assert (1, f"tempo         ended  pid {2**22}  log {log}\n") == (code, out)
    assert [
        "error ended by themselves: tempo",
        "  tempo:",
        "    starting",
        "    out of disk",
        "  next start them again with `pipecat-lgtm up`",
    ] == err.splitlines()
    assert "out of disk\n" == run("logs", "tempo", "--state-dir", str(tmp_path))[1].splitlines(keepends=True)[-1]


@pytest.mark.parametrize("option", ["--state-dir", "--config"])
def test_status_with_a_mistake_in_stack_yaml(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    """What runs is shown also while stack.yaml has a mistake; a note says which."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder, source = tmp_path / "pipecat-lgtm" / "stacks" / "mine", tmp_path / "stack.yaml"
    source.write_text("thresolds: {}\n")
    State(folder, "native", str(folder / "stack.yaml"), [], "mine", str(source), ["tempo"]).save()
    code, out, err = run("status", option, str(folder if option == "--state-dir" else source))

    assert (1, "tempo         missing\n") == (code, out)
    assert (
        f"note not valid any more, and not what runs: {source}:1: thresolds: unknown key; did you mean 'thresholds'?"
    ) == err.splitlines()[0]


def test_up_names_who_holds_a_port(run: Run, tmp_path: Path) -> None:
    """`up` on a taken port names the key, the port and the program that holds it, and leaves nothing behind."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        (tmp_path / "stack.yaml").write_text(f"network: {{ports: {{loki: {port}}}}}\n")
        state = tmp_path / "state"
        code, out, err = run("up", "--config", str(tmp_path / "stack.yaml"), "--state-dir", str(state))

    assert (1, "") == (code, out)
    assert f"loki {port} is held by " in err
    assert f"(pid {os.getpid()})" in err
    assert not (state / "state.json").exists()


def test_validate_says_what_did_not_run(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A validator that could not run is named; with --require-all that is a failure, with the cure."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "loki").mkdir()
    (tmp_path / "loki/loki.yaml").write_text("auth_enabled: false\n")
    line = "not run  loki: loki -verify-config -config.file=loki/loki.yaml\n         no program loki found\n"

    assert (0, line, "0 passed, 0 failed, 1 not run\n") == run("validate", str(tmp_path))
    assert (
        1,
        line,
        "0 passed, 0 failed, 1 not run\n"
        "error 1 of 1 validators could not run\n"
        "  next build their programs: `pipecat-lgtm engines build`\n",
    ) == run("validate", str(tmp_path), "--require-all")
