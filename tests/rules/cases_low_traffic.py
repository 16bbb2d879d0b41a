"""Bots with too few turns for percentiles."""

from case import AGO, Case, Told
from feeds import Phase
from services import hist, per_turn, shares, unanswered

from pipecat_lgtm_bridge.contract import metrics as m

CASES: dict[str, Case] = {
    "PipecatTtfwHighLowTraffic": Case(
        hist(m.TURN_TTFW), 0.1,
        {"warning": Told(
            2.0, "bad: 12 of few turns waited longer than 1.2 s for the first word", f"getting worse (+8 {AGO}"
        )},
        {}, "ttfw", count=0.2, few=5, before=130, bad=70, check=62,
        near=(Phase(0, 2.0, 0.02), Phase(0, 2.0, 0.055, 0.1, 0.9)),
    ),
    "PipecatE2eHighLowTraffic": Case(
        hist(m.TURN_E2E), 0.1,
        {"warning": Told(
            3.0, "bad: 12 of few turns waited longer than 2 s for the whole reply", f"getting worse (+8 {AGO}"
        )},
        {"ends_at": "first_audio"}, "e2e", count=0.2, few=5, before=130, bad=70, check=62,
        near=(Phase(0, 3.0, 0.02), Phase(0, 3.0, 0.055, 0.1, 0.9)),
    ),
    "PipecatSttTtfbHighLowTraffic": Case(
        hist(m.STAGE_TTFB, stage="stt", provider="deepgram", model="m"), 0.1,
        {"warning": Told(
            2.0, "bad: 12 of few stt requests to deepgram took longer than 400 ms", f"getting worse (+8 {AGO}"
        )},
        {"stage": "stt", "provider": "deepgram"}, "stt", count=0.2, few=5, before=130, bad=70, check=62,
        near=(Phase(0, 2.0, 0.02), Phase(0, 2.0, 0.055, 0.1, 0.9)),
    ),
    "PipecatLlmTtfbHighLowTraffic": Case(
        hist(m.STAGE_TTFB, stage="llm", provider="openai", model="m"), 0.1,
        {"warning": Told(
            2.0, "bad: 12 of few llm requests to openai took longer than 1 s", f"getting worse (+8 {AGO}"
        )},
        {"stage": "llm", "provider": "openai"}, "llm", count=0.2, few=5, before=130, bad=70, check=62,
        near=(Phase(0, 2.0, 0.02), Phase(0, 2.0, 0.055, 0.1, 0.9)),
    ),
    "PipecatTtsTtfbHighLowTraffic": Case(
        hist(m.STAGE_TTFB, stage="tts", provider="cartesia", model="m"), 0.1,
        {"warning": Told(
            2.0, "bad: 12 of few tts requests to cartesia took longer than 400 ms", f"getting worse (+8 {AGO}"
        )},
        {"stage": "tts", "provider": "cartesia"}, "tts", count=0.2, few=5, before=130, bad=70, check=62,
        near=(Phase(0, 2.0, 0.02), Phase(0, 2.0, 0.055, 0.1, 0.9)),
    ),
    "PipecatErrorRateHighLowTraffic": Case(
        shares(m.CONVERSATIONS, "outcome", "failed", "completed"), 0.0,
        {"warning": Told(1.0, "bad: a component failed in 12 of few conversations", f"getting worse (+8 {AGO}")},
        {}, "error", count=0.2, few=5, before=130, bad=70, check=62,
        near=(Phase(0, 1.0, 0.02), Phase(0, 0.057, 0.955)),
    ),
    "PipecatSpeechUnansweredLowTraffic": Case(
        unanswered, 0.0,
        {"warning": Told(
            1.0, "bad: 12 times in few calls what a caller said was never answered", f"getting worse (+8 {AGO}"
        )},
        {}, "unanswered", count=0.2, few=5, before=130, bad=70, check=62,
        near=(Phase(0, 1.0, 0.02), Phase(0, 0.057, 0.955)),
    ),
    "PipecatRepetitionHighLowTraffic": Case(
        per_turn(m.CONVERSATION_SIGNALS, kind="reply_loop"), 0.0,
        {"warning": Told(
            1.0, "bad: 12 times in few calls something was said over and over", f"getting worse (+8 {AGO}"
        )},
        {}, "repetition", count=0.2, few=5, before=130, bad=70, check=62,
        near=(Phase(0, 1.0, 0.02), Phase(0, 0.057, 0.955)),
    ),
}  # fmt: skip
