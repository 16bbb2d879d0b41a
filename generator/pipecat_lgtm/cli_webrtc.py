"""The verb webrtc: what a browser's dump says of a call's network."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipecat_lgtm.cli_shared import ConfigOption, out, plain
from pipecat_lgtm.config import load
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import webrtc as webrtc_op

app = typer.Typer()
_COLOURS = {"good": "green", "investigate": "yellow", "bad": "red", "stated": "dim"}


@app.command()
def webrtc(
    dump: Annotated[Path, typer.Argument(help="From chrome://webrtc-internals, plain or gzipped.")],
    config: ConfigOption = None,
) -> None:
    """Judge a call's network by a browser's dump, layer by layer: `pipecat-lgtm webrtc dump.json`."""
    findings = webrtc_op.judge(dump, load(config).config.thresholds)
    table = Table("connection", "layer", "signal", "measured", "bound", "verdict", box=None, header_style="bold")
    for one in findings:
        verdict = f"[{_COLOURS[one.verdict]}]{one.verdict}[/]"
        table.add_row(one.connection, one.layer, one.signal, plain(one.measured), one.bound, verdict)
    out.print(table)
    bad = [one for one in findings if one.verdict == "bad"]
    if not bad:
        out.print(
            "network and media are within their bounds; layer 3 is the pipeline: the dashboard pipecat-latency",
            highlight=False,
        )
        return
    layer = min(one.layer for one in bad)
    named = ", ".join(one.signal for one in bad if one.layer == layer)
    raise CheckFailed(
        f"layer {layer}: {named}", "mend that first; what lies deeper cannot be judged while it is beyond its bound"
    )
