"""Who produces what the quality dashboards show, and whether it runs."""

import re
from collections.abc import Iterator

import httpx

from pipecat_lgtm import http
from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.alerts import address
from pipecat_lgtm.ops.deploy import target
from pipecat_lgtm.ops.deploy.prometheus import Prometheus
from pipecat_lgtm.ops.doctor.finding import Finding
from pipecat_lgtm_bridge.contract import heartbeat as h

_TIMEOUT_SECONDS = 5.0
_ON = "quality.heartbeat.targets in stack.yaml, then `pipecat-lgtm up` (docs/quality.md)"


def findings(config: Config) -> Iterator[Finding]:
    """Yield what synthetic calls say of each bot, and which metrics nobody produces."""
    yield from _calls(config)
    try:
        found = [one for one in target.metrics(Prometheus(address(config))) if one.metric.producer]
    except CheckFailed as error:
        yield Finding("quality", "producers", "wrong", error.message, error.hint)
        return
    called = bool(config.quality.heartbeat.targets)
    for one in found:
        if one.present or (called and one.metric.feed == "heartbeat"):
            continue
        hint = _ON if one.metric.feed == "heartbeat" else f"it comes from {one.metric.producer} (docs/telemetry.md)"
        yield Finding("quality", one.metric.prometheus, "look", f"nobody feeds it: {one.metric.brief}", hint)


def _calls(config: Config) -> Iterator[Finding]:
    targets = {one.name for one in config.quality.heartbeat.targets}
    if not targets:
        yield Finding("quality", "synthetic calls", "look", "are off: nothing feeds uptime and word errors", _ON)
        return
    url = f"http://{config.network.inside_host}:{config.network.ports.heartbeat}/metrics"
    try:
        text = http.request("GET", url, _TIMEOUT_SECONDS).text
    except httpx.HTTPError:
        return  # said of the part
    up = dict(re.findall(rf'^{h.UP}\{{{h.TARGET}="(.+)"\}} (.+)$', text, re.MULTILINE))
    yield from _seldom(config)
    for name in sorted(targets):
        if name not in up:
            yield Finding("quality", name, "look", "has not been called yet", "")
        elif float(up[name]):
            yield Finding("quality", name, "fine", "its last synthetic call was ok")
        else:
            hint = f"`pipecat-lgtm heartbeat --once --target {name}`; docs/quality.md has the verdicts"
            yield Finding("quality", name, "wrong", "its last synthetic call was not ok", hint)


def _seldom(config: Config) -> Iterator[Finding]:
    """Yield which bots are called too seldom for the quickest burn rate."""
    quickest = min(config.alerts.burn_rates, key=lambda one: one.long, default=None)
    if quickest is None:
        return
    floor = quickest.min_samples or config.alerts.min_samples
    calls = config.quality.heartbeat
    for one in calls.targets:
        if quickest.long / calls.interval(one) < floor:
            said = f"is called less than {floor} times in {format_seconds(quickest.long)}: that burn rate never fires"
            yield Finding(
                "quality", one.name, "look", said, "quality.heartbeat.every, or min_samples of that burn rate"
            )
