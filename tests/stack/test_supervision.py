"""The native stack's supervision, on programs that pretend to be engines."""

import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pretend import READY_PORTS, Pretended, pretended

from pipecat_lgtm.engines import process
from pipecat_lgtm.engines.interrupt import uninterrupted
from pipecat_lgtm.engines.state import load, locked

pytestmark = pytest.mark.stack


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Pretended]:
    """A machine on which every engine is found."""
    with pretended(tmp_path) as made:
        for part in READY_PORTS:
            made.engine(part)
        yield made


def _up(machine: Pretended) -> None:
    done = machine.run(machine.starting("up"))
    assert done.returncode == 0, done.stderr


def test_up_twice_starts_once(machine: Pretended) -> None:
    """A second `up` changes nothing; `down` ends all that was started, and a second `down` nothing."""
    _up(machine)
    first = machine.state.processes
    _up(machine)

    assert sorted([*READY_PORTS, "notifications"]) == sorted(one.name for one in first)
    found = {one.name: command.environment for one in first if (command := one.command()) is not None}
    assert {*READY_PORTS} == {name for name, variables in found.items() if "GOMEMLIMIT" in variables}
    assert "400" == found["collector"]["GOGC"]
    assert first == machine.state.processes
    assert machine.run(machine.command("status")).returncode == 0
    assert machine.run(machine.command("down")).returncode == 0
    assert [] == [one for one in first if one.process() is not None]
    again = machine.run(machine.command("down"))
    assert (0, f"nothing runs from {machine.folder / 'state'}\n") == (again.returncode, again.stderr)


def test_only_this_user_looks_into_the_state(machine: Pretended) -> None:
    """Under umask 000, and where an earlier version has left all open: folders are 0700 and files 0600, logs too."""
    state = machine.folder / "state"
    for folder in (state, state / "data", state / "data" / "tempo", state / "logs"):
        folder.mkdir(mode=0o755)
    for file in (state / "data" / "tempo" / "block", state / "logs" / "tempo.log", state / "state.json.old"):
        file.write_text("open")
        file.chmod(0o644)
    (state / "state.json.old").unlink()
    before = os.umask(0)
    try:
        _up(machine)
    finally:
        os.umask(before)
    config = state / "config"  # rendered, and mounted into containers, which have a user of their own

    assert {} == {
        path: oct(path.stat().st_mode)
        for path in (state, *state.rglob("*"))
        if path.stat().st_mode & 0o077 and config not in (path, *path.parents)
    }
    assert 0o700 == state.stat().st_mode & 0o777
    pids = [one.pid for one in machine.state.processes]
    masks = [Path(f"/proc/{pid}/status").read_text().partition("Umask:\t")[2].split()[0] for pid in pids]
    assert ["0077"] * len(pids) == masks


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder away")
@pytest.mark.parametrize("what", ["", "data", "state.json"])
def test_the_state_of_somebody_else(machine: Pretended, what: str) -> None:
    """A state directory that belongs to another user, or holds something that does, is refused and left as it is."""
    state = machine.folder / "state"
    (state / "data").mkdir(parents=True)
    (state / "state.json").write_text('{"kind": "", "config": "", "processes": []}')
    os.chown(state / what, 65534, 65534)
    done = machine.run(machine.starting("up"))

    assert 1 == done.returncode
    assert f"error {state / what}: belongs to the user with the id 65534" in " ".join(done.stderr.split())
    assert 65534 == (state / what).stat().st_uid


def test_what_else_is_in_the_state_directory(machine: Pretended) -> None:
    """A directory that holds something else keeps its mode, and so do the things in it: `--state-dir /tmp`."""
    state = machine.folder / "state"
    state.mkdir()
    state.chmod(0o755)
    (state / "other").write_text("not ours")
    (state / "other").chmod(0o644)
    _up(machine)

    assert [0o755, 0o644, 0o700, 0o600] == [
        (state / one).stat().st_mode & 0o777 for one in ("", "other", "data", "state.json")
    ]


def test_a_crash_is_reported_and_mended(machine: Pretended) -> None:
    """`status` names what has ended, with the last lines of its log; `up` starts only that again."""
    _up(machine)
    before = {one.name: one.pid for one in machine.state.processes}
    crashed = next(one.process() for one in machine.state.processes if one.name == "tempo")
    assert crashed is not None
    crashed.kill()
    crashed.wait(5)
    done = machine.run(machine.command("status"))

    assert done.returncode == 1
    assert "ended by themselves: tempo" in done.stderr
    assert "tempo pretends to work" in done.stderr
    done = machine.run([*machine.command("status"), "--json"])
    said = json.loads(done.stdout)
    assert (1, "native", machine.config.name) == (done.returncode, said["kind"], said["name"])
    assert {"tempo": "ended"} == {one["name"]: one["condition"] for one in said["parts"] if one["condition"] != "ready"}
    _up(machine)
    after = {one.name: one.pid for one in machine.state.processes}
    assert {"tempo"} == {name for name in before if before[name] != after[name]}


def test_a_changed_config_is_applied(machine: Pretended) -> None:
    """`up` with another config starts again what reads the changed files, and nothing else."""
    _up(machine)
    before = {one.name: one.pid for one in machine.state.processes}
    config = machine.folder / "stack.yaml"
    config.write_text(config.read_text() + "retention:\n  traces: 3 d\n")
    _up(machine)
    after = {one.name: one.pid for one in machine.state.processes}

    assert {"tempo"} == {name for name in before if before[name] != after[name]}


def test_the_notification_log_goes_once_somebody_is_told(machine: Pretended) -> None:
    """With receivers configured `up` ends the notification log and starts Alertmanager again, and nothing else."""
    _up(machine)
    before = {one.name: one.pid for one in machine.state.processes}
    config = machine.folder / "stack.yaml"
    told = "{notify: [webhook]}"
    config.write_text(
        f"{config.read_text()}routing:\n  receivers: {{webhook: {{webhook: {{url: 'http://127.0.0.1:1'}}}}}}\n"
        f"  severities: {{critical: {told}, warning: {told}}}\n"
    )
    _up(machine)
    after = {one.name: one.pid for one in machine.state.processes}

    assert {"notifications"} == set(before) - set(after)
    assert {"alertmanager"} == {name for name in after if before[name] != after[name]}


def test_a_taken_port_is_named_with_its_holder(machine: Pretended) -> None:
    """A taken port is found before anything is started; the message names key, port and holder."""
    port = machine.config.network.ports.loki_grpc
    with socket.create_server(("127.0.0.1", port)):
        done = machine.run(machine.starting("up"))

    assert done.returncode == 1
    assert f"network.ports: loki_grpc {port} is held by " in done.stderr
    assert "(pid " in done.stderr
    assert "ready" not in done.stderr
    assert not machine.state.kind


_ENDS = """#!/bin/sh
case "$*" in *verify*) exit 0;; esac
echo cannot read the config; exit 3
"""


def test_a_program_that_ends_while_starting_takes_the_others_along(machine: Pretended) -> None:
    """The error has the last lines of its log; what this `up` had started is ended."""
    (machine.folder / "bin" / "loki").write_text(_ENDS)
    done = machine.run(machine.starting("up"))

    assert done.returncode == 1
    assert "loki: ended while starting" in done.stderr
    assert "cannot read the config" in done.stderr
    assert not machine.state.processes


def _pids(machine: Pretended) -> dict[str, int]:
    return {one.name: one.pid for one in machine.state.processes if one.process() is not None}


def test_all_that_is_wrong_is_known_before_anything_ends(machine: Pretended) -> None:
    """Taken ports and missing files are told at once, then what validators refuse; what runs goes on meanwhile."""
    _up(machine)
    before, config = _pids(machine), machine.folder / "stack.yaml"
    shipped, ports = config.read_text(), machine.config.network.ports
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    tempo, loki = (one.getsockname()[1] for one in taken)
    missing = machine.folder / "no-such-token"
    changed = shipped.replace(f": {ports.tempo}", f": {tempo}").replace(f": {ports.loki}", f": {loki}")
    config.write_text(changed.replace("network:", f"network:\n  auth: {{token_file: {missing}}}"))
    done = machine.run(machine.starting("up"))
    for one in taken:
        one.close()

    assert done.returncode == 1
    assert f"tempo {tempo} is held by " in done.stderr
    assert f"loki {loki} is held by " in done.stderr
    assert f"network.auth.token_file: {missing}: No such file or directory" in done.stderr
    assert before == _pids(machine)

    machine.engine("loki", invalid=True)
    config.write_text(f"{shipped}retention: {{logs: 3 d}}\n")
    done = machine.run(machine.starting("up"))

    assert done.returncode == 1
    assert "loki: `loki -verify-config -config.file=loki/loki.yaml` refuses it:" in done.stderr
    assert "loki pretends to refuse it" in done.stderr
    assert before == _pids(machine)


def test_a_failed_up_leaves_what_ran(machine: Pretended) -> None:
    """Where something does not start, what was ended for it runs again as before, files and state included."""
    _up(machine)
    before, config = _pids(machine), machine.folder / "stack.yaml"
    file = machine.folder / "state" / "config" / "tempo" / "tempo.yaml"
    rendered, shipped = file.read_text(), config.read_text()
    (machine.folder / "bin" / "loki").write_text(_ENDS)
    config.write_text(f"{shipped}retention: {{logs: 3 d, traces: 3 d}}\n")
    assert machine.run(machine.starting("up")).returncode == 1
    after = _pids(machine)

    # Loki's program is the one that cannot start: with the files of before, it ends again.
    assert {"loki"} == set(before) - set(after)
    assert {"tempo"} == {name for name in after if before[name] != after[name]}
    assert rendered == file.read_text()
    machine.engine("loki")
    config.write_text(shipped)
    _up(machine)
    assert after == {name: pid for name, pid in _pids(machine).items() if name != "loki"}


def test_what_hangs_is_told_and_started_again(machine: Pretended) -> None:
    """A part that runs and does not answer makes `status` fail; `up` starts it again, and nothing else."""
    _up(machine)
    before = _pids(machine)
    os.kill(before["tempo"], signal.SIGSTOP)
    done = machine.run(machine.command("status"))

    assert done.returncode == 1
    assert "not ready: tempo" in done.stderr
    _up(machine)
    after = _pids(machine)
    assert {"tempo"} == {name for name in before if before[name] != after[name]}
    assert machine.run(machine.command("status")).returncode == 0


def test_status_knows_what_was_changed_since(machine: Pretended) -> None:
    """`status` names the parts that run another config than stack.yaml has, and a part that the state has lost."""
    _up(machine)
    config = machine.folder / "stack.yaml"
    config.write_text(f"{config.read_text()}alerts: {{resend_interval: 30 s}}\n")
    done = machine.run(machine.command("status"))
    assert done.returncode == 0
    assert f"note prometheus, alertmanager: not as {config} is now; `pipecat-lgtm up` applies it" in done.stderr

    lost = machine.state
    loki = next(one for one in lost.processes if one.name == "loki")
    lost.processes.remove(loki)
    lost.save()
    done = machine.run(machine.command("status"))
    assert (1, "loki          missing") == (done.returncode, done.stdout.splitlines()[-1])
    process.stop(loki)


def test_another_stack_is_not_ended_unasked(machine: Pretended) -> None:
    """`up` of another config says which stack it would replace; with --replace that one ends, and only then."""
    _up(machine)
    before, other = _pids(machine), machine.folder / "other"
    other.mkdir()
    shutil.copy(machine.folder / "stack.yaml", other / "stack.yaml")
    argv = [*machine.command("up"), "--config", str(other / "stack.yaml"), "--bin-dir", str(machine.folder / "bin")]
    done = machine.run(argv)

    assert done.returncode == 1
    assert f"other would replace {machine.config.name} ({machine.folder / 'stack.yaml'}), which runs" in done.stderr
    assert before == _pids(machine)
    assert machine.run([*argv, "--replace"]).returncode == 0
    assert ("other", str(other / "stack.yaml")) == (machine.state.name, machine.state.source)
    assert before == _pids(machine), "what is the same runs on"


def test_a_command_without_options_finds_the_stack_that_runs(machine: Pretended) -> None:
    """A stack keeps its state under its name; the only one that runs is the one that is meant."""
    machine.env["XDG_STATE_HOME"] = str(machine.folder / "states")
    config, verb = ["--config", str(machine.folder / "stack.yaml")], [sys.executable, "-m", "pipecat_lgtm"]
    state = machine.folder / "states" / "pipecat-lgtm" / "stacks" / machine.config.name
    try:
        done = machine.run([*verb, "up", *config, "--bin-dir", str(machine.folder / "bin")])
        assert done.returncode == 0, done.stderr
        assert machine.config.name == load(state).name
        assert "collector     ready" in machine.run([*verb, "status"]).stdout
        assert "tempo pretends to work\n" == machine.run([*verb, "logs", "tempo"]).stdout
        assert "ended collector" in machine.run([*verb, "down"]).stderr
    finally:
        machine.run([*verb, "down", *config])


def test_only_one_command_at_a_time(machine: Pretended) -> None:
    """While one command starts or ends a stack, another one on the same state directory says so and does nothing."""
    with locked(machine.folder / "state"):
        done = machine.run(machine.starting("up"))

    assert done.returncode == 1
    assert "starts or ends a stack there" in done.stderr
    assert not machine.state.kind


def test_a_stack_of_the_other_kind_is_left_alone(machine: Pretended) -> None:
    """A native `up` does not start beside a stack in containers of the same state directory."""
    state = machine.state
    state.kind = "docker"
    state.save()
    done = machine.run(machine.starting("up"))
    state.forget()

    assert done.returncode == 1
    assert "already runs from there, as docker" in done.stderr


def test_neither_go_nor_program(machine: Pretended) -> None:
    """With nothing to run and nothing to build with, the error names both remedies, and all is ended."""
    (machine.folder / "bin" / "tempo").unlink()
    done = machine.run(machine.starting("up"))

    assert done.returncode == 1
    assert "tempo 2.8.0: not found, and there is no `go`" in done.stderr
    assert "install Go" in done.stderr
    assert "install Docker" in done.stderr
    assert not machine.state.processes


def test_ctrl_c_while_building_leaves_nothing(machine: Pretended) -> None:
    """Interrupted while `go` compiles, `up` ends `go`, its children and every started engine, and clears its folder."""
    (machine.folder / "bin" / "tempo").unlink()
    machine.go()

    assert [] == machine.interrupted(machine.starting("up"), "tempo 2.8.0: building")
    assert not machine.state.processes
    assert [] == [path for path in (machine.folder / "cache").rglob("*") if path.is_dir() and path.name[0] == "."]


def test_ctrl_c_while_starting_leaves_nothing(machine: Pretended) -> None:
    """Interrupted while an engine is not ready yet, `up` ends everything it started."""
    machine.engine("tempo", status=503)

    assert [] == machine.interrupted(machine.starting("up"), "tempo: starting")
    assert not machine.state.processes


def test_a_held_back_interruption_comes_after_the_block() -> None:
    """A signal within an uninterrupted block is raised at its end, not within it and not never."""
    done: list[str] = []

    def work() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGTERM)
            done.append("work")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert ["work"] == done
