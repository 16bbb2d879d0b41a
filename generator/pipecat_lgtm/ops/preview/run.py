"""Runs every query of some dashboards and returns what came back, for people or for machines."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.explain import did_you_mean
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.preview.answers import Drawn
from pipecat_lgtm.ops.preview.choices import Choices, seconds
from pipecat_lgtm.ops.preview.page import page
from pipecat_lgtm.ops.preview.stores import Stores


@dataclass(frozen=True)
class Board:
    """A dashboard with the answers to its panels."""

    data: dict[str, Any]
    panels: list[Drawn]


def boards(
    config: Config,
    uids: list[str],
    last: str = "",
    values: dict[str, str] | None = None,
    watch: Callable[[str, float], None] = lambda _what, _elapsed: None,
) -> list[Board]:
    """Run the queries of dashboards.

    Args:
        config: says where the stores are and what is drawn.
        uids: which dashboards; all without any.
        last: how far back, as `1h`; each dashboard's own range without it.
        values: of Grafana's variables; all values where none is given, the newest call for `trace`.
        watch: is told what goes on.

    Raises:
        CheckFailed: there is no such dashboard, or a variable that none of them has.
    """
    for uid in uids:
        if uid not in DASHBOARDS:
            raise CheckFailed(f"{uid}: there is no such dashboard", f"use one of {', '.join(DASHBOARDS)}")
    _require_known(config, uids or list(DASHBOARDS), values or {})
    stores = Stores(config)
    return [_board(config, stores, uid, last, values or {}, watch) for uid in uids or DASHBOARDS]


def _require_known(config: Config, uids: list[str], values: dict[str, str]) -> None:
    known = {one["name"] for uid in uids for one in DASHBOARDS[uid](config)["templating"]["list"]}
    for name in values:
        if name not in known:
            raise CheckFailed(
                f"--var {name}: no such variable{did_you_mean(name, known)}", f"there are {', '.join(sorted(known))}"
            )


def failures(made: list[Board]) -> list[str]:
    """Return the errors of the queries that failed.

    Raises:
        CheckFailed: all have.
    """
    answers = [answer for board in made for drawn in board.panels for answer in drawn.answers]
    failed = [answer.error for answer in answers if answer.error]
    if failed and len(failed) == len(answers):
        raise CheckFailed(
            f"all {len(failed)} queries failed, the first with: {failed[0]}",
            "does the stack run? `pipecat-lgtm status`",
        )
    return failed


def _board(  # noqa: PLR0913, PLR0917 - what one dashboard needs
    config: Config, stores: Stores, uid: str, last: str, values: dict[str, str], watch: Callable[[str, float], None]
) -> Board:
    data = DASHBOARDS[uid](config)
    # Whole seconds: else the last step of a range falls short of its end by a rounding error.
    now, began = int(time.time()), time.monotonic()
    choices = Choices(now - seconds(last or data["time"]["from"]), now, values)
    if any(one["name"] == "trace" for one in data["templating"]["list"]) and "trace" not in values:
        choices = Choices(choices.start, now, values | {"trace": _newest(stores, choices)})
    drawn = []
    for panel in data["panels"]:
        watch(f"{uid}: {panel['title']}", time.monotonic() - began)
        answers = [stores.ask(target, choices) for target in panel.get("targets", [])]
        drawn.append(Drawn(panel, answers))
    return Board(data, drawn)


def _newest(stores: Stores, choices: Choices) -> str:
    try:
        return stores.latest_call(choices)
    except (CheckFailed, httpx.HTTPError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return ""  # the panels that need Tempo say themselves that it does not answer


def as_html(made: list[Board]) -> str:
    """Return one page with all of it."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return page([(board.data, board.panels) for board in made], when)


def as_data(made: list[Board]) -> dict[str, Any]:
    """Return the same as JSON data: per dashboard and panel what was asked and what came back."""
    return {
        board.data["uid"]: [
            {"id": drawn.panel["id"], "title": drawn.panel["title"], "type": drawn.panel["type"],
             "answers": [asdict(answer) | {"count": answer.count} for answer in drawn.answers]}
            for drawn in board.panels if drawn.panel["type"] != "row"
        ]
        for board in made
    }  # fmt: skip
