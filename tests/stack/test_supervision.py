"""The native stack's supervision, on programs that pretend to be engines."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pretend import READY_PORTS, Pretended, pretended

from pipecat_lgtm.engines.interrupt import uninterrupted
from pipecat_lgtm.engines.state import locked

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
    assert first == machine.state.processes
    assert machine.run(machine.command("status")).returncode == 0
    assert machine.run(machine.command("down")).returncode == 0
    assert [] == [one for one in first if one.process() is not None]
    again = machine.run(machine.command("down"))
    assert (0, f"nothing runs from {machine.folder / 'state'}\n") == (again.returncode, again.stderr)


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


def test_a_program_that_ends_while_starting_takes_the_others_along(machine: Pretended) -> None:
    """The error has the last lines of its log; what this `up` had started is ended."""
    program = machine.folder / "bin" / "loki"
    program.write_text("#!/bin/sh\necho cannot read the config; exit 3\n")
    done = machine.run(machine.starting("up"))

    assert done.returncode == 1
    assert "loki: ended while starting" in done.stderr
    assert "cannot read the config" in done.stderr
    assert not machine.state.processes


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
