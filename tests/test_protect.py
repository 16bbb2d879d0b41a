import json
import re

import pytest

import protection
from pipecat_lgtm.renderers.collector import protect_patterns as p
from pipecat_lgtm.renderers.collector import protect_scan as scan
from pipecat_lgtm.renderers.collector import protect_shapes as shapes
from pipecat_lgtm.renderers.collector.protect import LOGS, SPANS, protect_processors
from pipecat_lgtm.renderers.collector.protect_place import WORK
from pipecat_lgtm.renderers.collector.protect_redact import KINDS
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import spoken, stored
from pipecat_lgtm_bridge.contract.types import Attribute

SECRETS = protection.secrets()
_NEUTRAL = "Well, the thing I wanted to tell you about is this one here: "


def test_every_needle_is_in_its_text() -> None:
    """What must not be found would be found if nothing were hidden."""
    assert [] == [(text, part) for _, text, hidden in SECRETS for part in hidden if part not in text]


@pytest.mark.parametrize(("kind", "text", "hidden"), SECRETS, ids=[text for _, text, _ in SECRETS])
def test_a_planted_secret_is_replaced_by_its_kind(kind: str, text: str, hidden: list[str]) -> None:
    """The cheap test fires, the patterns take out every part, and what stands there says what it was."""
    stored = protection.redacted(text)

    assert [] == [part for part in hidden if part in stored]
    assert f"[{kind}]" in stored


@pytest.mark.parametrize(("kind", "text", "hidden"), SECRETS, ids=[text for _, text, _ in SECRETS])
def test_a_planted_secret_is_found_in_mid_speech(kind: str, text: str, hidden: list[str]) -> None:
    """A sentence before it and one after it change nothing."""
    stored = protection.redacted(f"{_NEUTRAL}{text}\nDid you get that?")

    assert [] == [part for part in hidden if part in stored]
    assert f"[{kind}]" in stored


@pytest.mark.parametrize("text", protection.lookalikes())
def test_a_lookalike_is_left_alone(text: str) -> None:
    """Neither the families whose test fires nor all of them together change it."""
    assert text == protection.redacted(text)
    assert text == protection.replaced(text, set(scan.SCANS))


def test_a_sender_cannot_hide_a_secret_behind_our_own_marks() -> None:
    """Private-use characters that the patterns use are taken out before they run."""
    card = "4111 1111 1111 1111"
    hostile = [card[:9] + mark + card[9:] for mark in shapes.PRIVATE]

    assert ["[card]"] * len(hostile) == [protection.redacted(text) for text in hostile]


def test_a_text_that_cannot_be_read_fires_every_test() -> None:
    """What stands for an unreadable map makes every family's patterns run."""
    assert set(scan.SCANS) == {family for family, one in scan.SCANS.items() if protection.fires(scan.FIRES, one)}


def test_the_cheap_tests_begin_with_a_literal() -> None:
    """An expression that begins with a class or an alternative costs a hundred times as much."""
    begun = re.compile(r'[a-z0-9@ :_"-]|\\[\\"]|ñ')
    slow = [
        regex
        for regex in (
            *scan.THIN,
            *scan.ORDERS,
            *(one for family, each in scan.SCANS.items() if family != "wide" for one in each.expressions),
        )
        if not begun.match(regex) and not regex.startswith("=[")
    ]

    assert [] == slow


def test_every_family_has_a_test_and_patterns() -> None:
    """No family is tested for nothing, none has patterns that never run."""
    used = {one.family for one in (*p.WIDEN, *p.SHIELDS, *p.PATTERNS)}

    assert set(scan.SCANS) == used


@pytest.mark.parametrize("mode", ["redact", "drop", "keep"])
def test_every_mode_cuts_every_map_of_attributes(mode: str) -> None:
    """Resources, scopes, spans, events and log records are cut to the limit in every mode."""
    made = protection.statements(protect_processors(mode, 2048))
    cut = {context for context, statement in made if statement == f"truncate_all({context}.attributes, 2048)"}

    assert {"resource", "scope", "span", "spanevent", "log"} == cut


def test_keep_replaces_and_deletes_nothing() -> None:
    """In mode keep nothing but length is changed; an attribute whose name is too long goes."""
    made = [statement for _, statement in protection.statements(protect_processors("keep", 2048))]

    changed = [one for one in made if one.startswith(("replace_", "delete_"))]
    assert [] == [one for one in changed if not one.startswith("delete_matching_keys") and "protect.event" not in one]
    assert {r'"(?s)^.{257}") where Len('} == {
        re.sub(r".*, (.*Len\().*", r"\1", one) for one in changed if "keys" in one
    }


def test_drop_keeps_a_list_and_redacts_what_is_on_it() -> None:
    """Mode drop takes away all that is not on the list before anything else, and then does all that redact does."""
    redact, drop = (protection.statements(protect_processors(mode, 2048)) for mode in ("redact", "drop"))
    first = {context: next(one for at, one in drop if at == context) for context in ("span", "spanevent", "log")}
    plain = [one for one in redact if "span.cache, " in one[1] or "protect.plain" in one[1]]

    assert {context: f"keep_keys({context}.attributes" for context in first} == {
        context: one.split(",")[0] for context, one in first.items()
    }
    assert [one for one in drop if one in redact and one not in plain] == [one for one in redact if one not in plain]


def test_each_processor_has_its_own_signal() -> None:
    """Spans and log records are protected by processors of their own, which skip what fails."""
    made = protect_processors("redact", 2048)

    assert [SPANS, LOGS] == list(made)
    assert ["ignore"] * 2 == [one["error_mode"] for one in made.values()]


def test_kinds_are_those_that_are_counted() -> None:
    """A finding's kind is one that the patterns write."""
    written = {kind for one in p.PATTERNS for kind in re.findall(r"\[([a-z]+)\]$", one.replacement.removesuffix("@"))}

    assert set(KINDS) == written


def test_no_working_attribute_has_a_secrets_name() -> None:
    """Taking out attributes that are named like credentials takes out none of our own flags."""
    assert [] == [family for family in scan.SCANS if re.search(p.SECRET_KEYS, WORK + family, re.ASCII)]


def test_needles_are_found_nowhere_else() -> None:
    """No hidden part of one text stands in what is left of another, or in what the collector logs of itself."""
    left = "\n".join([*(protection.redacted(text) for _, text, _ in SECRETS), scan.FIRES])

    assert [] == [part for _, _, hidden in SECRETS for part in hidden if len(part) >= 8 and part in left]


def _everywhere(name: str) -> list[str]:
    deep = {"deep": [{"er": {name: "tulip"}}]}
    return [json.dumps(deep), json.dumps({"body": json.dumps(deep)}), json.dumps({name: 90210.5}), str({name: "tulip"})]


@pytest.mark.parametrize("name", protection.SECRET_NAMES)
def test_a_secrets_name_is_found_in_every_spelling(name: str) -> None:
    """As an attribute's key it is taken out and the cheap test fires; as a member's in JSON its value is replaced."""
    spelled = protection.spellings(name)
    families = set(p.NAMES)

    assert [] == [one for one in spelled if not re.search(p.SECRET_KEYS, one, re.ASCII)]
    assert [] == [one for one in spelled if not families & protection.fired("x", one)]
    texts = [text for one in spelled for text in _everywhere(one)]
    stored = [protection.redacted(text) for text in texts]
    assert [] == [one for one in stored if "tulip" in one or "90210.5" in one or "[secret]" not in one]


@pytest.mark.parametrize("name", protection.HARMLESS_NAMES)
def test_a_name_that_only_holds_a_secrets_letters_is_left_alone(name: str) -> None:
    """Neither its attribute is taken out, nor is its value replaced in JSON."""
    texts = _everywhere(name)

    assert not re.search(p.SECRET_KEYS, name, re.ASCII)
    assert texts == [protection.replaced(text, set(scan.SCANS)) for text in texts]


def test_no_attribute_of_the_contract_has_a_secrets_name() -> None:
    """What is measured, shown or stored in mode drop is never taken out for its name."""
    names = {one.name for module in (a, e) for one in vars(module).values() if isinstance(one, Attribute)}
    names |= {*stored.PIPECAT, *stored.LINES, *stored.CONVENTIONS}

    assert [] == [name for name in names if re.search(p.SECRET_KEYS, name, re.ASCII)]


@pytest.mark.parametrize(
    "value",
    ["tu\\lip \"rose\" 'x' }", ["tulip", "rose"], {"x": {"rose": ["tulip"]}}, {"rose": "}tulip"}, {"1": "tulip\n"}],
)
def test_a_members_whole_value_is_replaced(value: object) -> None:
    """Quotes, brackets and line ends within a text, and lists and objects, leave nothing behind."""
    deep = {"deep": {"password": value}}
    texts = [json.dumps(deep), json.dumps({"body": json.dumps(deep)})]

    left = [protection.redacted(text) for text in texts]
    assert [] == [one for one in left if "tu" in one or "rose" in one or "[secret]" not in one]


def test_what_is_beside_a_member_stays() -> None:
    """Only the member's own value is replaced."""
    text = json.dumps({"a": 1, "pin": "4 8", "b": [0.5, "x"], "card": {"cvv": {"x": "}"}, "name": "y"}})

    stored = '{"a": 1, "pin": "[secret]", "b": [0.5, "x"], "card": {"cvv": [secret], "name": "y"}}'
    assert stored == protection.redacted(text)


def test_a_tools_parameter_with_a_secrets_name_stays() -> None:
    """A schema says what a secret is called, and holds none."""
    pin = {"type": "string", "description": "Four digits."}
    optional = {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Password"}
    text = json.dumps([{"name": "log_in", "properties": {"pin": pin, "password": optional}}])

    assert text == protection.redacted(text)
    assert json.dumps({"x": text}) == protection.redacted(json.dumps({"x": text}))


def test_no_digit_of_another_script_goes_unseen() -> None:
    """The first bytes that are looked for are those of every digit of another script, and of every word for one."""
    digits = [chr(zero + at) for zero in (0xFF10, 0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50) for at in range(10)]
    words = [word for language in ("ru", "hi", "ar", "fa") for word in "|".join(spoken.DIGITS[language]).split("|")]

    assert [] == [one for one in digits if not any(one.encode().startswith(lead) for lead in scan.WIDE_LEADS)]
    assert [] == [one for one in words if not any(lead in one.encode() for lead in scan.SPOKEN_LEADS)]
