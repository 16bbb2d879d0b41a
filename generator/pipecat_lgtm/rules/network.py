"""Alerts about the way between caller and bot, in the order of the three layers' second: network, then media."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.thresholds import Bounds
from pipecat_lgtm.queries import traceql
from pipecat_lgtm.rules import network_signals as signals
from pipecat_lgtm.rules.build import Row, alert, levels
from pipecat_lgtm.rules.model import Alert, BoundUnit, Signal
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract import signals as s

_DASHBOARD = "pipecat-network"
_Entry = tuple[str, Callable[[float], Signal], tuple[str, Bounds[Any], BoundUnit], str, str]
_WHERE = f"{{{{ $labels.{labels.SIDE} }}}} side, {{{{ $labels.{labels.DIRECTION} }}}}"


def alerts(config: Config) -> Iterator[Alert]:
    """Return the alerts."""
    bounds = config.thresholds
    table: tuple[_Entry, ...] = (
        (
            "PipecatJitterHigh", partial(signals.line_p95, config, m.WEBRTC_JITTER, s.JITTER),
            ("webrtc_jitter", bounds.webrtc_jitter, "seconds"),
            f"{{service}}: jitter of {{value}} ({_WHERE}; P95, bound {{bound}})",
            "Packets arrive unevenly: the jitter buffer grows, and with it every answer's delay. Investigate; no page.",
        ),
        (
            "PipecatPacketLossHigh", signals.packet_loss,
            ("webrtc_packet_loss", bounds.webrtc_packet_loss, "ratio"),
            f"{{service}}: {{value}} of the audio packets are lost ({_WHERE}; bound {{bound}})",
            "Callers hear gaps, or the bot mishears them. Speech recognition and turn detection suffer first.",
        ),
        (
            "PipecatJitterBufferHigh", partial(signals.line_p95, config, m.WEBRTC_JITTER_BUFFER, s.JITTER_BUFFER),
            ("webrtc_jitter_buffer", bounds.webrtc_jitter_buffer, "seconds"),
            f"{{service}}: audio waits {{value}} in the jitter buffer ({_WHERE}; P95, bound {{bound}})",
            "That wait is part of every turn, on top of what the stages take.",
        ),
        (
            "PipecatNacksRising", signals.nack_rise, ("nack_rise", bounds.nack_rise, "factor"),
            "{service}: {value} times the retransmissions of the hour before "
            f"({{{{ $labels.{labels.DIRECTION} }}}})",
            "Packets are asked for again more and more often: loss is on its way. Investigate; no page.",
        ),
        (
            "PipecatAudioSilent", partial(signals.audio_silent, config),
            ("audio_silent", bounds.audio_silent, "ratio"),
            f"{{service}}: no sound in {{value}} of the callers' audio reports ({_WHERE}; bound {{bound}})",
            "The bot hears nothing: muted microphones, a track that is not sent, a wrong device or codec.",
        ),
    )  # fmt: skip
    for name, signal, (key, level, unit), summary, description in table:
        row = Row(name, signal, summary, description, _DASHBOARD, lambda _: traceql.calls())
        yield from (alert(config, row, severity, bound) for severity, bound in levels(key, level, unit))
