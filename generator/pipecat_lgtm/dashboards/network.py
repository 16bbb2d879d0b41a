"""pipecat-network: is it the network? Three layers, in order."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.thresholds import Bounds
from pipecat_lgtm.dashboards.panels.alarms import alarms
from pipecat_lgtm.dashboards.panels.card import NO_REPORT, WITH_BRIDGE, Card, Panel
from pipecat_lgtm.dashboards.panels.fields import to_dashboard
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.palette import BAD, GOOD
from pipecat_lgtm.dashboards.panels.recorded import lately
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.texts import note
from pipecat_lgtm.dashboards.panels.timeline import states
from pipecat_lgtm.queries import Query, scope
from pipecat_lgtm.queries import panels_network as q
from pipecat_lgtm.rules.recordings import latency_name, usual
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m

UID = "pipecat-network"


def network(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    sheet = Sheet(
        UID,
        "Pipecat: network",
        "Is it the network? Prove each layer before you go to the next.",
        leads_to=(("pipecat-latency", "Latency"),),
    )
    bounds = config.thresholds
    return finished(
        config,
        sheet,
        [
            alarms(90),
            Line(3, [_fed()]),
            heading(100, "Layer 1: do connections stand?"),
            Line(8, [_states(), _connect()]),
            heading(101, "Layer 2: does the sound get through?"),
            Line(8, [
                _media(10, "Packet loss, mean", "Do packets get lost?",
                       lately(config, "webrtc_packet_loss_ratio", "mean", "ratio", *q.LINE), bounds.webrtc_packet_loss),
                _media(11, "Jitter, P95", "Do packets come evenly?",
                       lately(config, "webrtc_jitter_seconds", "p95", "seconds", *q.LINE), bounds.webrtc_jitter),
                _media(12, "Jitter buffer, P95", "How long is sound held back?",
                       lately(config, "webrtc_jitter_buffer_seconds", "p95", "seconds", *q.LINE), bounds.webrtc_jitter_buffer),
            ]),
            Line(8, [
                _media(13, "Round trip, P95", "How far away is the caller?", q.worst(m.WEBRTC_RTT), None),
                _nacks(config),
                _level(),
                _silent(config),
            ]),
            heading(102, "Layer 3: is it the pipeline after all?"),
            Line(8, [_over_budget(config)]),
        ],
    )  # fmt: skip


def _fed() -> Panel:
    return note(
        Card(
            91,
            "",
            "Where do the numbers of the first two layers come from?",
            "None of them: the calls are not WebRTC, or the bot runs without the bridge.",
        ),
        f"Layers 1 and 2 show WebRTC calls, reported by the bridge. {WITH_BRIDGE} For other calls, go to layer 3.",
    )


def _states() -> Panel:
    return graph(
        Card(
            1,
            "Connection states",
            "Do connections reach `connected`, and stay there?",
            "failed or disconnected: firewall, TURN server, or the caller's line. Nothing below matters until this is right.",
            "bridge",
            empty=NO_REPORT,
        ),
        [q.states()],
        look="bars",
    )


def _connect() -> Panel:
    return graph(
        Card(
            2,
            "Time to connect, P95",
            "How long does it take until sound can flow?",
            "Seconds: candidates are tried one after the other; look at TURN.",
            "bridge",
            empty=NO_REPORT,
        ),
        [scope.quantile(m.TRANSPORT_CONNECT, 0.95, labels.SERVICE_NAME)],
    )


def _media(identity: int, title: str, question: str, query: Query, bounds: Bounds[Any] | None) -> Panel:
    return graph(
        Card(
            identity,
            title,
            f"{question} Of each side, in each direction.",
            "Red on one side only: that side's line. Red on both: the server's network.",
            "bridge",
            empty=NO_REPORT,
        ),
        [query],
        bounds=bounds,
    )


def _silent(config: Config) -> Panel:
    return graph(
        Card(
            16,
            "Callers who are not heard",
            "Which share of reports on the caller's voice has level 0?",
            "Red: muted microphones or lost tracks; the bot waits for words that never come.",
            "bridge",
            empty=NO_REPORT,
        ),
        [lately(config, "webrtc_audio_silent", "share", "ratio", *q.LINE)],
        bounds=config.thresholds.audio_silent,
        top=1,
    )


def _nacks(config: Config) -> Panel:
    return graph(
        Card(
            14,
            "NACKs, times last hour's",
            "Must packets be sent again (NACKs) more often than in the hour before?",
            "Rising: loss is near, even where it is still repaired.",
            "bridge",
            empty="No WebRTC report of the bridge, or no hour before to compare with",
        ),
        [lately(config, "webrtc_nacks", "rise", "times", labels.DIRECTION)],
        bounds=config.thresholds.nack_rise,
    )


def _level() -> Panel:
    return graph(
        Card(
            15,
            "Audio level",
            "Is there sound at all? 0 is silence, 1 the loudest.",
            "0 inbound: the caller's microphone is muted or its track lost.",
            "bridge",
            empty=NO_REPORT,
        ),
        [q.audio_level()],
        top=1,
    )


def _over_budget(config: Config) -> Panel:
    budgets = {stage: config.thresholds.stage(stage) for stage in labels.STAGES}
    p95 = latency_name(m.STAGE_TTFB, 0.95, usual(config))
    known = {stage: bound for stage, one in budgets.items() if (bound := one.warning or one.target)}
    words = ", ".join(f"{stage.upper()} {bound * 1000:g} ms" for stage, bound in known.items())
    return states(
        Card(
            20,
            "Stages against their budgets",
            f"Is a stage slower than its bound? {words}.",
            "Layers 1 and 2 fine and a stage over: it is the provider or the pipeline, not the network.",
        ),
        [q.against_budget(p95, stage, bound) for stage, bound in known.items()],
        {"0": ("within", GOOD), "1": ("over", BAD)},
        links=[to_dashboard("pipecat-latency", "Every stage against its budget")],
    )
