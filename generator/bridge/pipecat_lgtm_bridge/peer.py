"""What one look at a peer connection's statistics says since the look before; audio only.

aiortc states loss, jitter and round trips. It has no jitter buffer figures, no NACKs for audio and no audio level: the
caller's side (the browser module) states those, and the level of what arrives is measured on the audio itself.
"""

from collections.abc import Iterable
from typing import Any

from pipecat_lgtm_bridge.contract import events as e

_OPUS_CLOCK = 48_000
"""Audio over WebRTC is Opus, whose RTP clock is 48 kHz whatever it samples at (RFC 7587)."""

_LATE = 10
"""Packets by which the number of lost ones may fall: late ones that arrive, or some that come twice."""

Values = dict[str, float]


class Peer:
    """Remembers totals; returns what happened since.

    What was not measured since the look before is absent: a report that stands still says nothing of the network now.

    Args:
        clock_rate: RTP clock of the audio codec in Hz; jitter is stated in its ticks.
    """

    def __init__(self, clock_rate: int = _OPUS_CLOCK) -> None:
        self.clock_rate = clock_rate
        self._before: dict[tuple[str, int], float] = {}
        self._stamps: dict[tuple[str, int], Any] = {}
        self._sent = 0.0

    def look(self, stats: Iterable[Any]) -> dict[str, Values]:
        """Return values per direction: inbound is from the caller to the bot.

        Args:
            stats: aiortc's RTCStats objects.
        """
        audio = [one for one in stats if getattr(one, "kind", "audio") == "audio"]
        found: dict[str, Values] = {"inbound": {}, "outbound": {}}
        self._sent += sum(self._since(one, "packetsSent") or 0.0 for one in audio if one.type == "outbound-rtp")
        for one in audio:
            if one.type == "inbound-rtp":
                received = self._since(one, "packetsReceived")
                self._state(found["inbound"], one, received, lost_apart=True)
            elif one.type == "remote-inbound-rtp" and self._is_new(one):
                # Of what was sent since the report before, which may be longer ago than the look before.
                self._state(found["outbound"], one, self._of(one, "sent", self._sent))
                if getattr(one, "roundTripTime", None):
                    found["outbound"][e.RTT.name] = float(one.roundTripTime)
        return {direction: values for direction, values in found.items() if values}

    def _is_new(self, one: Any) -> bool:  # noqa: ANN401
        """Return whether a report has come since the look before: the last one is kept when no more come."""
        key, stamp = (one.type, getattr(one, "ssrc", 0)), getattr(one, "timestamp", None)
        if stamp is not None and self._stamps.get(key) == stamp:
            return False
        self._stamps[key] = stamp
        return True

    def _state(self, values: Values, one: Any, packets: float | None, *, lost_apart: bool = False) -> None:  # noqa: ANN401
        lost = self._since(one, "packetsLost")
        every = (packets or 0.0) + (max(0.0, lost or 0.0) if lost_apart else 0.0)
        if every <= 0:
            return
        if lost is not None and packets is not None:
            values[e.PACKET_LOSS.name] = min(1.0, max(0.0, lost) / every)
        if packets and getattr(one, "jitter", None) is not None:
            values[e.JITTER.name] = one.jitter / self.clock_rate

    def _since(self, one: Any, total: str) -> float | None:  # noqa: ANN401
        """Return by how much a running total has risen, or None where there is none."""
        now = getattr(one, total, None)
        return None if now is None else self._of(one, total, float(now))

    def _of(self, one: Any, total: str, now: float) -> float:  # noqa: ANN401
        key = (f"{one.type}.{total}", getattr(one, "ssrc", 0))
        before = self._before.get(key, 0.0)
        self._before[key] = now
        # Begun again at 0, as after a renegotiation; packets lost fall a little when late ones arrive.
        return now if now < before / 2 and before - now > _LATE else now - before
