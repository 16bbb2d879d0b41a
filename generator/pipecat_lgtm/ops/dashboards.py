"""The dashboards as files, and as a list."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipecat_lgtm import output
from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.errors import CheckFailed, OutputError

_STORES = {"prometheus": "Prometheus", "tempo": "Tempo", "loki": "Loki"}


def chosen(config: Config, uids: list[str]) -> dict[str, dict[str, Any]]:
    """Return dashboards by uid; all without a choice.

    Raises:
        CheckFailed: there is no such dashboard.
    """
    for uid in uids:
        if uid not in DASHBOARDS:
            raise CheckFailed(f"{uid}: there is no such dashboard", f"use one of {', '.join(DASHBOARDS)}")
    return {uid: DASHBOARDS[uid](config) for uid in uids or DASHBOARDS}


def rows(config: Config) -> Iterator[tuple[str, str, str, str]]:
    """Yield uid, title, number of panels and question of each dashboard."""
    for uid, board in chosen(config, []).items():
        panels = [panel for panel in board["panels"] if panel["type"] != "row"]
        yield uid, board["title"], str(len(panels)), board["description"]


def export(config: Config, folder: Path, uids: list[str], *, for_import: bool) -> Iterator[Path]:
    """Write dashboards into a folder and yield each file.

    Args:
        config: what is drawn.
        folder: made if it is not there.
        uids: which; all without any.
        for_import: ask for each datasource when it is imported.

    Raises:
        OutputError: the disk refuses.
    """
    boards = chosen(config, uids)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for uid, board in boards.items():
            path = folder / f"{uid}.json"
            output.save(path, as_text(_asking(board) if for_import else board).encode())
            yield path
    except OSError as error:
        raise OutputError(f"{error.filename}: {error.strerror}", "choose a folder you may write to") from error


def as_text(board: dict[str, Any]) -> str:
    """Return a dashboard as it is rendered, byte for byte the same each time."""
    return json.dumps(board, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _asking(board: dict[str, Any]) -> dict[str, Any]:
    """Return a dashboard with Grafana's `__inputs`: its import page then asks which datasource each store is."""
    inputs = [
        {"name": f"DS_{kind.upper()}", "label": name, "type": "datasource", "pluginId": kind, "pluginName": name}
        for kind, name in _STORES.items()
    ]
    variables = [
        one | {"current": {"text": "", "value": f"${{DS_{one['query'].upper()}}}"}}
        if one["type"] == "datasource"
        else one
        for one in board["templating"]["list"]
    ]
    return board | {"__inputs": inputs, "templating": {"list": variables}}
