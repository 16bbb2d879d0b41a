"""Waiting, failures, usage."""

from case import AGO, Case, Told
from feeds import Phase
from services import hist, shares, stage_errors, tokens

from pipecat_lgtm_bridge.contract import metrics as m

_LLM = {"stage": "llm", "provider": "openai"}


def _stage(stage: str, provider: str, good: float, told: Told) -> Case:
    feed = hist(m.STAGE_TTFB, stage=stage, provider=provider, model="m")
    return Case(feed, good, {"warning": told}, {"stage": stage, "provider": provider}, stage)


CASES: dict[str, Case] = {
    "PipecatTtfwHigh": Case(
        hist(m.TURN_TTFW), 0.8,
        {
            "warning": Told(
                1.0, "bad: callers wait between 800 ms and 1 s for the first word (P95, bound 800 ms)",
                f"getting worse (about +197.5ms {AGO}"
            ),
            "critical": Told(
                1.4, "bad: callers wait between 1.2 s and 1.5 s for the first word (P95, bound 1.2 s)",
                f"getting worse (about +692.5ms {AGO}"
            ),
        },
        breach="ttfw",
    ),
    "PipecatE2eHigh": Case(
        hist(m.TURN_E2E), 1.2,
        {
            "warning": Told(
                1.4, "bad: replies take between 1.2 s and 1.5 s end to end (P95, bound 1.2 s)",
                f"getting worse (about +295ms {AGO}"
            ),
            "critical": Told(
                2.5, "bad: replies take between 2 s and 3 s end to end (P95, bound 2 s)",
                f"getting worse (about +1.76s {AGO}"
            ),
        },
        {"ends_at": "first_audio"},
        breach="e2e",
    ),
    "PipecatSttTtfbHigh": _stage(
        "stt", "deepgram", 0.4,
        Told(
            0.45, "bad: stt of deepgram takes between 400 ms and 500 ms to its first byte (P95, bound 400 ms)",
            f"getting worse (about +100ms {AGO}",
        ),
    ),
    "PipecatLlmTtfbHigh": _stage(
        "llm", "openai", 1.0,
        Told(1.1, "bad: llm of openai takes between 1 s and 1.2 s to its first byte (P95, bound 1 s)",
        f"getting worse (about +200ms {AGO}"),
    ),
    "PipecatTtsTtfbHigh": _stage(
        "tts", "cartesia", 0.4,
        Told(
            0.45, "bad: tts of cartesia takes between 400 ms and 500 ms to its first byte (P95, bound 400 ms)",
            f"getting worse (about +100ms {AGO}",
        ),
    ),
    "PipecatStageRegressed": Case(
        hist(m.STAGE_TTFB, **_LLM, model="gpt-4.1"), 0.2,
        {"warning": Told(0.45, "bad: llm takes 2.506 times its usual time", f"getting worse (+1.506 {AGO}")},
        {"stage": "llm"}, "llm", before=240,
        near=(Phase(0, 0.3, 5),),
    ),
    "PipecatRemainderHigh": Case(
        hist(m.TURN_CONTRIBUTION, contribution="pipeline", owner="pipeline"), 0.2,
        {"warning": Told(
            0.3, "bad: between 200 ms and 300 ms of a turn go to pipeline (P95, bound 200 ms)",
            f"getting worse (about +97.5ms {AGO}"
        )},
        {"contribution": "pipeline"}, "ttfw",
    ),
    "PipecatErrorRateHigh": Case(
        shares(m.CONVERSATIONS, "outcome", "failed", "completed"), 0.0,
        {
            "warning": Told(
                0.04, "bad: a component failed in 4% of the conversations (bound 1 %)", f"getting worse (+4% {AGO}"
            ),
            "critical": Told(
                0.2, "bad: a component failed in 20% of the conversations (bound 5 %)", f"getting worse (+20% {AGO}"
            ),
        },
        breach="error",
        near=(Phase(0, 0.009, 5),),
    ),
    "PipecatErrorRateSustained": Case(
        shares(m.CONVERSATIONS, "outcome", "failed", "completed"), 0.0,
        {"critical": Told(
            0.04, "bad: a component failed in 4% of the conversations (bound 1 %)", f"getting worse (+4% {AGO}"
        )},
        breach="error",
        near=(Phase(0, 0.009, 5),),
    ),
    "PipecatStageErrorRateHigh": Case(
        stage_errors, 0.0,
        {
            "warning": Told(0.04, "bad: 4% of the requests to llm fail (bound 1 %)", f"getting worse (+4% {AGO}"),
            "critical": Told(0.2, "bad: 20% of the requests to llm fail (bound 5 %)", f"getting worse (+20% {AGO}"),
        },
        {"stage": "llm"}, "error",
        near=(Phase(0, 0.009, 5),),
    ),
    "PipecatTokensPerTurnHigh": Case(
        tokens, 3000,
        {
            "warning": Told(
                4000, "bad: a turn takes 4000 LLM tokens (mean, bound 3000)", f"getting worse (+1000 {AGO}"
            ),
            "critical": Told(
                9000, "bad: a turn takes 9000 LLM tokens (mean, bound 5000)", f"getting worse (+6000 {AGO}"
            ),
        },
        breach="tokens",
    ),
}  # fmt: skip
