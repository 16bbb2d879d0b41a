"""What the demo counts as its own: the growth since it began, whatever the bot's service counted before."""

from pathlib import Path

import pytest
from held import run

from pipecat_lgtm.queries import audit

pytestmark = pytest.mark.rules


@pytest.mark.parametrize(
    ("values", "grown"),
    [
        pytest.param("_x20 0 1 3 3", 3, id="first calls of the service"),
        pytest.param("7x20 7 8 10 10", 3, id="after earlier calls"),
        pytest.param("7x10 stale _x9 0 1 3 3", 3, id="long after earlier calls"),
        pytest.param("3x18 _ _ 0 2 3 3", 3, id="as many as an earlier collector counted just before"),
        pytest.param("7x24", 0, id="no calls yet"),
    ],
)
def test_what_grew_since_the_demo_began(values: str, grown: int, tmp_path: Path, promtool: Path) -> None:
    """Turns of earlier demos are in no count, whether their collector still runs or another one does."""
    test = {
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": 'pipecat_turns_total{service_name="bot"}', "values": values}],
                "promql_expr_test": [
                    {
                        "expr": audit.turns("bot", "55s").expr,
                        "eval_time": "6m",
                        "exp_samples": [{"labels": "{}", "value": grown}],
                    }
                ],
            }
        ],
    }

    run(promtool, tmp_path, {"groups": []}, test)
