"""A service with a past: what Prometheus would hold of it, had it run for longer than a test can wait."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from pipecat_lgtm.config import Config
from pipecat_lgtm.rules import baselines
from pipecat_lgtm.rules.model import Signal
from pipecat_lgtm.rules.recordings import latency_name, usual
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m

_DAY = 86400
_ENVIRONMENT = "demo"
_SECONDS_OF_NACKS = 70 * 60
_NACKS_EVERY = 60


def write(promtool: Path, folder: Path, config: Config, service: str, *, bridge: bool) -> None:
    """Write blocks of a service's history up to now: half, twice and half of what `bridge_facts` states later.

    Args:
        promtool: writes them.
        folder: Prometheus' data folder, before Prometheus starts.
        config: says how long the past must be to be compared with.
        service: whose past it is.
        bridge: with what the bridge feeds: a judge's scores, word errors, the NACKs of the last hour.
    """
    now, alerts = int(time.time()), config.alerts
    lines = [*_recorded(config, service, baselines.regression(config, alerts.window), {labels.STAGE: "tts"}, 0.1, now)]
    lines += _yesterday(latency_name(m.TURN_TTFW, 0.95, usual(config)), service, now)
    if bridge:
        judged, heard = (of(config, alerts.quality_window) for of in (baselines.judged, baselines.word_errors))
        judge = dict(zip(labels.JUDGE, ("tone_accuracy", "judge", "gpt-4.1", "3"), strict=True))
        lines += _recorded(config, service, judged, judge, 0.95, now)
        lines += _recorded(config, service, heard, {labels.PROVIDER: "deepgram"}, 0.04, now)
        lines += _nacks(service, now)
    folder.mkdir(parents=True, exist_ok=True)
    text = folder.with_name(f"{service}.om")
    text.write_text("".join((*lines, "# EOF\n")), encoding="utf-8")
    command = [promtool, "tsdb", "create-blocks-from", "--max-block-duration=720h", "openmetrics", text, folder]
    subprocess.run(command, check=True, capture_output=True)
    text.unlink()


def _recorded(config: Config, service: str, signal: Signal, own: dict[str, str], was: float, now: int) -> Iterator[str]:
    base = config.alerts.baseline
    step = int(base.step)
    value_of, _past, _ready = signal.support[-3:]
    series = _series(value_of.name, service, own)
    begin = int(now - base.window - base.offset - _DAY) // step * step
    yield from (f"{series} {was} {at}\n" for at in range(begin, now, step))


def _yesterday(name: str, service: str, now: int) -> Iterator[str]:
    series = f'{name}{{{labels.SERVICE_NAME}="{service}",{labels.ENVIRONMENT}="{_ENVIRONMENT}"}}'
    yield from (f"{series} 0.7 {at}\n" for at in range(now - _DAY - 1800, now - _DAY + 1800, 60))


def _nacks(service: str, now: int) -> Iterator[str]:
    series, begin = _series(m.WEBRTC_NACKS.prometheus, service, {labels.DIRECTION: "inbound"}), now - _SECONDS_OF_NACKS
    yield from (f"{series} {(at - begin) / _NACKS_EVERY:g} {at}\n" for at in range(begin, now, _NACKS_EVERY))


def _series(name: str, service: str, own: dict[str, str]) -> str:
    every = {labels.SERVICE_NAME: service, labels.ENVIRONMENT: _ENVIRONMENT, **own}
    matchers = ",".join(f'{label}="{value}"' for label, value in every.items())
    return f"{name}{{{matchers}}}"
