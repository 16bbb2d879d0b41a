"""The line, and whether the agent is any good."""

from case import AGO, Case, Told
from feeds import Phase
from services import audio, counted, counter_of, hist, per_turn, shares, silences, unanswered

from pipecat_lgtm_bridge.contract import metrics as m

_JUDGED = {"dimension": "tone_accuracy", "source": "judge", "judge_model": "gpt-4.1", "prompt_version": "3"}
CASES: dict[str, Case] = {
    "PipecatJitterHigh": Case(
        hist(m.WEBRTC_JITTER, direction="inbound", side="bot"), 0.05,
        {"info": Told(
            0.08, "bad: jitter of between 50 ms and 100 ms (bot side, inbound; P95, bound 50 ms)",
            f"stabilizing (about +0s {AGO}"
        )},
        {"direction": "inbound", "side": "bot"}, "jitter", bad=140, check=100,
    ),
    "PipecatPacketLossHigh": Case(
        hist(m.WEBRTC_PACKET_LOSS, direction="inbound", side="client"), 0.009,
        {"warning": Told(
            0.04, "bad: 4% of the audio packets are lost (client side, inbound; bound 1 %)",
            f"getting worse (+3.1% {AGO}",
        )},
        {"direction": "inbound", "side": "client"}, "packet_loss",
    ),
    "PipecatJitterBufferHigh": Case(
        hist(m.WEBRTC_JITTER_BUFFER, direction="inbound", side="bot"), 0.2,
        {"warning": Told(
            0.25,
            "bad: audio waits between 200 ms and 300 ms in the jitter buffer (bot side, inbound; P95, bound 200 ms)",
            f"getting worse (about +97.5ms {AGO}",
        )},
        {"direction": "inbound", "side": "bot"}, "jitter_buffer",
    ),
    "PipecatNacksRising": Case(
        counter_of(m.WEBRTC_NACKS.prometheus, direction="outbound"), 0,
        {"info": Told(
            0, "bad: 3.329 times the retransmissions of the hour before (outbound)", f"getting worse (+0.2234 {AGO}"
        )},
        {"direction": "outbound"}, "packet_loss", count=1, few=0.1, before=290, bad=80, check=50, worse=5,
        near=(Phase(0, 0, 1.95),),
    ),
    "PipecatAudioSilent": Case(
        audio, 0.3,
        {"warning": Told(
            0.0, "bad: no sound in 100% of the callers' audio reports (bot side, inbound; bound 90 %)",
            f"stabilizing (+0% {AGO}",
        )},
        {"direction": "inbound", "side": "bot"}, "audio_silent", bad=100, check=80,
        near=(Phase(0, 0.0, 4.4, 0.3, 0.6),),
    ),
    "PipecatSilenceLong": Case(
        silences, 0.0,
        {"warning": Told(
            0.2, "bad: long silences per turn: 20% (bound 5 %)", f"getting worse (+20% {AGO}"
        )},
        breach="silence",
        near=(Phase(0, 0.04, 5),),
    ),
    "PipecatSpeechUnanswered": Case(
        unanswered, 0.05,
        {
            "warning": Told(
                0.15, "bad: 15% of what callers say is never answered (bound 5 %)", f"getting worse (+10% {AGO}"
            ),
            "critical": Told(
                1.0, "bad: 100% of what callers say is never answered (bound 20 %)", f"getting worse (+95% {AGO}"
            ),
        },
        breach="unanswered",
    ),
    "PipecatRepetitionHigh": Case(
        per_turn(m.CONVERSATION_SIGNALS, kind="repeated_question"), 0.04,
        {"warning": Told(0.2, "bad: 20% repetitions per turn (bound 10 %)", f"getting worse (+16% {AGO}")},
        breach="repetition",
        near=(Phase(0, 0.09, 5),),
    ),
    "PipecatSttConfidenceLow": Case(
        hist(m.STT_CONFIDENCE, provider="deepgram", model="nova-3"), 0.7,
        {"warning": Told(
            0.5, "bad: deepgram is 50% sure of what callers say (mean, bound 70 %)", f"stabilizing (+0% {AGO}"
        )},
        {"provider": "deepgram"}, "confidence", bad=140, check=100,
    ),
    "PipecatTaskCompletionLow": Case(
        shares(m.TASK_OUTCOMES, "outcome", "completed", "failed"), 0.76,
        {
            "warning": Told(
                0.7, "bad: callers get done what they called for in 70% of the cases (bound 75 %)",
                f"getting worse (-6% {AGO}",
            ),
            "critical": Told(
                0.5, "bad: callers get done what they called for in 50% of the cases (bound 60 %)",
                f"getting worse (-26% {AGO}",
            ),
        },
        breach="task",
    ),
    "PipecatIntentMatchLow": Case(
        shares(m.INTENTS, "matched", "true", "false"), 0.91,
        {"warning": Told(
            0.6, "bad: an intent is recognised in 60% of the cases (bound 90 %)", f"getting worse (-31% {AGO}"
        )},
        breach="intent",
    ),
    "PipecatFrustrationHigh": Case(
        per_turn(m.FRUSTRATION_MARKERS, kind="complaint"), 0.04,
        {"warning": Told(
            0.2, "bad: 20% frustration markers per turn (bound 5 %)", f"getting worse (+16% {AGO}"
        )},
        breach="frustration",
    ),
    "PipecatWerDrift": Case(
        hist(m.STT_WER, provider="deepgram", model="nova-3"), 0.1,
        {
            "info": Told(0.13, "bad: deepgram gets 3% more words wrong (bound 2 %)", f"stabilizing (+0% {AGO}"),
            "critical": Told(0.2, "bad: deepgram gets 10% more words wrong (bound 5 %)", f"stabilizing (+0% {AGO}"),
        },
        {"provider": "deepgram"}, "wer", before=240, bad=80, check=65,
        near=(Phase(0, 0.115, 5),),
    ),
    "PipecatJudgeScoreDropped": Case(
        hist(m.QUALITY_SCORE, **_JUDGED), 0.9,
        {"critical": Told(
            0.7, "bad: tone_accuracy is judged 22.22% lower than usual (bound 10 %)", f"getting worse (+22.22% {AGO}"
        )},
        _JUDGED, "quality", before=240,
        near=(Phase(0, 0.83, 5),),
    ),
    "PipecatPiiDisclosed": Case(
        counted(m.COMPLIANCE_FINDINGS.prometheus, kind="card"), 0.0,
        {"critical": Told(0.04, "bad: 4 times card was said in a conversation", f"getting worse (+4 {AGO}")},
        {"kind": "card"}, "pii",
        never={"under the floor": "one finding is enough"},
    ),
    "PipecatOffScript": Case(
        counted(m.COMPLIANCE_FINDINGS.prometheus, kind="off_script"), 0.0,
        {"warning": Told(0.04, "bad: the bot left its script 4 times", f"getting worse (+4 {AGO}")},
        {"kind": "off_script"}, "off_script",
        never={"under the floor": "one finding is enough"},
    ),
    "PipecatUptimeBurnRate": Case(
        shares(m.CONVERSATIONS, "outcome", "failed", "completed"), 0.0,
        {
            "warning": Told(
                0.01,
                "bad: 1% of the synthetic calls of the last 20m failed: the error budget burns 3 times too fast",
                f"stabilizing (+0% {AGO}", {"burn_window": "20m"},
            ),
            "critical": Told(
                0.2,
                "bad: 20% of the synthetic calls of the last 10m failed: the error budget burns 14.4 times too fast",
                f"stabilizing (+0% {AGO}", {"burn_window": "10m"},
            ),
        },
        breach="error", few=0.1, before=100, bad=140, check=125,
        near=(Phase(0, 0.0025, 5),),
    ),
}  # fmt: skip
