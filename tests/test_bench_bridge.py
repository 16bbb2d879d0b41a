import subprocess
import sys

from pipecat_lgtm.ops.bench.bridge import Cost, report


def test_report() -> None:
    """The report states what a call and a turn cost more with the bridge, and how sure that is."""
    none = Cost(cpu=[0.8, 0.8], seconds=[16.0, 16.0], words=[0.8, 0.9, 1.0, 0.9])
    bridge = Cost(cpu=[0.9, 1.02], seconds=[16.0, 16.0], words=[0.8, 0.9, 1.0, 0.902], busy=[0.0004, 0.0006])
    made = report(none, bridge)

    assert (
        ("without the bridge", "0.800 s", "5.00 %", "900.0 ± 51.2 ms", ""),
        ("with the bridge", "0.960 s", "6.00 %", "901.0 ± 51.2 ms", "0.50 ms, at most 0.60"),
    ) == made.rows
    assert (
        "added per call: +1.00 % of a core, +0.160 s of CPU",
        "added per turn: 0.50 ms of event loop; medians differ by +1.0 ± 72.4 ms",
    ) == made.notes


def test_hooks_are_there() -> None:
    """What is timed of the bridge is what it has; a renamed hook would end the bench with a traceback."""
    code = "from pipecat_lgtm.sandbox import busy; busy.watch()"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stderr
