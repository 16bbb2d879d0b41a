"""Holds dashboards against what Grafana loads without an error and shows wrong, or shows to nobody.

Each rule stands for a fault that was seen in a real Grafana 12.3.
"""

from collections.abc import Iterable, Iterator

from pipecat_lgtm.dashboards.lint import boards as of_boards
from pipecat_lgtm.dashboards.lint import links, panels
from pipecat_lgtm.dashboards.lint.fault import Fault, Json, panels_of

__all__ = ["Fault", "lint"]


def lint(boards: Iterable[Json], sources: Iterable[Json] = ()) -> Iterator[Fault]:
    """Yield the faults of dashboards and of the data sources provisioned with them.

    Args:
        boards: all dashboards of a Grafana that links may lead to, as they are stored.
        sources: the entries of `datasources` in a provisioning file.
    """
    known = {board["uid"]: board for board in boards}
    for uid, board in known.items():
        for rule in of_boards.RULES:
            yield from (Fault(uid, "", rule.__name__, text) for text in rule(board))
        for panel in panels_of(board):
            for check in panels.RULES:
                yield from (Fault(uid, _named(panel), check.__name__, text) for text in check(panel, board))
        for where, text in links.of_board(board, known):
            yield Fault(uid, _named(where) if where else "", "links_lead_somewhere", text)
    for source in sources:
        for text in links.of_source(source, known):
            yield Fault(source["name"], "", "links_lead_somewhere", text)


def _named(panel: Json) -> str:
    return f"{panel['id']} {panel.get('title', '')!r}"
