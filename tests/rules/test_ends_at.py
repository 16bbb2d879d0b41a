"""End-to-end alerts say of which bots, without the bridge, their value is the time to the first word once more."""

from pathlib import Path

import pytest
from feeds import Phase, Series, counter, histogram
from held import rules_of, run
from services import labels_of

from pipecat_lgtm.config import Config
from pipecat_lgtm_bridge.contract import metrics as m

pytestmark = pytest.mark.rules

STEPS = 200


def _alert(name: str, service: str, **more: str) -> dict[str, object]:
    labels = {"alertname": name, "alertstate": "firing", "severity": "warning", **labels_of(service), **more}
    return {"labels": "ALERTS{" + ", ".join(f'{key}="{value}"' for key, value in labels.items()) + "}", "value": 1}


@pytest.mark.parametrize(("name", "count"), [("PipecatE2eHigh", 5.0), ("PipecatE2eHighLowTraffic", 0.2)])
def test_marked_without_the_bridge(config: Config, promtool: Path, tmp_path: Path, name: str, count: float) -> None:
    """The alert of a bot without the bridge has the label, that of one with it has not, whatever its versions."""
    series: Series = {}
    for service in ("plain", "bridged"):
        series |= histogram(config, m.TURN_E2E, labels_of(service), [Phase(STEPS, 2.5, count)])
    for version in ("1", "2"):
        own = {**labels_of("bridged"), "service_version": version}
        series |= counter(m.HEARTBEATS.prometheus, own, [Phase(STEPS, 0, 1)])
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": one, "values": values} for one, values in series.items()],
                "promql_expr_test": [
                    {
                        "eval_time": f"{(STEPS - 1) * 15}s",
                        "expr": f'ALERTS{{alertname="{name}", severity="warning"}}',
                        "exp_samples": [_alert(name, "plain", ends_at="first_audio"), _alert(name, "bridged")],
                    }
                ],
            }
        ],
    }
    run(promtool, tmp_path, rules_of(config, name), test)
