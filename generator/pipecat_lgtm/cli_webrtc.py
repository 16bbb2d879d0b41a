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
_COLOURS = {"good": "green", "investigate": "yellow", "bad": "red", "stated": "dim", "unknown": "magenta"}
_SHOWN = 5


@app.command()
def webrtc(
    dump: Annotated[
        Path,
        typer.Argument(help="From chrome://webrtc-internals, plain or gzipped, or Firefox's about:webrtc as JSON."),
    ],
    config: ConfigOption = None,
) -> None:
    """Judge a call's network by a browser's dump, layer by layer: `pipecat-lgtm webrtc dump.json`.

    Exit code 0: nothing bad. 1: something is bad, or the file holds nothing that can be judged. What is not in the
    dump is `unknown`, never good.
    """
    findings = webrtc_op.judge(dump, load(config).config.thresholds)
    table = Table("connection", "layer", "signal", "measured", "bound", "verdict", box=None, header_style="bold")
    for one in findings:
        verdict = f"[{_COLOURS[one.verdict]}]{one.verdict}[/]"
        table.add_row(plain(one.connection), one.layer, one.signal, plain(one.measured), one.bound, verdict)
    out.print(table)
    bad = [one for one in findings if one.verdict == "bad"]
    if bad:
        layer = min(one.layer for one in bad)
        first = [one for one in bad if one.layer == layer]
        named = "; ".join(f"{one.connection}: {one.signal}: {one.measured}" for one in first[:_SHOWN])
        named += f"; and {len(first) - _SHOWN} more" if len(first) > _SHOWN else ""
        raise CheckFailed(
            f"layer {layer}: {named}", "repair that first; a deeper layer cannot be judged while this one is bad"
        )
    watched = [one for one in findings if one.verdict == "investigate"]
    missing = [one for one in findings if one.verdict == "unknown"]
    if watched:
        out.print(f"to be investigated: {_named(watched)}", highlight=False)
    if missing:
        out.print(f"nothing bad in what the dump holds; not judged: {_named(missing)}", highlight=False)
    elif not watched:
        out.print("network and media are within their bounds", highlight=False)
    out.print("layer 3 is the pipeline: the dashboard pipecat-latency", highlight=False)


def _named(findings: list[webrtc_op.Finding]) -> str:
    return plain(", ".join(f"{one.signal} ({one.connection})" for one in findings))
