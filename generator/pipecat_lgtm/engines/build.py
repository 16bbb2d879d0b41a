"""Builds an engine with `go` into the cache: locked, atomic, ended with its children on Ctrl-C."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipecat_lgtm.engines.catalogue import BUILDER, Engine
from pipecat_lgtm.engines.interrupt import uninterrupted
from pipecat_lgtm.engines.resolve import Resolved, cache_folder, cache_root, locate
from pipecat_lgtm.errors import EngineError

Watch = Callable[[str, float], None]
"""Told, about twice a second, what is done and the seconds since it began."""

_ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-buildvcs=false",
    "GOGC": "400",  # the compiler may use more memory: it is short-lived, and two run at a time
    "GOWORK": "off",
    # This module at v0.155.0 is missing from the checksum database; go.sum pins it.
    "GONOSUMDB": "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza",
}
_NO_DWARF = "-gcflags=all=-dwarf=false"
"""What `-s -w` would strip is not made in the first place; with GOGC that is 7 % of the time (73 → 68 CPU seconds for
Alertmanager)."""

_TAIL_LINES = 15
_MINUTE = 60


def steps(engines: Sequence[Engine], watch: Watch) -> Iterator[Watch]:
    """Yield for each of some engines, built one after another, what is told meanwhile: the step, and the time of all.

    Args:
        engines: all that are to be built.
        watch: told what goes on.
    """
    minutes, began = sum(one.minutes for one in engines), time.monotonic()

    def step(number: int, what: str) -> None:
        elapsed = time.monotonic() - began
        usual = f"about {minutes:g} min" if elapsed <= minutes * _MINUTE else f"longer than the usual {minutes:g} min"
        watch(f"{what}, step {number} of {len(engines)}, {usual} for all", elapsed)

    for number in range(1, len(engines) + 1):
        yield lambda what, _elapsed, number=number: step(number, what)  # type: ignore[misc]


def build(engine: Engine, manifest: str, watch: Watch) -> Resolved:
    """Build an engine unless another process just did.

    Args:
        engine: what to build.
        manifest: the collector's builder.yaml; empty for the others.
        watch: called while it goes on.

    Raises:
        EngineError: there is no `go`, or it failed; the message has its last lines.
    """
    go = shutil.which("go")
    if go is None:
        raise EngineError(
            f"{engine.name} {engine.version}: not found, and there is no `go` to build it",
            "install Go (https://go.dev/dl) and try again, or install Docker and use `pipecat-lgtm up --docker`",
        )
    target = cache_folder(engine, manifest)
    with _locked(engine, watch):
        if resolved := locate(engine, manifest):
            return resolved
        with tempfile.TemporaryDirectory(prefix=f".{engine.name}-", dir=cache_root()) as scratch:
            made = _compile(go, engine, manifest, Path(scratch), watch)
            if target.exists():
                shutil.rmtree(target)
            made.rename(target)
    return Resolved(engine, {name: target / name for name in engine.programs}, "built now")


@contextlib.contextmanager
def _locked(engine: Engine, watch: Watch) -> Iterator[None]:
    cache_root().mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with (cache_root() / f"{engine.name}.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                watch(f"{engine.name}: another process builds it", time.monotonic() - began)
                time.sleep(0.5)
        yield


def _compile(go: str, engine: Engine, manifest: str, scratch: Path, watch: Watch) -> Path:
    source, out, temporary = scratch / "source", scratch / "out", scratch / "tmp"
    out.mkdir()
    temporary.mkdir()
    log = cache_root() / f"{engine.name}.log"
    log.write_text("")
    job = _Job(engine, log, temporary, watch)
    if manifest:
        (scratch / "builder.yaml").write_text(manifest, encoding="utf-8")
        skipped = ["--skip-compilation", "--skip-get-modules", "--skip-strict-versioning"]
        job.run([go, "run", "-mod=mod", BUILDER, *skipped, "--config", "builder.yaml"], scratch)
        (scratch / "build").rename(source)
    else:
        source.mkdir()
    for file in engine.sources:
        shutil.copyfile(file, source / file.name)
    tags = ["-tags", engine.tags] if engine.tags else []
    for program, package in engine.packages.items():
        options = ["-mod=readonly", "-trimpath", _NO_DWARF, "-ldflags", "-s -w", *tags, "-o", str(out / program)]
        job.run([go, "build", *options, package], source)
    return out


@dataclass(frozen=True)
class _Job:
    engine: Engine
    log: Path
    temporary: Path
    watch: Watch

    def run(self, argv: list[str], folder: Path) -> None:
        """Run `go`; end it and all it started if we are interrupted."""
        began = time.monotonic()
        # What a killed `go` leaves behind goes with the scratch folder.
        environment = {**os.environ, **_ENVIRONMENT, "GOTMPDIR": str(self.temporary)}
        doing = f"{self.engine.name} {self.engine.version}: building"
        child: subprocess.Popen[bytes] | None = None
        try:
            with self.log.open("ab") as output, uninterrupted():
                child = subprocess.Popen(
                    argv, cwd=folder, stdout=output, stderr=output, env=environment, start_new_session=True
                )
            while child.poll() is None:
                self.watch(doing, time.monotonic() - began)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(0.5)
        finally:
            if child is not None and child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if child.returncode != 0:
            tail = "\n    ".join(self.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
            raise EngineError(
                f"{self.engine.name} {self.engine.version}: `go build` failed:\n    {tail}",
                f"the whole log is {self.log}; check the network (proxy.golang.org), the disk and `go version`, "
                "then try again",
            )
