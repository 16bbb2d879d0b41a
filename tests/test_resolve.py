"""Where a program is taken from; all programs here are small scripts."""

from pathlib import Path

import pytest

from pipecat_lgtm.engines.build import build
from pipecat_lgtm.engines.catalogue import ENGINES, engine_of
from pipecat_lgtm.engines.resolve import cache_folder, cache_root, find_program, locate
from pipecat_lgtm.errors import EngineError

ENGINE = ENGINES["alertmanager"]
OTHER_VERSION = "0.27.0"


def _programs(folder: Path, version: str, names: tuple[str, ...] = ENGINE.programs) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\necho '{name}, version {version} (branch: HEAD)'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that holds an empty cache and is all there is on PATH, besides the shell."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}")
    return tmp_path


def test_nowhere(places: Path) -> None:  # noqa: ARG001 - sets the environment
    """Without a program anywhere nothing is found."""
    assert locate(ENGINE, "") is None


def test_order(places: Path) -> None:
    """--bin-dir wins over PATH, PATH over the cache."""
    _programs(cache_folder(ENGINE, ""), ENGINE.version)
    origins = [locate(ENGINE, "", places / "mine")]
    _programs(places / "path", ENGINE.version)
    origins.append(locate(ENGINE, "", places / "mine"))
    _programs(places / "mine", ENGINE.version)
    origins.append(locate(ENGINE, "", places / "mine"))

    assert [str(cache_folder(ENGINE, "")), "PATH", f"--bin-dir {places}/mine"] == [
        one.origin if one else None for one in origins
    ]


def test_other_version_on_path(places: Path) -> None:
    """A program on PATH of another version is passed over."""
    _programs(places / "path", OTHER_VERSION)

    assert locate(ENGINE, "") is None


def test_half_an_engine_on_path(places: Path) -> None:
    """An engine is taken whole from one place: its server and its tool never come from two."""
    _programs(places / "path", ENGINE.version, ("amtool",))
    _programs(cache_folder(ENGINE, ""), ENGINE.version)
    found = locate(ENGINE, "")

    assert found is not None
    assert {cache_folder(ENGINE, "")} == {path.parent for path in found.programs.values()}


def test_broken_program_on_path(places: Path) -> None:
    """A program on PATH that cannot say its version is passed over."""
    folder = _programs(places / "path", ENGINE.version)
    (folder / "amtool").write_text("#!/bin/sh\nexit 1\n")

    assert locate(ENGINE, "") is None


def test_not_executable(places: Path) -> None:
    """A file in --bin-dir that may not be run is no program."""
    folder = _programs(places / "mine", ENGINE.version)
    (folder / "amtool").chmod(0o644)

    assert locate(ENGINE, "", folder) is None


def test_one_program(places: Path) -> None:
    """A single program is taken from --bin-dir even if the rest of its engine is not there."""
    folder = _programs(places / "mine", ENGINE.version, ("amtool",))

    assert folder / "amtool" == find_program("amtool", "", folder)
    assert find_program("amtool", "") is None


def test_cache_is_by_everything_that_goes_in(places: Path) -> None:
    """Another manifest is another build; the folder's name says engine and version."""
    one, other = cache_folder(ENGINES["otelcol"], "a: 1"), cache_folder(ENGINES["otelcol"], "a: 2")

    assert one != other
    assert one == cache_folder(ENGINES["otelcol"], "a: 1")
    assert one.name.startswith("otelcol-0.155.0-")
    assert places / "cache/pipecat-lgtm/engines" == one.parent == cache_root()


def test_no_go(places: Path) -> None:  # noqa: ARG001 - sets the environment
    """Without `go` one error names the program and both remedies."""
    with pytest.raises(EngineError) as caught:
        build(ENGINE, "", lambda _what, _elapsed: None)

    assert (
        "alertmanager 0.31.1: not found, and there is no `go` to build it\n"
        "  next: install Go (https://go.dev/dl) and try again, or install Docker and use `pipecat-lgtm up --docker`"
    ) == str(caught.value)


def test_go_fails(places: Path) -> None:
    """When `go` fails, the error has its last lines, names its log, and the cache holds no half of an engine."""
    (places / "path").mkdir()
    (places / "path/go").write_text("#!/bin/sh\necho 'no space left on device' >&2\nexit 1\n")
    (places / "path/go").chmod(0o755)
    with pytest.raises(EngineError) as caught:
        build(ENGINE, "", lambda _what, _elapsed: None)

    assert "alertmanager 0.31.1: `go build` failed:\n    no space left on device" == caught.value.message
    assert f"the whole log is {cache_root()}/alertmanager.log;" in caught.value.hint
    assert {"alertmanager.lock", "alertmanager.log"} == {path.name for path in cache_root().iterdir()}


def test_go_builds(places: Path) -> None:
    """What `go` builds is in the cache as a whole, and is found there from then on, without building again."""
    (places / "path").mkdir()
    go = places / "path/go"
    go.write_text(
        "#!/bin/sh\n"
        f'echo "$PWD $@" >> {places}/calls\n'
        'while [ "$1" != -o ]; do shift; done\n'
        'echo "#!/bin/sh" > "$2"; /bin/chmod +x "$2"\n'
    )
    go.chmod(0o755)
    built = build(ENGINE, "", lambda _what, _elapsed: None)
    again = build(ENGINE, "", lambda _what, _elapsed: None)

    assert ("built now", str(cache_folder(ENGINE, ""))) == (built.origin, again.origin)
    assert {name: cache_folder(ENGINE, "") / name for name in ENGINE.programs} == built.programs == again.programs
    calls = (places / "calls").read_text().splitlines()
    assert 2 == len(calls)
    assert all(" build -mod=readonly -trimpath " in call for call in calls)


@pytest.mark.parametrize("name", ENGINES)
def test_modules_are_pinned(name: str) -> None:
    """Every engine's go.mod and go.sum are in the package; no requirement floats."""
    module = ENGINES[name].module

    assert (module / "go.sum").stat().st_size > 0
    assert "latest" not in (module / "go.mod").read_text()


def test_engine_of_a_program() -> None:
    """A program is found by name; one that no engine has is refused with those there are."""
    assert "prometheus" == engine_of("promtool").name
    with pytest.raises(EngineError) as caught:
        engine_of("mimirtool")
    assert caught.value.hint.startswith("one of caddy, otelcol, prometheus, promtool, ")
