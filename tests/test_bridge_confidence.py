"""STT confidence out of each provider's own result types."""

from types import SimpleNamespace
from typing import Any

import pytest
from azure.cognitiveservices.speech import RecognitionResult
from deepgram.listen.v1.types import ListenV1Results
from google.cloud.speech_v2.types import cloud_speech
from pipecat.services.assemblyai.models import TurnMessage

from pipecat_lgtm_bridge.confidence import EXTRACTORS, Heard, read

_CHANNEL = {
    "alternatives": [
        {"transcript": "book a table", "confidence": 0.93, "words": []},
        {"transcript": "look at table", "confidence": 0.4, "words": []},
    ]
}
_METADATA = {"request_id": "r", "model_info": {"name": "nova-3", "version": "1", "arch": "nova"}, "model_uuid": "m"}
_NOVA = ListenV1Results.model_validate(
    {"type": "Results", "channel_index": [0], "duration": 1.0, "start": 0.0, "channel": _CHANNEL, "metadata": _METADATA}
)
_FLUX = {"type": "TurnInfo", "transcript": "hi there", "words": [{"confidence": 0.8}, {"confidence": 0.6}]}
_GOOGLE = cloud_speech.StreamingRecognitionResult(
    alternatives=[
        cloud_speech.SpeechRecognitionAlternative(transcript="yes", confidence=0.75),
        cloud_speech.SpeechRecognitionAlternative(transcript="yet"),
    ]
)
_TURN = TurnMessage.model_validate(
    {
        "turn_order": 1, "turn_is_formatted": True, "end_of_turn": True, "transcript": "hi you",
        "end_of_turn_confidence": 0.99,
        "words": [
            {"start": 0, "end": 1, "text": "hi", "confidence": 0.5, "word_is_final": True},
            {"start": 1, "end": 2, "text": "you", "confidence": 0.7, "word_is_final": True},
        ],
    }
)  # fmt: skip
_SPEECHMATICS = {
    "message": "AddTranscript",
    "results": [
        {"type": "word", "alternatives": [{"content": "hi", "confidence": 0.9}]},
        {"type": "punctuation", "alternatives": [{"content": ".", "confidence": 1.0}]},
    ],
}
_GLADIA = {"type": "transcript", "data": {"is_final": True, "utterance": {"text": "hi", "confidence": 0.61}}}
_GLADIA_WORDS = {"data": {"utterance": {"text": "hi", "words": [{"word": "hi", "confidence": 0.3}]}}}
_AWS = {"Alternatives": [{"Transcript": "hi.", "Items": [{"Confidence": 0.5}, {"Type": "punctuation"}]}]}


def _azure(detailed: str) -> Any:  # noqa: ANN401 - the SDK's event, which only its native library can fill
    result = RecognitionResult.__new__(RecognitionResult)
    result._json = detailed  # noqa: SLF001
    return SimpleNamespace(result=result)


_DETAILED = '{"NBest": [{"Confidence": 0.88, "Display": "Hi."}, {"Confidence": 0.2, "Display": "High."}]}'


@pytest.mark.parametrize(
    ("service", "result", "expected"),
    [
        pytest.param("DeepgramSTTService", _NOVA, Heard(0.93, ("look at table",)), id="deepgram"),
        pytest.param("DeepgramFluxSTTService", _FLUX, Heard(pytest.approx(0.7)), id="deepgram-flux"),
        pytest.param("GoogleSTTService", _GOOGLE, Heard(0.75, ("yet",)), id="google"),
        pytest.param("AzureSTTService", _azure(_DETAILED), Heard(0.88, ("High.",)), id="azure"),
        pytest.param("AzureSTTService", _azure('{"DisplayText": "Hi."}'), Heard(), id="azure-simple-output"),
        pytest.param("AssemblyAISTTService", _TURN, Heard(pytest.approx(0.6)), id="assemblyai"),
        pytest.param("AssemblyAISyncSTTService", {"text": "x", "confidence": 0.4}, Heard(0.4), id="assemblyai-sync"),
        pytest.param(
            "SonioxSTTService",
            [{"text": "he", "confidence": 0.9}, {"text": "y", "confidence": 0.7}, {"text": "<end>", "confidence": 0.1}],
            Heard(pytest.approx(0.8)),
            id="soniox",
        ),
        pytest.param("SpeechmaticsSTTService", _SPEECHMATICS, Heard(0.9), id="speechmatics"),
        pytest.param("GladiaSTTService", _GLADIA, Heard(0.61), id="gladia"),
        pytest.param("GladiaSTTService", _GLADIA_WORDS, Heard(0.3), id="gladia-words"),
        pytest.param("AWSTranscribeSTTService", _AWS, Heard(0.5), id="aws"),
        pytest.param("MySTTService", {"confidence": 0.2}, Heard(0.2), id="any-that-states-it"),
    ],
)
def test_a_providers_result_yields_its_confidence(service: str, result: object, expected: Heard) -> None:
    """The figure is the provider's own for the transcript, or the mean over its words."""
    assert expected == read(type(service, (), {})(), result)


@pytest.mark.parametrize("result", [None, {}, [], "text", 7, {"confidence": "high"}, {"confidence": 7}, [None]])
@pytest.mark.parametrize("service", [*EXTRACTORS, "other"])
def test_an_unknown_shape_yields_nothing(service: str, result: object) -> None:
    """Whatever a release of an SDK may send, nothing is raised and nothing is made up."""
    assert Heard() == read(type(service, (), {})(), result)


def test_an_unset_google_confidence_is_not_nought() -> None:
    """Protobuf's 0.0 means that Google stated none: it must not drag the mean down."""
    result = cloud_speech.StreamingRecognitionResult(
        alternatives=[cloud_speech.SpeechRecognitionAlternative(transcript="x")]
    )

    assert Heard() == read(type("GoogleSTTService", (), {})(), result)
