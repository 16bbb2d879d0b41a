"""What providers charge, as far as it is told: US dollars, each price with its date and source."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipecat_lgtm.config.base import Section

Dollars = Annotated[float, Field(ge=0)]
PartOfTokens = Literal["cache_read", "cache_creation", "audio_input", "reasoning", "audio_output"]


class Priced(Section):
    """Where a price is from."""

    date: str
    source: str


class TokenPrice(Priced):
    """Dollars of a million tokens of a model.

    Parts of input (cache_read, cache_creation, audio_input) and of output (reasoning, audio_output) that have no price
    are billed as what they are part of. `apart` names the parts a provider counts beside input and output, not within.
    """

    input: Dollars
    output: Dollars
    cache_read: Dollars | None = None
    cache_creation: Dollars | None = None
    audio_input: Dollars | None = None
    reasoning: Dollars | None = None
    audio_output: Dollars | None = None
    apart: tuple[PartOfTokens, ...] = ()

    @model_validator(mode="after")
    def _apart_has_a_price(self) -> "TokenPrice":
        for part in self.apart:
            if getattr(self, part) is None:
                raise ValueError(f"{part} is counted apart, so it needs a price of its own")
        return self


class CharacterPrice(Priced):
    """Dollars of a million characters sent to speech synthesis."""

    characters: Dollars


class AudioPrice(Priced):
    """Dollars of a minute of audio sent to speech recognition."""

    minute: Dollars


class Prices(Section):
    """Provider → model → price, under the names their labels have."""

    llm: dict[str, dict[str, TokenPrice]]
    tts: dict[str, dict[str, CharacterPrice]]
    stt: dict[str, dict[str, AudioPrice]]
