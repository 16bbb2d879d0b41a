"""A card that is said in several goes, as the bridge hears it."""

import pytest
from opentelemetry.trace import set_span_in_context

from bridged import Bridged, f, pushed, service
from pipecat_lgtm_bridge import conversation
from pipecat_lgtm_bridge.enrich import Enricher
from pipecat_lgtm_bridge.halves import Halves
from pipecat_lgtm_bridge.listening import Listening


def _after(*utterances: str) -> list[str]:
    """Return what is sent of each utterance; what begins with `bot:` the bot says."""
    halves, sent = Halves(), []
    for one in utterances:
        if one.startswith("bot:"):
            halves.spoke(one)
        else:
            sent.append(halves.heard(one))
    return sent


def _devanagari(text: str) -> str:
    return "".join(chr(0x966 + int(one)) if one.isdigit() else one for one in text)


@pytest.mark.parametrize(
    ("utterances", "left"),
    [
        (("4111 1111", "1111 1111"), ["[card]", "[card]"]),
        (("it's 4111 1111", "hold on", "1111 1111, okay?"), ["it's [card]", "hold on", "[card], okay?"]),
        (("bot: your card number please", "5500", "0000 0000", "0004"), ["[card]"] * 3),
        (("bot: Die Kartennummer?", "fünf fünf null null", "null null null null"), ["[card]"] * 2),
        (("four one one one one one one one", "one one one one one one one one"), ["[card]"] * 2),
        (("card: 3782 822463", "10005 and the date is 12/29"), ["card: [card]", "[card] and the date is 12/29"]),
        ((_devanagari("5500 0000"), _devanagari("0000 0004")), ["[card]"] * 2),
    ],
)
def test_what_makes_a_card_together_is_hidden(utterances: tuple[str, ...], left: list[str]) -> None:
    """Over two or more utterances, typed or spoken, with others in between."""
    assert left == _after(*utterances)


@pytest.mark.parametrize(
    "utterances",
    [
        ("bot: your order number?", "4829 1175", "yes"),
        ("I have 4000 to spend", "and 3000 more"),
        ("it's room 412", "on floor 4"),
        ("call me", "415 555 0134"),
        ("2019 2020", "2021 2022"),
        ("the order number is 4500123456", "and the postcode is 50667"),
        ("bot: which card?", "the card ending in 4829"),
        ("my card has a limit of 4500", "and I owe 300"),
        ("two adults and three kids", "one is five"),
        ("bot: what is your phone number", "4155 5501", "34"),
    ],
)
def test_what_makes_none_is_left(utterances: tuple[str, ...]) -> None:
    """Orders, amounts, rooms, phones and years stay for the collector to judge."""
    assert [one for one in utterances if not one.startswith("bot:")] == _after(*utterances)


@pytest.mark.parametrize("asked", ["Hello there!", "Please tell me your credit card number."])
@pytest.mark.parametrize(
    "said",
    [
        "My card is 4111 1111 1111 1111 and my mail is jane.doe@example.com.",
        "five five zero zero, zero zero zero zero, zero zero zero zero, zero zero zero four",
        "3782 822463 10005 and it expires 12 29",
    ],
)
def test_a_whole_card_is_left_to_the_collector(asked: str, said: str) -> None:
    """It hides a card in one utterance and counts it: hidden here, nobody would be paged for it."""
    halves = Halves()
    halves.spoke(asked)

    assert [said] * 3 == [halves.partly(said), halves.heard(said), halves.hide(said)]


def test_what_came_before_is_hidden_where_it_comes_again() -> None:
    """The model's request has both parts again, in messages of their own."""
    halves = Halves()
    halves.heard("4000")
    halves.heard("0000 0000 0002")
    text = '[{"role": "user", "content": "4000"}, {"role": "user", "content": "0000 0000 0002"}]'

    assert '[{"role": "user", "content": "[card]"}, {"role": "user", "content": "[card]"}]' == halves.hide(text)


def test_a_partial_transcript_is_hidden_too() -> None:
    """Half a card within an utterance that goes on, after a question for it or after a first half."""
    halves = Halves()
    halves.spoke("Please tell me your credit card number.")

    assert "it is [card]" == halves.partly("it is 4111 11")
    assert "10:30" == Halves().partly("10:30")


def test_nothing_of_a_call_has_a_part(bridged: Bridged) -> None:
    """Neither its events, nor Pipecat's spans, which have whole dialogues in them, are sent with a part of a card."""
    bridged.traces.add_span_processor(Enricher())
    call = bridged.call()
    listening, tracer = Listening(call), bridged.traces.get_tracer("pipecat")
    context = set_span_in_context(conversation.LIVE[call.trace_id()])
    for said in ("it is 4111 1111", "1111 1111, okay?"):
        listening.transcribed(
            pushed(f.TranscriptionFrame(said, "user", "now"), service("STT", "DeepgramSTTService")), 0.0
        )
        with tracer.start_as_current_span("stt", context) as span:
            span.set_attribute("transcript", said)
        with tracer.start_as_current_span("llm", context) as span:
            span.set_attribute("input", f'[{{"role": "user", "content": "{said}"}}]')
    sent = [str(dict(span.attributes or {})) for span in bridged.exporter.get_finished_spans()]
    sent += [str(one) for one in bridged.events()]

    assert 6 == sum("[card]" in one for one in sent)
    assert [] == [one for one in sent if "1111" in one]
    assert "1111 1111, okay?" != (call.turn.final if call.turn else "")
