"""What the metrics of recorded spans must be: design 2.1 to 2.3 once more, in plain Python, apart from the collector.

Counts and sums per metric and label set. The collector computes the same in OTTL; neither knows the other.
"""

import re
from collections import Counter
from typing import Any

Key = tuple[str, tuple[tuple[str, str], ...]]
Expected = Counter[Key]

_REALTIME_OTHERS = {"llm_setup", "llm_request", "llm_tool_call", "llm_tool_result"}
_TTFB = (("metrics.ttfb", 1), ("metrics.ttfb_ms", 1), ("llm.ttft_ms", 1000), ("service.ttfb_seconds", 1),
         ("stt.latency_ms", 1000), ("tts.synthesis_ms", 1000))  # fmt: skip
_MODEL = ("gen_ai.request.model", "llm.model", "stt.model", "tts.model")
_TOKENS = {
    "input": ("gen_ai.usage.input_tokens", "tokens.prompt", "llm.token_count.prompt"),
    "output": ("gen_ai.usage.output_tokens", "tokens.completion", "llm.token_count.completion", "llm.tokens"),
    "cache_read": ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
                   "llm.token_count.prompt_details.cache_read"),
    "cache_creation": ("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"),
    "reasoning": ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
                  "llm.token_count.completion_details.reasoning"),
    "audio_input": ("gen_ai.usage.audio.input_tokens",),
    "audio_output": ("gen_ai.usage.audio.output_tokens",),
}  # fmt: skip
_SUMS = {
    "pipecat_tts_characters_total": (
        "metrics.character_count",
        "tts.characters",
        "tts.character_count",
    ),
    "pipecat_stt_audio_seconds_total": ("metrics.audio_seconds",),
}
_PROVIDERS = {"az.ai.openai": "azure.ai.openai", "xai": "x_ai", "mistral": "mistral_ai"}


def attributes_of(span: dict[str, Any]) -> dict[str, Any]:
    """Return a span's attributes as Python values."""
    kinds = {"intValue": int, "doubleValue": float, "boolValue": bool, "stringValue": str}
    return {
        one["key"]: kinds[kind](raw)
        for one in span.get("attributes", [])
        for kind, raw in one["value"].items()
        if kind in kinds
    }


def expected(requests: list[dict[str, Any]]) -> Expected:
    """Return what the metrics must be: `name_count` and `name_sum` of histograms, the value of counters."""
    found: Expected = Counter()
    for request in requests:
        for resource in request["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    _add(found, span, attributes_of(span))
    return found


def _add(found: Expected, span: dict[str, Any], attrs: dict[str, Any]) -> None:
    name = span["name"]
    stage = re.match(r"(?:pipecat\.)?(stt|llm|tts)(?:_|$)", name)
    if name in {"turn", "pipecat.conversation.turn"}:
        _turn(found, attrs)
    elif name == "conversation":
        outcome = (
            "failed"
            if attrs.get("pipecat.conversation.failed")
            else attrs.get("pipecat.conversation.outcome", "unknown")
        )
        _count(found, "pipecat_conversations_total", outcome=outcome)
        _histogram(found, "pipecat_conversation_duration_seconds", _seconds(span))
    elif stage and name not in _REALTIME_OTHERS:
        _stage(found, stage[1], span, attrs)


def _turn(found: Expected, attrs: dict[str, Any]) -> None:
    # OpenInference repeats the last latency on a turn without an answer; the first turn has none to repeat.
    answered = "output.value" in attrs or attrs.get("conversation.turn_number") == 1
    foreign = attrs.get("conversation.user_to_bot_latency") if answered else None
    latency = attrs.get("turn.user_bot_latency_seconds", foreign)
    ttfw, e2e = attrs.get("pipecat.ttfw_seconds", latency), attrs.get("pipecat.e2e_seconds", latency)
    duration = attrs.get("turn.duration_seconds", attrs.get("conversation.turn_duration_seconds"))
    was = attrs.get("turn.was_interrupted", attrs.get("conversation.was_interrupted"))
    interrupted = attrs.get("pipecat.interrupted", False if was is False else None)
    known = "exact" if "pipecat.ttfw_seconds" in attrs else "first_audio" if latency is not None else "unknown"
    _count(found, "pipecat_turns_measured_total", known=known)
    _count(found, "pipecat_turns_total", interrupted="unknown" if interrupted is None else str(interrupted).lower())
    for metric, value in (("ttfw", ttfw), ("e2e", e2e), ("duration", duration)):
        if value is not None:
            _histogram(found, f"pipecat_turn_{metric}_seconds", value)


def _stage(found: Expected, stage: str, span: dict[str, Any], attrs: dict[str, Any]) -> None:
    realtime = span["name"] == "llm_response"
    provider = attrs.get("gen_ai.provider.name", attrs.get("gen_ai.system")) or attrs.get(
        f"{stage}.provider", attrs.get("llm.provider")
    )
    if provider is None and (article := re.match(r"..._(\w+?)(stt|llm|tts)service$", span["name"].lower())):
        provider = article[1]
    if stage == "stt" and str(provider).endswith("llmservice"):
        return
    who = {
        "stage": stage,
        "provider": _PROVIDERS.get(provider or "", provider or "unknown").lower(),
        "model": _model(attrs),
    }
    ttfb = _number(attrs, dict(_TTFB))
    status = _status(stage, span, attrs, ttfb)
    if status == "error":
        _count(found, "pipecat_stage_errors_total", category=_category(span), **who)
    _count(found, "pipecat_stage_requests_total", status=status, **who)
    if ttfb is not None and status == "ok" and ttfb > (0.02 - 1e-12 if realtime else 0):
        _histogram(found, "pipecat_stage_ttfb_seconds", ttfb, **who)
    own = {"provider": who["provider"], "model": who["model"]}
    summed = {_key("pipecat_tokens_total", type=kind, **own): keys for kind, keys in _TOKENS.items()}
    summed |= {_key(metric, **own): keys for metric, keys in _SUMS.items()}
    for key, names in summed.items():
        if value := _number(attrs, dict.fromkeys(names, 1)):
            found[key] += value
    if "stt.confidence" in attrs:
        _histogram(found, "pipecat_stt_confidence", attrs["stt.confidence"], **own)


def _number(attrs: dict[str, Any], names: dict[str, float]) -> float | None:
    """Return the first number among names, divided by what its name says."""
    return next((attrs[name] / by for name, by in names.items() if isinstance(attrs.get(name), int | float)), None)


def _status(stage: str, span: dict[str, Any], attrs: dict[str, Any], ttfb: float | None) -> str:
    if span.get("status", {}).get("code") == 2 or attrs.get("response.status") == "failed":
        return "error"
    silent = not attrs.keys() & {"output", "output.value", "llm.tokens", *_TOKENS["output"]}
    if span["name"] in {"pipecat.llm", "pipecat.tts"} and ttfb is None and silent:
        return "unknown"
    realtime = span["name"] == "llm_response"
    if attrs.get("tts.interrupted"):
        return "interrupted"
    seconds = _seconds(span)
    if realtime or ttfb is None or seconds <= 0 or ttfb < 0.95 * seconds:
        return "ok"
    if stage == "tts" and "gen_ai.system" in attrs and not span["name"].startswith("pipecat."):
        return "interrupted" if 0 <= seconds - ttfb < 0.0005 else "ok"
    offered = attrs.keys() & {"tools", "tool_count"}
    return "interrupted" if stage == "llm" and silent and (not offered or seconds - ttfb < 0.001) else "ok"


def _model(attrs: dict[str, Any]) -> str:
    named = next((attrs[key] for key in _MODEL if key in attrs), None)
    if named in {None, "unknown"}:
        named = attrs.get("metrics.model", "unknown")
    named = re.sub(r"-20\d\d-?[01]\d-?[0-3]\d$", "", str(named))
    return "unknown" if named in {"", "NOT_GIVEN"} else named


def _category(span: dict[str, Any]) -> str:
    message = span["status"].get("message", "")
    if "429" in message:
        return "rate_limit"
    return "server" if re.search(r"InternalServerError|[^\d]5\d\d", message) else "unknown"


def _seconds(span: dict[str, Any]) -> float:
    return (int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])) / 1e9


def _key(name: str, **labels: str) -> Key:
    return name, tuple(sorted(labels.items()))


def _count(found: Expected, name: str, **labels: str) -> None:
    found[_key(name, **labels)] += 1


def _histogram(found: Expected, name: str, value: float, **labels: str) -> None:
    found[_key(f"{name}_count", **labels)] += 1
    found[_key(f"{name}_sum", **labels)] += value
