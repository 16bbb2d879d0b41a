"""Alerts about failures: conversations with a component failure, and the stage that fails."""

from collections.abc import Iterator
from functools import partial

from pipecat_lgtm.config import Config
from pipecat_lgtm.queries import traceql
from pipecat_lgtm.rules import rare, signals
from pipecat_lgtm.rules.build import LOW_TRAFFIC, Row, alert, levels
from pipecat_lgtm.rules.model import Alert
from pipecat_lgtm_bridge.contract import labels

_DASHBOARD = "pipecat-errors"


def alerts(config: Config) -> Iterator[Alert]:
    """Return the alerts."""
    bounds = config.thresholds
    given = list(levels("error_ratio", bounds.error_ratio, "ratio"))
    for row in (_conversations("High"), _stages(config)):
        yield from (alert(config, row, severity, bound) for severity, bound in given)
    sustained = _conversations("Sustained")
    for severity, bound in levels("error_ratio_sustained", bounds.error_ratio_sustained, "ratio"):
        yield alert(config, sustained, severity, bound, hold=config.alerts.sustained_hold)
    if given:
        yield rare.companion(config, _few(), given[0][1], signals.failed_conversations)


def _conversations(kind: str) -> Row:
    return Row(
        f"PipecatErrorRate{kind}",
        signals.conversation_failures,
        "{service}: a component failed in {value} of the conversations (bound {bound})",
        "Callers heard nothing, an apology, or the wrong thing. The dashboard names stage, provider and category.",
        _DASHBOARD,
        lambda _: traceql.failed(),
    )


def _stages(config: Config) -> Row:
    return Row(
        "PipecatStageErrorRateHigh",
        partial(signals.stage_errors, config),
        f"{{service}}: {{value}} of the requests to {{{{ $labels.{labels.STAGE} }}}} fail (bound {{bound}})",
        "Seen at once, while the calls still run. Without the bridge only failures of the language model are known.",
        _DASHBOARD,
        lambda _: traceql.failed(),
    )


def _few() -> Row:
    return Row(
        f"PipecatErrorRateHigh{LOW_TRAFFIC}",
        signals.conversation_failures,
        "{service}: a component failed in {value} of few conversations",
        "This bot has too few conversations for a share, so failed ones are counted over hours.",
        _DASHBOARD,
        lambda _: traceql.failed(),
    )
