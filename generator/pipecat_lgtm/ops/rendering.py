"""`render`: the files of a config, held against or written to a folder."""

from pathlib import Path

from pipecat_lgtm import output
from pipecat_lgtm.config import Config
from pipecat_lgtm.errors import CheckFailed, OutputError
from pipecat_lgtm.ops import preflight
from pipecat_lgtm.ops.engines import token
from pipecat_lgtm.output import Changes
from pipecat_lgtm.renderers import render


def rendered(config: Config, path: Path | None, folder: Path) -> dict[str, str]:
    """Return {path: text} of every file.

    Args:
        config: the stack.
        path: of the user's stack.yaml; None for the shipped one.
        folder: where they are to be.

    Raises:
        OutputError: the folder is this distribution's repository and the config is not its own.
        EngineError: the token file is here, and something in it is no token.
    """
    is_repository = (folder / "generator" / "pipecat_lgtm").is_dir()
    if path is not None and is_repository and path.resolve() != (folder / "stack.yaml").resolve():
        raise OutputError(
            f"{folder.resolve()}: is the distribution's own repository", "give your own folder with --out"
        )
    file = config.network.auth.token_file
    if file is not None and _is_here(file):  # else it is only where this will run, and `up` and `doctor` look at it
        token(config)
    return render(config)


def _is_here(file: Path) -> bool:
    """Tell whether a file is on this machine; one that nobody lets us look for is."""
    try:
        return file.exists()
    except PermissionError:
        return True


def missing(config: Config) -> list[str]:
    """Return what is wrong here with the secret files that a config names; it may run on another machine."""
    named = preflight.named_files(config)
    return [f"{key}: {fault[0]}" for key, file in named if (fault := preflight.fault_of(file))]


def difference(folder: Path, files: dict[str, str]) -> str:
    """Return the unified diff from what is in a folder to what is rendered."""
    return output.diff(folder, files)


def require_none(diff: str) -> None:
    """Fail if there is a difference.

    Raises:
        CheckFailed: says how to cure it.
    """
    if diff:
        raise CheckFailed(
            "the rendered files are not what stack.yaml renders",
            "run `make render` (or `pipecat-lgtm render`) and commit the result",
        )


def write(folder: Path, files: dict[str, str]) -> Changes:
    """Write the files into a folder; return what changed."""
    return output.write(folder, files)
