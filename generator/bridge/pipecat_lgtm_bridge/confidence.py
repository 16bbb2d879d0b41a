"""The confidence of a transcript, out of what its provider sent; Pipecat has no field for it.

Results come as each service puts them on `TranscriptionFrame.result` (read in Pipecat 1.14.0, checked on the SDKs' own
types where these can be installed): objects in one service, parsed JSON in the next, so both are read alike.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pipecat_lgtm_bridge.guard import harmless

_MOST_ALTERNATIVES = 5


@dataclass(frozen=True)
class Heard:
    """What a provider says of a transcript.

    Args:
        confidence: 0 to 1; None where the provider states none.
        alternatives: other readings, best first.
    """

    confidence: float | None = None
    alternatives: tuple[str, ...] = ()


Extractor = Callable[[Any], Heard]


@harmless
def _read(service: object, result: object) -> Heard:
    name = type(service).__name__.lower()
    extractor = next((one for word, one in EXTRACTORS.items() if word in name), _plain)
    heard = extractor(result)
    return _plain(result) if heard == Heard() else heard


def read(service: object, result: object) -> Heard:
    """Return what a service's raw result says; nothing where its shape is not known."""
    return Heard() if result is None else _read(service, result) or Heard()


def _get(node: Any, *path: str) -> Any:  # noqa: ANN401 - a provider's object or parsed JSON
    """Follow a path through objects and mappings; None where it ends."""
    for part in path:
        node = node.get(part) if isinstance(node, dict) else getattr(node, part, None)
    return node


def _ratio(value: object) -> float | None:
    """Return a confidence, or None for what is none."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and 0 <= value <= 1 else None  # type: ignore[arg-type, operator]


def _mean(parts: Iterable[Any] | None, key: str = "confidence") -> float | None:
    values = [value for part in parts or () if (value := _ratio(_get(part, key))) is not None]
    return sum(values) / len(values) if values else None


def _plain(result: Any) -> Heard:  # noqa: ANN401
    return Heard(_ratio(_get(result, "confidence")))


def _ranked(alternatives: Any, confidence: str, text: str) -> Heard:  # noqa: ANN401
    """Return the first of a ranked list as the transcript, the others as alternatives."""
    ranked = list(alternatives or ())
    others = tuple(str(_get(one, text)) for one in ranked[1:_MOST_ALTERNATIVES] if _get(one, text))
    return Heard(_ratio(_get(ranked[0], confidence)) if ranked else None, others)


def _deepgram(result: Any) -> Heard:  # noqa: ANN401
    """Nova: a ranked list; Flux: words only."""
    if _get(result, "channel") is None:
        return Heard(_mean(_get(result, "words")))
    return _ranked(_get(result, "channel", "alternatives"), "confidence", "transcript")


def _google(result: Any) -> Heard:  # noqa: ANN401
    """A ranked list, in which 0 means that none was stated."""
    heard = _ranked(_get(result, "alternatives"), "confidence", "transcript")
    return Heard(heard.confidence or None, heard.alternatives)


def _azure(result: Any) -> Heard:  # noqa: ANN401
    """The service's own JSON; it has a ranked list only if the bot asked for `OutputFormat.Detailed`."""
    stated = json.loads(_get(result, "result", "json") or "{}")
    return _ranked(stated.get("NBest"), "Confidence", "Display")


def _assemblyai(result: Any) -> Heard:  # noqa: ANN401
    """Streaming: words; the sync API also states the whole."""
    stated = _ratio(_get(result, "confidence"))
    return Heard(_mean(_get(result, "words")) if stated is None else stated)


def _soniox(result: Any) -> Heard:  # noqa: ANN401
    """Tokens, which are parts of words; marks like <end> state nothing of what was said."""
    return Heard(_mean(token for token in result if not str(_get(token, "text")).startswith("<")))


def _speechmatics(result: Any) -> Heard:  # noqa: ANN401
    """Words and punctuation of `AddTranscript`, each with a ranked list; Pipecat ≥ 1.14 hands on no result."""
    words = [part for part in _get(result, "results") or () if _get(part, "type") == "word"]
    return Heard(_mean(alternatives[0] for word in words if (alternatives := _get(word, "alternatives"))))


def _gladia(result: Any) -> Heard:  # noqa: ANN401
    """The utterance states it; older messages only its words."""
    stated = _ratio(_get(result, "data", "utterance", "confidence"))
    return Heard(_mean(_get(result, "data", "utterance", "words")) if stated is None else stated)


def _aws(result: Any) -> Heard:  # noqa: ANN401
    """Items of the best alternative; punctuation states none."""
    ranked = list(_get(result, "Alternatives") or ())
    return Heard(_mean(_get(ranked[0], "Items"), "Confidence") if ranked else None)


EXTRACTORS: dict[str, Extractor] = {
    "deepgram": _deepgram,
    "google": _google,
    "azure": _azure,
    "assemblyai": _assemblyai,
    "soniox": _soniox,
    "speechmatics": _speechmatics,
    "gladia": _gladia,
    "awstranscribe": _aws,
}
"""By a word in the STT service's class name, lower case."""
