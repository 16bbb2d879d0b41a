"""Who a processor is: stage, provider and model, by the names Pipecat's spans use."""

import re
from typing import Any

from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport

from pipecat_lgtm_bridge.contract import labels

_STAGES = ((STTService, "stt", "STTService"), (LLMService, "llm", "LLMService"), (TTSService, "tts", "TTSService"))
_COUNTER = re.compile(r"#\d+$")

LLM_PROVIDERS = {
    "AWSBedrockLLMService": "aws.bedrock",
    "AzureLLMService": "azure.ai.openai",
    "GoogleLLMService": "gcp.gemini",
    "GoogleVertexLLMService": "gcp.vertex_ai",
    "GrokLLMService": "x_ai",
    "MistralLLMService": "mistral_ai",
    "OpenAIRealtimeLLMService": "openai",
    "AzureRealtimeLLMService": "openai",
    "GeminiLiveLLMService": "gcp.gemini",
    "GeminiLiveVertexLLMService": "gcp.gemini",
}
"""Classes whose name is not their provider's (utils/tracing/service_attributes.py, service_decorators.py)."""


def stage_of(processor: object) -> str:
    """Return stt, llm, tts, transport or pipeline."""
    for kind, stage, _ in _STAGES:
        if isinstance(processor, kind):
            return stage
    return "transport" if isinstance(processor, BaseInputTransport | BaseOutputTransport) else "pipeline"


def provider_of(processor: object) -> str:
    """Return the provider as Pipecat's spans name it; for what is no service its class."""
    name = type(processor).__name__
    if name in LLM_PROVIDERS:
        return LLM_PROVIDERS[name]
    for kind, _, suffix in _STAGES:
        if isinstance(processor, kind):
            return name.removesuffix(suffix).lower()
    return name.lower()


def model_of(processor: Any) -> str:  # noqa: ANN401 - any processor
    """Return the configured model."""
    model = getattr(getattr(processor, "_settings", None), "model", None)
    return model if isinstance(model, str) and model else labels.UNKNOWN


def plain(name: str) -> str:
    """Return a processor's name without the counter that grows with every call."""
    return _COUNTER.sub("", name)
