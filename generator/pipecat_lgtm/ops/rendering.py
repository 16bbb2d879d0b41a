"""`render`: the files of a config, held against or written to a folder."""

from pathlib import Path

from pipecat_lgtm import output
from pipecat_lgtm.config import load
from pipecat_lgtm.errors import CheckFailed, OutputError
from pipecat_lgtm.output import Changes
from pipecat_lgtm.renderers import render


def rendered(config: Path | None, folder: Path) -> dict[str, str]:
    """Return {path: text} of every file.

    Args:
        config: the user's stack.yaml; None for the shipped one.
        folder: where they are to be.

    Raises:
        OutputError: the folder is this distribution's repository and the config is not its own.
    """
    loaded = load(config)
    is_repository = (folder / "generator" / "pipecat_lgtm").is_dir()
    if config is not None and is_repository and config.resolve() != (folder / "stack.yaml").resolve():
        raise OutputError(
            f"{folder.resolve()}: is the distribution's own repository", "give your own folder with --out"
        )
    return render(loaded.config)


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
