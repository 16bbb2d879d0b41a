"""Places real calls on the sandbox, waits until they are visible, and holds the numbers against what was injected."""

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.errors import CheckFailed, EngineError
from pipecat_lgtm.ops import comparing, comparing_bridge
from pipecat_lgtm.ops.comparing import Conditions, Row
from pipecat_lgtm.ops.placing import Mode, Placed, Watch, order, placed
from pipecat_lgtm.ops.visible import Stores
from pipecat_lgtm.queries import audit
from pipecat_lgtm.sandbox.scenarios import SCENARIOS


@dataclass(frozen=True)
class Outcome:
    """What the calls were, and what became visible of them."""

    service: str
    ledger: dict[str, Any]
    rows: list[Row]


def require_installed() -> None:
    """Make sure that the sandbox can run, before anything is built or started for it.

    Raises:
        EngineError: what it needs is not installed.
    """
    if missing := [name for name in ("aiohttp", "pipecat", "prometheus_client") if find_spec(name) is None]:
        raise EngineError(
            f"sandbox: {', '.join(missing)} not installed in {sys.prefix}",
            "install the extra `sandbox`: `pip install '.[sandbox]'` or `make setup` in this project's repository",
        )


def scenarios(wanted: list[str]) -> list[str]:
    """Return the scenarios to call, by default all that inject something.

    Raises:
        EngineError: there is none of such a name.
    """
    if unknown := sorted(set(wanted) - set(SCENARIOS)):
        raise EngineError(f"sandbox: no scenario {', '.join(unknown)}", f"one of {', '.join(SCENARIOS)}")
    return wanted or [name for name, one in SCENARIOS.items() if not one.baseline]


def first_call(config: Config, watch: Watch) -> Placed:
    """Place one call and return once its turns are counted, which needs no store but Prometheus.

    Raises:
        CheckFailed: they are not.
        EngineError: the sandbox could not run.
    """
    with placed(config, ["normal"], "bridge", watch) as done:
        turns = done.ledger["totals"]["spans"].get("turn", 0)
        stores = Stores(config)
        seen = comparing.until(lambda: stores.value(audit.turns(done.service, done.window)), turns, watch, "turns")
        if not turns or seen != turns:
            raise CheckFailed(f"demo: {seen:g} of {turns} turns counted", "see `pipecat-lgtm logs collector`")
        return done


def calls(  # noqa: PLR0913 - what a run is
    config: Config,
    count: int | None,
    wanted: list[str],
    watch: Watch,
    *,
    mode: Mode = "bridge",
    conditions: Conditions | None = None,
) -> Outcome:
    """Place calls and return what they show, once they are visible.

    Args:
        config: of the running stack.
        count: of calls; by default one of each wanted scenario. Baseline calls are added.
        wanted: scenarios, in turn.
        watch: told what goes on.
        mode: with the bridge, or by Pipecat's own spans only.
        conditions: by default those of a native stack that is up.

    Raises:
        EngineError: the sandbox could not run.
    """
    chosen = scenarios(wanted)
    names = order(len(chosen) if count is None else count, chosen)
    injected = comparing.injected([SCENARIOS[name] for name in names])
    with placed(config, names, mode, watch) as done:
        found = list(comparing.rows(config, done, injected, conditions or Conditions(), watch))
        if mode == "bridge":
            found += comparing_bridge.rows(config, done, injected, watch)
        return Outcome(done.service, done.ledger, found)


def judged(outcome: Outcome) -> None:
    """Fail if a number is wrong.

    Raises:
        CheckFailed: names the signals.
    """
    wrong = [row.signal for row in outcome.rows if row.verdict == "wrong"]
    if wrong:
        raise CheckFailed(
            f"demo: {', '.join(wrong)} differ from what was emitted or injected",
            "`pipecat-lgtm logs collector` shows why; a busy machine makes stages slower",
        )
