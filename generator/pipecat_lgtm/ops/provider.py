"""The sandbox's provider as a process of its own, on a free port."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator

from pipecat_lgtm.errors import EngineError


@contextlib.contextmanager
def provider() -> Iterator[str]:
    """Run the provider for the length of a block; yield its base address.

    Raises:
        EngineError: it did not start.
    """
    argv = [sys.executable, "-m", "pipecat_lgtm.sandbox", "provider"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as child:
        try:
            line = child.stderr.readline() if child.stderr else ""
            if not line.startswith("{"):
                raise EngineError("sandbox: the provider did not start", "pip install 'pipecat-lgtm[sandbox]'")
            yield f"http://127.0.0.1:{json.loads(line)['port']}"
        finally:
            child.terminate()
