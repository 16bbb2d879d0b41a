"""The command `pipecat-lgtm`, also as `python -m pipecat_lgtm`: Ctrl-C while it loads is no fault."""

import sys

from pipecat_lgtm.errors import INTERRUPTED


def main() -> None:
    """Load the command line and run it."""
    try:
        from pipecat_lgtm.cli import main as run  # noqa: PLC0415 - takes a second, in which people press Ctrl-C
    except KeyboardInterrupt:
        print("error interrupted\n  next nothing was done; give the command again", file=sys.stderr)  # noqa: T201 - rich is not loaded
        sys.exit(INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
