"""The confidence of a transcript, out of what its provider sent; Pipecat has no field for it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Heard:
    """What a provider says of a transcript.

    Args:
        confidence: 0 to 1; None where the provider states none.
        alternatives: other readings, best first.
    """

    confidence: float | None = None
    alternatives: tuple[str, ...] = ()


Extractor = Callable[[object], Heard | None]

EXTRACTORS: dict[str, Extractor] = {}
"""By a word in the STT service's class name, lower case: `deepgram`, `google`, …"""


def read(service: object, result: object) -> Heard:
    """Return what a service's raw result says; nothing where its shape is not known."""
    if result is None:
        return Heard()
    name = type(service).__name__.lower()
    for word, extractor in EXTRACTORS.items():
        if word in name and (heard := extractor(result)) is not None:
            return heard
    stated = result.get("confidence") if isinstance(result, dict) else getattr(result, "confidence", None)
    return Heard(float(stated)) if isinstance(stated, int | float) and 0 <= stated <= 1 else Heard()
