"""What one look at a peer connection's statistics says since the look before; audio only.

aiortc states loss, jitter and round trips. It has no jitter buffer figures, no NACKs for audio and no audio level: the
caller's side (the browser module) states those, and the level of what arrives is measured on the audio itself.
"""

from collections.abc import Iterable
from typing import Any

from pipecat_lgtm.contract import events as e

_OPUS_CLOCK = 48_000
"""Audio over WebRTC is Opus, whose RTP clock is 48 kHz whatever it samples at (RFC 7587)."""

Values = dict[str, float]


class Peer:
    """Remembers totals; returns what happened since.

    Args:
        clock_rate: RTP clock of the audio codec in Hz; jitter is stated in its ticks.
    """

    def __init__(self, clock_rate: int = _OPUS_CLOCK) -> None:
        self.clock_rate = clock_rate
        self._before: dict[tuple[str, int], int] = {}

    def look(self, stats: Iterable[Any]) -> dict[str, Values]:
        """Return values per direction: inbound is from the caller to the bot.

        Args:
            stats: aiortc's RTCStats objects.
        """
        audio = [one for one in stats if getattr(one, "kind", "audio") == "audio"]
        found: dict[str, Values] = {"inbound": {}, "outbound": {}}
        sent = sum(self._since(one, "packetsSent") for one in audio if one.type == "outbound-rtp")
        for one in audio:
            if one.type == "inbound-rtp":
                lost, received = self._since(one, "packetsLost"), self._since(one, "packetsReceived")
                self._state(found["inbound"], one, max(0, lost), max(0, lost) + received)
            elif one.type == "remote-inbound-rtp":
                self._state(found["outbound"], one, max(0, self._since(one, "packetsLost")), sent)
                if getattr(one, "roundTripTime", None):
                    found["outbound"][e.RTT.name] = float(one.roundTripTime)
        return {direction: values for direction, values in found.items() if values}

    def _state(self, values: Values, one: Any, lost: int, all_of_them: int) -> None:  # noqa: ANN401
        if all_of_them > 0:
            values[e.PACKET_LOSS.name] = min(1.0, lost / all_of_them)
            values[e.JITTER.name] = one.jitter / self.clock_rate

    def _since(self, one: Any, total: str) -> int:  # noqa: ANN401
        key = (f"{one.type}.{total}", one.ssrc)
        now = int(getattr(one, total))
        before = self._before.get(key, 0)
        self._before[key] = now
        return now - before
