"""Brings the dashboards into a Grafana that somebody already runs, and leaves alone what a person changed there."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.dashboards import as_text
from pipecat_lgtm.ops.deploy.grafana import Datasource, Grafana, Held

MARK = "pipecat-lgtm deploy"
"""How the message of a version begins that was saved by us; another message is a person's."""

STORES = ("prometheus", "tempo", "loki")
Verb = Literal["create", "update", "unchanged", "replace", "remove", "absent", "left alone", "provisioned"]


@dataclass(frozen=True)
class Step:
    """What becomes of one dashboard.

    Args:
        uid: of the dashboard.
        verb: create; update (ours, and older); unchanged; replace (a person's change is overwritten, as asked);
            remove; absent (there is nothing to remove); left alone (a person changed it); provisioned (it comes from
            that Grafana's own files).
        data: what would be saved; nothing if it is to be removed.
        held: what is there.
        difference: from what is there to ours, as a unified diff.
    """

    uid: str
    verb: Verb
    data: dict[str, Any]
    held: Held | None
    difference: str

    @property
    def why(self) -> str:
        """Who changed it and when, where a person did."""
        if self.held is None or self.verb == "provisioned" or self.held.message.startswith(MARK):
            return ""
        if self.verb not in {"left alone", "replace", "remove"}:
            return ""
        return f"saved by {self.held.by} {self.held.at}".strip()


def mapped(found: list[Datasource], wanted: dict[str, str]) -> dict[str, Datasource]:
    """Return the datasource of each store.

    Args:
        found: what the Grafana has.
        wanted: uid or name by store, as the user says; else the only one of that type, else the default one.

    Raises:
        CheckFailed: there is none, there are several, or the one named is not there.
    """
    chosen = {}
    for store in STORES:
        fitting = [one for one in found if one.kind == store]
        names = ", ".join(f"{one.uid} ({one.name})" for one in fitting) or "none"
        if store in wanted:
            fitting = [one for one in fitting if wanted[store] in {one.uid, one.name}]
            if not fitting:
                raise CheckFailed(
                    f"--datasource {store}={wanted[store]}: there is no such {store} datasource", f"there are: {names}"
                )
        if len(fitting) > 1:
            fitting = [one for one in fitting if one.default]
        if len(fitting) != 1:
            raise CheckFailed(
                f"which {store} datasource? there are: {names}",
                f"name it: --datasource {store}=UID"
                if names != "none"
                else f"add a {store} datasource to that Grafana",
            )
        chosen[store] = fitting[0]
    return chosen


def pointed(board: dict[str, Any], sources: dict[str, Datasource]) -> dict[str, Any]:
    """Return a dashboard whose datasource variables stand on the chosen datasources."""
    variables = [
        one | {"current": {"selected": True, "text": sources[one["query"]].name, "value": sources[one["query"]].uid}}
        if one["type"] == "datasource"
        else one
        for one in board["templating"]["list"]
    ]
    return board | {"templating": {"list": variables}, "editable": True}


def steps(server: Grafana, boards: dict[str, dict[str, Any]], folder: str | None, *, overwrite: bool) -> Iterator[Step]:
    """Yield what would become of each dashboard; nothing is changed.

    Args:
        server: the Grafana.
        boards: as they should be, by uid.
        folder: uid of the folder they belong in; None if it is yet to be made.
        overwrite: a person's changes may go.
    """
    for uid, board in boards.items():
        held = server.dashboard(uid)
        if held is None:
            yield Step(uid, "create", board, None, "")
            continue
        difference = _difference(uid, held.data, board)
        yield Step(uid, _verb(held, folder, overwrite=overwrite, differs=bool(difference)), board, held, difference)


def _verb(held: Held, folder: str | None, *, overwrite: bool, differs: bool) -> Verb:
    if not differs and held.folder == (folder or ""):
        return "unchanged"
    if held.provisioned:
        return "provisioned"
    if held.message.startswith(MARK):
        return "update"
    return "replace" if overwrite else "left alone"


def removals(server: Grafana, uids: Iterable[str], *, overwrite: bool) -> Iterator[Step]:
    """Yield what would become of each dashboard if all are taken away again; nothing is changed.

    Args:
        server: the Grafana.
        uids: of the dashboards.
        overwrite: a person's changes may go.
    """
    for uid in uids:
        held = server.dashboard(uid)
        yield Step(uid, _end(held, overwrite=overwrite), {}, held, "")


def _end(held: Held | None, *, overwrite: bool) -> Verb:
    if held is None:
        return "absent"
    if held.provisioned:
        return "provisioned"
    return "remove" if overwrite or held.message.startswith(MARK) else "left alone"


def carry_out(server: Grafana, step: Step, folder: str, version: str) -> None:
    """Save or remove one dashboard, if that is what its step says."""
    if step.verb == "remove":
        server.remove(step.uid)
    elif step.verb in {"create", "update", "replace"}:
        message = f"{MARK} {version}"
        server.save(step.data, folder, message, over=step.held.version if step.held else None)


def _difference(uid: str, there: dict[str, Any], ours: dict[str, Any]) -> str:
    """Return the diff of what we say; what Grafana adds of its own does not count."""
    lines = difflib.unified_diff(
        as_text(_whole(_like(there, ours))).splitlines(keepends=True),
        as_text(_whole(ours)).splitlines(keepends=True),
        f"in Grafana/{uid}",
        f"ours/{uid}",
    )
    return "".join(lines)


def _whole(data: Any) -> Any:  # noqa: ANN401 - JSON
    """Return data with whole numbers as Grafana writes them: 2, and not 2.0."""
    if isinstance(data, dict):
        return {key: _whole(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_whole(value) for value in data]
    return int(data) if isinstance(data, float) and data.is_integer() else data


def _like(there: Any, ours: Any) -> Any:  # noqa: ANN401 - JSON
    """Return what is there without the keys that we do not set."""
    if isinstance(there, dict) and isinstance(ours, dict):
        return {key: _like(there[key], value) for key, value in ours.items() if key in there}
    if isinstance(there, list) and isinstance(ours, list) and len(there) == len(ours):
        return [_like(one, other) for one, other in zip(there, ours, strict=True)]
    return there
