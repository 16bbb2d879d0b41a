"""Judges a call's audio by what a browser wrote down of it, network first, then media."""

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Literal

from pipecat_lgtm.config.thresholds import Bounds, Thresholds
from pipecat_lgtm.config.units import format_ratio
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.webrtc_dump import Connection, Report, Series, State, read

Verdict = Literal["good", "investigate", "bad", "stated", "unknown"]
Layer = Literal["1 network", "2 media"]
_CONNECTED = ("connected", "completed")
_LOST = ("failed", "disconnected")

_WINDOW = 5.0
"""Seconds of the worst window: a sentence that was not understood."""
_BURST = 10
"""Packets lost in a window that are heard: a fifth of a second of speech at 20 ms a packet."""
_GAP = 5.0
"""Seconds without a packet that are more than a pause of a sender that sends nothing while it is silent."""
_UNMEASURED = {"received": 5.0, "sent": 20.0}
"""Seconds without a value, while packets go, that are no pause: the browser's own come each second, the other side's
receiver reports every 5 s or so, and some of them are lost."""
_FIRST_CLOCK = 1e8
"""A time below it is no time since 1970, but seconds into a dump without a clock."""


@dataclass(frozen=True)
class Finding:
    """One line of the verdict.

    Args:
        connection: the dump's name of the peer connection.
        layer: prove each before going deeper.
        signal: what was looked at, as seen from the browser: `received` is from the bot, `sent` is to it.
        measured: with its unit; of spikes also when.
        bound: above it is bad; empty where there is none.
        verdict: `stated` has no bound to be held against; `unknown` is not in the dump, and so neither good nor bad.
    """

    connection: str
    layer: Layer
    signal: str
    measured: str
    bound: str
    verdict: Verdict


def judge(dump: Path, thresholds: Thresholds) -> list[Finding]:
    """Return what a dump says.

    Raises:
        CheckFailed: the file cannot be read, is no dump, or has no connection or no audio to be judged.
    """
    found: list[Finding] = []
    connections = read(dump)
    used = [one for one in connections if one.reports or one.states]
    if not used:
        raise CheckFailed(
            f"{dump}: holds no peer connection with statistics{_unread(connections)}",
            "open chrome://webrtc-internals before the call begins, and download the dump before its tab is closed",
        )
    heard = [one for one in used if one.audio("inbound-rtp") or one.audio("outbound-rtp")]
    directions = {"received": "inbound-rtp", "sent": "outbound-rtp"}
    only = {side: {one.page for one in heard if _has_only(one, kind)} for side, kind in directions.items()}
    judged_media = {id(one) for one in heard}
    for connection in used:
        judged = _Judged(connection, thresholds)
        judged.network()
        if id(connection) in judged_media:
            for side, kind in directions.items():
                elsewhere = not connection.audio(kind) and connection.page in only[side]
                judged.media(side, elsewhere=elsewhere)
        found += judged.found
    if not heard and not any(one.verdict == "bad" for one in found):
        kinds = sorted({report.kind for one in used for report in one.reports if report.kind})
        raise CheckFailed(
            f"{dump}: no audio in this dump: nothing can be judged (its reports: {', '.join(kinds[:12]) or 'none'})",
            "save the dump of the call's own tab while it is connected; if it was that one, neither side offered audio",
        )
    return found


def _has_only(connection: Connection, kind: str) -> bool:
    kinds = {one for one in ("inbound-rtp", "outbound-rtp") if connection.audio(one)}
    return kinds == {kind}


def _unread(connections: list[Connection]) -> str:
    unread = [f"{one.name}: {what}" for one in connections for what in one.unread]
    return f" (not read: {'; '.join(unread[:3])})" if unread else ""


class _Judged:
    """Collects what is found about a connection."""

    def __init__(self, connection: Connection, thresholds: Thresholds) -> None:
        self.found: list[Finding] = []
        self._connection = connection
        self._thresholds = thresholds
        timed = sorted((state.at, state.value) for state in connection.states if state.at is not None)
        times = [at for at, _ in timed]
        self._losses = [at for at, value in timed if value in _LOST]
        self._returns = [at for at, value in timed if value in _CONNECTED]
        series = [
            one.times[0]
            for report in connection.reports
            for one in (report.series("packetsReceived"), report.series("packetsSent"), report.series("jitter"))
            if one.times
        ]
        clocks = [at for at in series + times if at >= _FIRST_CLOCK]
        close = [at for at in clocks if not series or at >= max(series) - _DAY]
        self._start = min(close or series or [0.0])

    def _add(self, layer: Layer, signal: str, measured: str, verdict: Verdict, bound: str = "") -> None:
        self.found.append(Finding(self._connection.name, layer, signal, measured, bound, verdict))

    def _when(self, at: float | None) -> str:
        """Return a moment, as time into the call and on the clock."""
        if at is None:
            return "at an unknown time"
        into = max(0, round(at - self._start))
        shown = f"at {into // 3600}:{into // 60 % 60:02}:{into % 60:02}"
        if at < _FIRST_CLOCK:
            return shown
        try:
            return f"{shown} ({datetime.fromtimestamp(at, UTC):%H:%M:%S} UTC)"
        except (OverflowError, ValueError, OSError):
            return shown

    # --- layer 1

    def network(self) -> None:
        """State whether there was a connection, by which way, and how long a packet takes."""
        connection = self._connection
        histories = self._histories()
        connected = self._connected(histories)
        for what, seen in histories.items():
            if seen:
                self._history(what, seen, connected=connected)
        if not any(histories.values()):
            if connected:
                self._add("1 network", "ICE states", "not in the dump, but packets went through", "stated")
            else:
                self._add("1 network", "ICE states", "none: ICE never started; nothing sent, nothing received", "bad")
        elif not connected and not histories["ICE"]:
            self._add("1 network", "ICE states", "none: ICE never left new; nothing sent, nothing received", "bad")
        self._candidates(connected=connected)
        trips = [report.series("currentRoundTripTime") for report in connection.of("candidate-pair")]
        if (worst := _worst_mean(trips)) is not None:
            shown = f"{_milliseconds(worst[0])} in the worst {_WINDOW:g} s, {self._when(worst[1])}"
            self._add("1 network", "round trip", shown, "stated")
        for unread in connection.unread:
            self._add("1 network", "not read", unread, "unknown")

    def _histories(self) -> dict[str, list[State]]:
        """Return the states in order: as logged, those of ICE else as sampled."""
        connection = self._connection
        logged = {what: [one for one in connection.states if one.what == what] for what in ("connection", "ICE")}
        if not logged["ICE"]:
            sampled = [
                value for report in connection.of("transport")[:1] for value in _changes(report.texts("iceState"))
            ]
            logged["ICE"] = [State(None, "ICE", value) for value in sampled]
        return logged

    def _connected(self, histories: dict[str, list[State]]) -> bool:
        """Whether there ever was a connection: a state says so, or packets went through."""
        connection = self._connection
        flowing = any(_total(connection.of(kind), name) for kind, name in _COUNTERS)
        stated = any(state.value in _CONNECTED for seen in histories.values() for state in seen)
        pairs = {str(report.last("state")) for report in connection.of("candidate-pair")}
        return flowing or stated or (connection.totals_only and "succeeded" in pairs)

    def _history(self, what: str, seen: list[State], *, connected: bool) -> None:
        path = " → ".join([state.value for state in seen][:_SHOWN_STATES]) + ("…" if len(seen) > _SHOWN_STATES else "")
        first = next((index for index, state in enumerate(seen) if state.value in _CONNECTED), None)
        signal = f"{what} states"
        if first is None:
            if connected and not any(state.value in _LOST for state in seen):
                self._add("1 network", signal, f"{path}; packets went through", "stated")
                return
            if not connected:
                never = "never left new" if {state.value for state in seen} <= {"new"} else "never connected"
                self._add("1 network", signal, f"{path}: {what} {never}; nothing sent, nothing received", "bad")
                return
            first = 0
        lost: State | None = None
        gaps: list[str] = []
        for state in seen[first:]:
            if state.value in _LOST and lost is None:
                lost = state
            elif state.value in _CONNECTED and lost is not None:
                length = f" for {state.at - lost.at:.0f} s" if state.at is not None and lost.at is not None else ""
                gaps.append(f"lost{length} {self._when(lost.at)}")
                lost = None
        remarks = [*gaps[:_SHOWN_GAPS], *([f"and {len(gaps) - _SHOWN_GAPS} more"] if len(gaps) > _SHOWN_GAPS else [])]
        verdict: Verdict = "investigate" if gaps else "good"
        if gaps:
            remarks.append("regained")
        if lost is not None:
            ending, last = self._ending(seen, lost)
            remarks.append(ending)
            verdict = last if last in {"bad", "investigate"} or not gaps else verdict
        self._add("1 network", signal, "; ".join([path, *remarks]), verdict, "connected")

    def _ending(self, seen: list[State], lost: State) -> tuple[str, Verdict]:
        """Return what a connection that was lost and not regained says."""
        connection = self._connection
        again = [at for at in connection.offers if at is not None and lost.at is not None and at > lost.at]
        checked = any(state.value == "checking" for state in seen[seen.index(lost) :])
        if again or checked:
            return f"lost {self._when(lost.at)}; the page tried again, without success", "bad"
        ended = any("closed" in report.texts("dtlsState") for report in connection.of("transport"))
        if ended or connection.closed or seen[-1].value in {"closed", "disconnected"}:
            return f"ended {self._when(lost.at)}", "stated"
        return f"not regained {self._when(lost.at)}: the bot ended the call, or the network broke", "investigate"

    def _candidates(self, *, connected: bool) -> None:
        connection = self._connection
        pairs = connection.of("candidate-pair")
        states = Counter(str(report.last("state")) for report in pairs if report.last("state") is not None)
        shown = [
            f"{side} {', '.join(sorted(kinds)) if kinds else 'none'}" for side, kinds in connection.candidates.items()
        ]
        known = any(connection.candidates.values())
        if states:
            listed = ", ".join(f"{count} {state}" for state, count in sorted(states.items())[:_SHOWN_STATES])
            shown.append(f"pairs: {listed}")
        elif not connected:
            shown.append("no pair was tried")
        if connected and (known or states):
            self._add("1 network", "ICE candidates", "; ".join(shown if known else shown[2:]), "stated")
        elif not connected:
            if connection.candidates["local"] == {"host"}:
                shown.append("STUN and TURN gave no candidate")
            if known and not connection.candidates["remote"]:
                shown.append("the bot's candidates never came: signalling")
            self._add("1 network", "ICE candidates", "; ".join(shown), "bad" if known or states else "unknown")
        if connection.candidate_errors:
            errors = sorted(connection.candidate_errors.items())[:_SHOWN_STATES]
            listed = ", ".join(f"{count} times {what}" for what, count in errors)
            self._add("1 network", "STUN and TURN errors", listed, "stated")

    # --- layer 2

    def media(self, side: str, *, elsewhere: bool) -> None:
        """State whether audio went one way, and how well."""
        kind, counter, judged_by = _SIDES[side]
        connection, thresholds = self._connection, self._thresholds
        reports = connection.audio(kind)
        signal = f"audio, {side}"
        packets = _total(reports, counter)
        if elsewhere:
            self._add("2 media", signal, "by another connection of the page", "stated")
            return
        if not reports:
            what = "no audio arrives from the bot" if side == "received" else "the microphone's audio is not sent"
            self._add("2 media", signal, f"no report of it: {what}", "bad", "> 0 packets")
            return
        if packets is None:
            self._add("2 media", signal, "the dump does not count its packets", "unknown")
        elif not packets:
            what = "no audio arrives from the bot" if side == "received" else "the microphone's audio is not sent"
            self._add("2 media", signal, f"0 packets: {what}", "bad", "> 0 packets")
            return
        else:
            self._flow(signal, packets, reports, counter)
        reporting = connection.audio(judged_by)
        self._loss(side, reporting, reports, counter)
        going = self._going(reports, counter)
        self._level(side, [one.series("jitter") for one in reporting], thresholds.webrtc_jitter, going)
        if side == "received":
            self._jitter_buffer(reports, going)
            asked = _total(reports, "nackCount")
            if asked is not None:
                self._add("2 media", "packets asked for again (NACK), received", f"{asked:g}", "stated")
        source = reports if side == "received" else connection.audio("media-source")
        self._loudness(side, [*source, *connection.audio(f"{side}-track")])

    def _flow(self, signal: str, packets: float, reports: list[Report], counter: str) -> None:
        """State that packets went, and where they stopped while the connection was there."""
        counted = f"{packets:.0f} packets"
        course = _together([_running(report.series(counter)) for report in reports])
        gaps = [(begin, end) for begin, end in _flat(course) if end - begin >= _GAP]
        gaps = [gap for gap in gaps if not self._away(*gap)]
        if not gaps:
            self._add("2 media", signal, counted, "good", "> 0 packets")
            return
        begin, end = max(gaps, key=lambda gap: gap[1] - gap[0])
        if gaps[-1][1] == course.times[-1] and not self._over(gaps[-1][0]):
            begin, end = gaps[-1]
            shown = f"{counted}; none in the last {end - begin:.0f} s, {self._when(begin)}"
            self._add("2 media", signal, shown, "bad", "> 0 packets")
        elif gaps[-1][1] == course.times[-1] and len(gaps) == 1:
            self._add("2 media", signal, f"{counted}; ended {self._when(begin)}", "good", "> 0 packets")
        else:
            shown = f"{counted}; none for {end - begin:.0f} s, {self._when(begin)}"
            self._add("2 media", signal, shown, "investigate", "> 0 packets")

    def _away(self, begin: float, end: float) -> bool:
        """Whether the connection was lost and regained during a gap: layer 1 states that."""
        lost = bisect_left(self._losses, begin)
        if lost == len(self._losses):
            return False
        back = bisect_right(self._returns, self._losses[lost])
        return back < len(self._returns) and self._returns[back] <= end + _GAP

    def _over(self, since: float) -> bool:
        """Whether the connection ended about when the packets did."""
        last = self._connection.states[-1] if self._connection.states else None
        gone = last is not None and last.value in {*_LOST, "closed"}
        closed = any("closed" in report.texts("dtlsState") for report in self._connection.of("transport"))
        before = last is None or last.at is None or last.at < _FIRST_CLOCK or last.at >= since - _GAP
        return (gone and before) or closed or self._connection.closed

    def _loss(self, side: str, reporting: list[Report], counted: list[Report], counter: str) -> None:
        bounds = self._thresholds.webrtc_packet_loss
        signal = f"packets lost, {side}"
        lost = _total(reporting, "packetsLost")
        packets = _total(counted, counter)
        if lost is None or not packets:
            self._add("2 media", signal, "not in the dump", "unknown")
            return
        including = side == "sent"
        whole = _share(lost, packets, including=including)
        limit = _limit(bounds)
        shown = f"{whole * 100:.2f} % of all"
        verdict = _verdict(whole, bounds)
        course = _together([_running(report.series("packetsLost")) for report in reporting])
        base = _together([_running(report.series(counter)) for report in counted])
        if self._connection.totals_only or not (worst := _worst_share(course, base, including=including)):
            shown += "; the dump has totals only, no course: spikes cannot be seen"
        else:
            shown += f"; {worst.share * 100:.1f} % in the worst {worst.seconds:.0f} s, {self._when(worst.at)}"
            above = _seconds_above(course, base, limit, including=including)
            if worst.lost >= _BURST and worst.share > limit:
                shown += f"; above the bound for {above:.0f} s"
                verdict = max(verdict, _verdict(worst.share, bounds), key=_WORSE.index)
        times = [at for report in reporting for at in report.series("packetsLost").times]
        if unmeasured := self._unmeasured(side, times, self._going(counted, counter)):
            shown += f"; {unmeasured}"
            verdict = "unknown" if verdict == "good" else verdict
        self._add("2 media", signal, shown, verdict, format_ratio(limit))

    def _going(self, reports: list[Report], counter: str) -> tuple[float, float] | None:
        """Return from when to when packets went, up to a loss of the connection; None if the dump does not say."""
        course = _together([_running(report.series(counter)) for report in reports])
        rises = [index for index in range(1, len(course.times)) if course.values[index] > course.values[index - 1]]
        if self._connection.totals_only or not rises:
            return None
        last = self._connection.states[-1] if self._connection.states else None
        gone = last is not None and last.value in {*_LOST, "closed"}
        lost = [state.at for state in self._connection.states if state.value in {*_LOST, "closed"} and state.at]
        back = max((state.at for state in self._connection.states if state.value in _CONNECTED and state.at), default=0)
        ends = [at for at in lost if at > max(back, _FIRST_CLOCK)] if gone else []
        return course.times[rises[0] - 1], min([course.times[rises[-1]], *ends])

    def _unmeasured(self, side: str, times: list[float], going: tuple[float, float] | None) -> str:
        """Return for how long packets went and nothing was measured; empty if never for long."""
        if going is None:
            return ""
        begin, end = going
        moments = [begin, *sorted(at for at in times if begin < at < end), end]
        gap, since = max((after - before, before) for before, after in pairwise(moments))
        return f"not measured for {gap:.0f} s, {self._when(since)}" if gap >= _UNMEASURED[side] else ""

    def _level(self, side: str, series: list[Series], bounds: Bounds[float], going: tuple[float, float] | None) -> None:
        signal = f"jitter, {side}"
        worst = _worst_mean(series)
        limit = _milliseconds(_limit(bounds))
        if worst is None:
            self._add("2 media", signal, "not in the dump", "unknown", limit)
            return
        shown = f"{_milliseconds(worst[0])} in the worst {_WINDOW:g} s, {self._when(worst[1])}"
        if self._connection.totals_only:
            shown = f"{_milliseconds(worst[0])} when the dump was saved"
        verdict = _verdict(worst[0], bounds)
        if unmeasured := self._unmeasured(side, [at for one in series for at in one.times], going):
            shown += f"; {unmeasured}"
            verdict = "unknown" if verdict == "good" else verdict
        self._add("2 media", signal, shown, verdict, limit)

    def _jitter_buffer(self, reports: list[Report], going: tuple[float, float] | None) -> None:
        bounds = self._thresholds.webrtc_jitter_buffer
        limit = _milliseconds(_limit(bounds))
        signal = "jitter buffer, received"
        inbound = [*reports, *self._connection.audio("received-track")]
        steps = [step for report in inbound for step in _waits(report)]
        if not steps:
            delay, emitted = _total(inbound, "jitterBufferDelay"), _total(inbound, "jitterBufferEmittedCount")
            if delay is None or not emitted:
                self._add("2 media", signal, "not in the dump", "unknown", limit)
                return
            wait = delay / emitted
            shown = f"mean {_milliseconds(wait)}; the dump has totals only, no course: spikes cannot be seen"
            self._add("2 media", signal, shown, _verdict(wait, bounds), limit)
            return
        worst = max(steps, key=lambda step: step.level)
        above = sum(step.seconds for step in steps if step.level > _limit(bounds))
        shown = f"up to {_milliseconds(worst.level)}, {self._when(worst.at)}"
        if above:
            shown += f"; above the bound for {above:.0f} s"
        verdict = _verdict(worst.level, bounds)
        times = [at for one in steps for at in (one.at, one.at + one.seconds)]
        if unmeasured := self._unmeasured("received", times, going):
            shown += f"; {unmeasured}: nothing was taken out of it, or the browser did not say"
            verdict = "unknown" if verdict == "good" else verdict
        self._add("2 media", signal, shown, verdict, limit)

    def _loudness(self, side: str, reports: list[Report]) -> None:
        signal = f"audio level, {side}"
        levels = [level for report in reports for level in report.series("audioLevel").values]
        energy = [value for report in reports for value in report.series("totalAudioEnergy").values]
        silent = "bot is silent" if side == "received" else "muted, or the wrong device"
        if levels and max(levels) > 0:
            self._add("2 media", signal, f"up to {max(levels):.2f}", "good", "> 0")
        elif levels or energy:
            heard = bool(energy) and max(energy) > 0
            self._add("2 media", signal, "heard" if heard else f"always 0: {silent}", "good" if heard else "bad", "> 0")
        else:
            self._add("2 media", signal, "not in the dump", "unknown", "> 0")


_DAY = 86_400.0
_STEP = 1.0
"""Seconds between two values of a dump."""
_NEARLY = 0.5
"""A browser's second is not exact."""
_SHOWN_STATES = 12
_SHOWN_GAPS = 3
_COUNTERS = (("inbound-rtp", "packetsReceived"), ("outbound-rtp", "packetsSent"), ("transport", "packetsReceived"))
_SIDES = {
    "received": ("inbound-rtp", "packetsReceived", "inbound-rtp"),
    "sent": ("outbound-rtp", "packetsSent", "remote-inbound-rtp"),
}
_WORSE: list[Verdict] = ["good", "investigate", "bad"]


@dataclass(frozen=True)
class _Worst:
    share: float
    at: float
    seconds: float
    lost: float


@dataclass(frozen=True)
class _Step:
    level: float
    at: float
    seconds: float


def _changes(values: list[str]) -> list[str]:
    return [value for index, value in enumerate(values) if not index or values[index - 1] != value]


def _total(reports: list[Report], statistic: str) -> float | None:
    """Return the sum of a running total's last values; None where no report has it."""
    ends = [series.values[-1] for report in reports if (series := _running(report.series(statistic))).values]
    return sum(ends) if ends else None


def _running(series: Series) -> Series:
    """Return a running total that begins at 0 again, as after a renegotiation, as one that goes on.

    Packets lost fall a little when late ones arrive or some come twice; that is no new begin.
    """
    before = base = 0.0
    values: list[float] = []
    for value in series.values:
        if value < before / 2 and before - value > _BURST:
            base += before
        before = value
        values.append(base + value)
    return Series(series.times, values)


def _share(lost: float, packets: float, *, including: bool) -> float:
    """Return lost packets as a share of all; `packets` has them among it where it counts what was sent."""
    every = packets if including else packets + lost
    return min(1.0, max(0.0, lost / every)) if every > 0 else 0.0


def _together(every: list[Series]) -> Series:
    """Return the sum of running totals, at each moment at which one of them is known."""
    if len(every) == 1:
        return every[0]
    moments = sorted(
        (at, index, value) for index, one in enumerate(every) for at, value in zip(one.times, one.values, strict=True)
    )
    now = [0.0] * len(every)
    whole = 0.0
    times: list[float] = []
    values: list[float] = []
    for at, index, value in moments:
        whole += value - now[index]
        now[index] = value
        if times and times[-1] == at:
            values[-1] = whole
        else:
            times.append(at)
            values.append(whole)
    return Series(times, values)


def _flat(course: Series) -> list[tuple[float, float]]:
    """Return the stretches without a packet, after the first packet."""
    found: list[tuple[float, float]] = []
    since: float | None = None
    for index in range(1, len(course.times)):
        if course.values[index] <= course.values[index - 1] and course.values[index - 1] > 0:
            since = course.times[index - 1] if since is None else since
        elif since is not None:
            found.append((since, course.times[index - 1]))
            since = None
    if since is not None:
        found.append((since, course.times[-1]))
    return found


def _at(course: Series, moment: float) -> float:
    """Return a running total at a moment, between its samples in proportion."""
    index = bisect_right(course.times, moment)
    if index == 0:
        return course.values[0]
    if index == len(course.times):
        return course.values[-1]
    before, after = course.times[index - 1], course.times[index]
    part = (moment - before) / (after - before) if after > before else 0.0
    return course.values[index - 1] + part * (course.values[index] - course.values[index - 1])


def _windows(times: list[float], seconds: float) -> list[tuple[int, int]]:
    """Return the shortest windows of at least some seconds, by the places of their ends; the whole if it is shorter."""
    found: list[tuple[int, int]] = []
    first = 0
    for last in range(1, len(times)):
        while first + 1 < last and times[last] - times[first + 1] >= seconds - _NEARLY:
            first += 1
        if times[last] - times[first] >= seconds - _NEARLY:
            found.append((first, last))
    if not found and len(times) > 1 and times[-1] > times[0]:
        found.append((0, len(times) - 1))
    return found


def _worst_share(lost: Series, packets: Series, *, including: bool) -> _Worst | None:
    """Return the window that lost the largest share; among those that lost enough to be heard, if there are any."""
    if not packets.times:
        return None
    found: list[_Worst] = []
    for first, last in _windows(lost.times, _WINDOW):
        begin, end = lost.times[first], lost.times[last]
        missing = lost.values[last] - lost.values[first]
        share = _share(missing, _at(packets, end) - _at(packets, begin), including=including)
        found.append(_Worst(share, begin, end - begin, missing))
    return max(found, key=lambda one: (one.lost >= _BURST, one.share), default=None)


def _seconds_above(lost: Series, packets: Series, limit: float, *, including: bool) -> float:
    """Return for how long the share lost was above a limit."""
    total = 0.0
    for index in range(1, len(lost.times)):
        begin, end = lost.times[index - 1], lost.times[index]
        missing = lost.values[index] - lost.values[index - 1]
        if _share(missing, _at(packets, end) - _at(packets, begin), including=including) > limit:
            total += end - begin
    return total


def _worst_mean(every: list[Series]) -> tuple[float, float] | None:
    """Return the highest mean of a window and its begin; a lone value is its own window."""
    found: list[tuple[float, float]] = []
    for one in every:
        sums = list(accumulate(one.values, initial=0.0))
        windows = _windows(one.times, _WINDOW) or [(0, len(one.values) - 1)] if one.values else []
        found += [((sums[last + 1] - sums[first]) / (last + 1 - first), one.times[first]) for first, last in windows]
    return max(found, key=lambda mean: mean[0], default=None)


def _waits(report: Report) -> list[_Step]:
    """Return how long audio waited in the jitter buffer, from one sample to the next."""
    level = report.series("jitterBufferSeconds")
    steps = [_Step(value, at, _STEP) for at, value in zip(level.times, level.values, strict=True)]
    delay, emitted = report.series("jitterBufferDelay"), report.series("jitterBufferEmittedCount")
    count = dict(zip(emitted.times, emitted.values, strict=True))
    both = [(at, value, count[at]) for at, value in zip(delay.times, delay.values, strict=True) if at in count]
    for (begin, waited_before, played_before), (end, waited_by_then, played_by_then) in pairwise(both):
        played, waited = played_by_then - played_before, waited_by_then - waited_before
        if played > 0 and waited >= 0:
            steps.append(_Step(waited / played, begin, end - begin))
    return steps


def _verdict(value: float, bounds: Bounds[float]) -> Verdict:
    verdicts: tuple[tuple[float | None, Verdict], ...] = (
        (bounds.critical, "bad"),
        (bounds.warning, "bad"),
        (bounds.info, "investigate"),
    )
    return next((verdict for level, verdict in verdicts if level is not None and value > level), "good")


def _limit(bounds: Bounds[float]) -> float:
    """Return the mildest bound above which somebody is told."""
    return next(level for level in (bounds.info, bounds.warning, bounds.critical, bounds.target) if level is not None)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
