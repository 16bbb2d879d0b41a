"""The verbs on containers, with a `docker` that only notes how it is called; the real one is in tests/stack."""

import json
import stat
import tomllib
from pathlib import Path

import pytest

from pipecat_lgtm.config import load_default
from pipecat_lgtm.engines.docker import Container, compose_command
from pipecat_lgtm.engines.state import State, load
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops import docker
from pipecat_lgtm.ops.native import Start
from rendered import files

CONTAINERS = [
    {"Service": "tempo", "State": "exited", "Health": "", "ExitCode": 137},
    {"Service": "init", "State": "exited", "Health": "", "ExitCode": 0},
    {"Service": "loki", "State": "running", "Health": "healthy", "ExitCode": 0},
    {"Service": "grafana", "State": "running", "Health": "unhealthy", "ExitCode": 0},
    {"Service": "init-loki", "State": "exited", "Health": "", "ExitCode": 1},
]


START = Start(load_default())


def _quiet(_what: str, _elapsed: float) -> None:
    """Say nothing."""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a `docker` on PATH that notes folder, arguments and admin password, and knows some containers."""
    programs, noted = tmp_path / "programs", tmp_path / "calls"
    programs.mkdir()
    (tmp_path / "containers").write_text("".join(json.dumps(one) + "\n" for one in CONTAINERS))
    (programs / "docker").write_text(
        "#!/bin/sh\n"
        f'case "$*" in *" up "*|*" down"*|*" kill "*) echo "$PWD $* [$PIPECAT_LGTM_NO_ADMIN]" >> {noted};; esac\n'
        f'case "$*" in *" ps "*) /bin/cat {tmp_path}/containers;; *fail*) exit 7;; esac\n'
    )
    (programs / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(docker, "render", lambda _config: dict(files()))  # rendered once for all
    monkeypatch.setattr(docker.ports, "check", lambda *_: None)  # whoever holds them on this machine
    return noted


def test_up(calls: Path, tmp_path: Path) -> None:
    """`up --docker` renders into the state directory, starts all, waits; the admin password is in a file."""
    state = State(tmp_path / "state")
    password = docker.up(START, state, _quiet)

    assert [
        f"{tmp_path}/state/config compose up --detach --wait --wait-timeout 300 --remove-orphans [false]"
    ] == calls.read_text().splitlines()
    assert (tmp_path / "state/config/docker-compose.yml").is_file()
    assert "docker" == load(tmp_path / "state").kind
    assert 0o600 == stat.S_IMODE(password.stat().st_mode)
    assert len(password.read_text().strip()) >= 20


def test_password_stays(calls: Path, tmp_path: Path) -> None:  # noqa: ARG001 - sets the environment
    """A second `up` keeps the password: Grafana has taken the first one."""
    first = docker.up(START, State(tmp_path / "state"), _quiet).read_text()

    assert first == docker.up(START, State(tmp_path / "state"), _quiet).read_text()


def test_parts(calls: Path, tmp_path: Path) -> None:  # noqa: ARG001 - sets the environment
    """A part is well if it runs and is not unhealthy; what prepares a volume is well once it has ended with success."""
    (tmp_path / "config").mkdir()
    found = docker.parts(load_default(), State(tmp_path))

    assert [Container("grafana", "running", "unhealthy", 0), Container("init", "exited", "", 0)] == found[:2]
    assert {"grafana": False, "init": True, "init-loki": False, "loki": True, "tempo": False} == {
        one.service: one.well for one in found
    }


def test_no_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Docker one error names both remedies, and nothing has been written."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError) as caught:
        docker.up(START, State(tmp_path / "state"), _quiet)

    assert (
        "docker: no running Docker with Compose found\n"
        "  next: start Docker (Compose v2 comes with it), or use `pipecat-lgtm up --native`, which needs only Go"
    ) == str(caught.value)
    assert not (tmp_path / "state").exists()


def test_docker_does_not_run(calls: Path) -> None:
    """A `docker` whose daemon does not answer is no Docker."""
    (calls.parent / "programs/docker").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(EngineError):
        compose_command()


def test_compose_fails(calls: Path, tmp_path: Path) -> None:  # noqa: ARG001 - sets the environment
    """When Compose fails, the error says which command, with which code, and where the files are."""
    (tmp_path / "config").mkdir()
    with pytest.raises(EngineError) as caught:
        docker.log(load_default(), State(tmp_path), "fail", 5)

    assert (
        "docker compose logs --no-color --no-log-prefix --tail 5 fail: exit code 7\n"
        f"  next: see its output above; the files are in {tmp_path}/config"
    ) == str(caught.value)


def test_the_sandbox_image_gets_what_its_installation_needs() -> None:
    """Whatever pyproject.toml names as readme, licence or extra file is copied before `pip install`."""
    root = Path(__file__).parent.parent
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    before, _, after = (root / "docker" / "sandbox.Dockerfile").read_text(encoding="utf-8").partition("RUN pip install")
    copied = {path for line in before.splitlines() if line.startswith("COPY ") for path in line.split()[1:-1]}
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}

    assert needed <= copied
    assert {path.split("/")[0] for path in (*wheel["packages"], *wheel["force-include"])} <= copied
    assert "./generator/bridge '.[sandbox]'" in after
