"""Personal traits decide, and are not said: not in reasons, evidence, on pages, nor of dead letters."""

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qualifiers import Funnel, Personal, compile_funnel, explain, load_funnel
from qualifiers.personal import WITHHELD
from schemas.activity import Activity
from schemas.decision import Decision, Place, encode_decision
from schemas.lead import Lead
from streams.dead_letters.letter import Letter
from streams.dead_letters.masking import HIDDEN, masked
from streams.dead_letters.places import Place as LetterPlace
from streams.engine.homes import home
from streams.engine.in_force import InForce
from streams.personal import personal_of
from streams.settings import SettingsError, load_settings
from tests.doubles.web import served
from tests.doubles.workers import FakeEngine, FakeGroup, partition, worker

FUNNEL = """
funnel: shop
stages: [visitor, known, buyer]
transitions:
  - {from: visitor, to: known, when: {has: [email, company]}}
  - {to: buyer, when: {any: [{trait: person, exists: true}, {trait: person.name, starts_with: A}]}}
signals:
  - {name: employed, in: known, when: {trait: email, ends_with: .com}}
"""
FUNNEL_OPEN = """
funnel: open
stages: [visitor, known, buyer, gone]
transitions:
  - {from: buyer, to: gone, when: {all: [{trait: email, is: gone}, {has: person.name}, {did: left}]}}
"""
TRAITS: dict[str, Any] = {
    "email": "ada@example.com",
    "company": {"name": "Engines", "employees": 3},
    "person": {"name": "Ada", "age": 990036},
}
SAID = ("ada@", "Ada", "990036")
KEY = b"a key of 16 bytes or more"
START = 1_767_225_600_000


def decided(personal: Personal | None) -> tuple[Funnel, Lead, list[Decision]]:
    """A lead that has told all of its traits, and what was decided about it."""
    funnel = compile_funnel(load_funnel(FUNNEL), personal=personal)
    activity = Activity(id="a1", lead_id="l1", type="identified", occurred_at=START, traits=TRAITS)
    applied = funnel.apply(None, activity, Place(topic="in", partition=0, offset=0))
    assert applied.lead is not None
    return funnel, applied.lead, applied.decisions


# What is shown ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        (("email",), TRAITS | {"email": WITHHELD}),
        (("person",), TRAITS | {"person": WITHHELD}),
        (("person.name",), TRAITS | {"person": {"name": WITHHELD, "age": 990036}}),
        (("person.name.first",), TRAITS | {"person": {"name": "Ada", "age": 990036}}),
        (("e", "emails", "erson", "person.ag"), TRAITS),
        (("company.name", "company"), TRAITS | {"company": WITHHELD}),
        ((), TRAITS),
    ],
)
def test_what_lies_at_a_path_and_below_it_is_personal(paths: tuple[str, ...], shown: dict[str, Any]) -> None:
    personal = Personal(paths)
    assert personal.of_all(TRAITS) == shown
    for name, value in TRAITS.items():
        assert personal.shown(name, value) == shown[name]


def test_below_a_personal_path_all_is() -> None:
    assert Personal(("person",)).shown("person.name", "Ada") == WITHHELD
    assert Personal(("person",)).shown("personal", "Ada") == "Ada"


@pytest.mark.parametrize("key", [None, KEY])
def test_that_nothing_is_known_is_said(key: bytes | None) -> None:
    assert Personal(("email",), key).shown("email", None) is None
    assert Personal(("email",), key).shown("email", "") not in (None, "")


def test_equal_values_have_equal_hashes_under_one_key_alone() -> None:
    one, other = Personal(("email", "person"), KEY), Personal(("email", "person"), KEY + b"!")
    hashed = one.shown("email", "ada@example.com")
    assert hashed == one.shown("email", "ada@example.com")
    assert len({hashed, one.shown("email", "eve@example.com"), other.shown("email", "ada@example.com")}) == 3
    assert hashed.startswith("hmac:")
    assert len(hashed) == len("hmac:") + 32
    in_another_order = dict(reversed(TRAITS["person"].items()))
    assert one.shown("person", TRAITS["person"]) == one.shown("person", in_another_order)


# What is decided, and said of it -------------------------------------------------------


@pytest.mark.parametrize("key", [None, KEY], ids=["withheld", "hashed"])
def test_decisions_are_the_same_and_do_not_say_what_is_personal(key: bytes | None) -> None:
    personal = Personal(("email", "person"), key)
    _, _, plain = decided(None)
    _, _, told = decided(personal)
    assert len(told) == len(plain) > 2
    for without, with_all in zip(told, plain, strict=True):
        written = encode_decision(without).decode()
        assert not any(value in written for value in SAID)
        assert replace_said(without) == replace_said(with_all)
    written = b"".join(map(encode_decision, plain)).decode()
    assert all(value in written for value in SAID)
    [known] = [one for one in told if getattr(one, "to", "") == "known"]
    assert known.evidence[0].value == {
        "email": personal.shown("email", TRAITS["email"]),
        "company": TRAITS["company"],
    }


def replace_said(decision: Decision) -> Any:
    """A decision without what it says in words and values."""
    document = json.loads(encode_decision(decision))
    document["evidence"] = [one["condition"] for one in document["evidence"]]
    return {name: value for name, value in document.items() if name != "reason"}


def test_a_lead_is_shown_without_what_is_personal() -> None:
    funnel, lead, _ = decided(Personal(("email", "person.name")))
    shown = funnel.view("l1", lead).traits
    assert shown == TRAITS | {"email": WITHHELD, "person": {"name": WITHHELD, "age": 990036}}
    plain, lead, _ = decided(None)
    assert plain.view("l1", lead).traits == TRAITS


def test_so_it_is_explained() -> None:
    funnel = compile_funnel(load_funnel(FUNNEL_OPEN), personal=Personal(("email", "person")))
    _, lead, _ = decided(None)
    told = explain(funnel, "l1", funnel.adopted(lead)).model_dump_json()
    assert "email is gone" in told
    assert WITHHELD in told
    assert not any(value in told for value in SAID)


def test_so_is_its_page() -> None:
    async def scene() -> None:
        funnel, lead, _ = decided(Personal(("email", "person")))
        group, number = FakeGroup(), home(b"l1", 4)
        one = worker("w", group)
        assert isinstance(one.engine, FakeEngine)
        one.engine.give([number])
        one.engine.open(partition(number, {"l1": lead}, in_force=InForce(1, funnel)))
        async with served(one) as [(one, get)]:
            group.by_partition = {number: one.me}
            answer = await get("/leads/l1")
            assert answer.status == 200
            assert not any(value in answer.text for value in SAID)
            assert answer.said["traits"]["company"] == TRAITS["company"]

    asyncio.run(scene())


# Dead letters -----------------------------------------------------------------------

LETTER = Letter(
    LetterPlace(0, 1), START, "future", "what is wrong", "in", LetterPlace(0, 2), START, b"l1", None, []
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (
            {"id": "a1", "lead_id": "l1", "traits": TRAITS, "properties": {"email": "ada@", "page": "/"}},
            {
                "id": "a1",
                "lead_id": "l1",
                "traits": TRAITS | {"email": WITHHELD, "person": WITHHELD},
                "properties": {"email": WITHHELD, "page": "/"},
            },
        ),
        ({"id": "a1"}, {"id": "a1"}),
        ({"traits": ["ada@example.com"], "properties": None}, {"traits": WITHHELD, "properties": None}),
        (
            {"id": "a1", "trait": {"email": "ada@"}, "email": "ada@"},
            {"id": "a1", "trait": WITHHELD, "email": WITHHELD},
        ),
        (
            {"lead_id": {"email": "ada@"}, "type": 3, "source": None},
            {"lead_id": WITHHELD, "type": WITHHELD, "source": None},
        ),
    ],
)
def test_a_dead_letter_is_shown_without_what_is_personal(
    value: dict[str, Any], shown: dict[str, Any]
) -> None:
    letter = replace(LETTER, value=json.dumps(value).encode())
    told = masked(letter, Personal(("email", "person")))
    assert told.value is not None
    assert json.loads(told.value) == shown
    assert replace(told, value=letter.value) == letter


@pytest.mark.parametrize("value", [b"ada@example.com", b'{"email": "ada@', b'["ada@example.com"]', b"\xff"])
def test_in_what_is_no_activity_nobody_can_tell(value: bytes) -> None:
    assert masked(replace(LETTER, value=value), Personal(("email",))).value == HIDDEN


def test_nothing_is_withheld_of_a_letter_without_a_value() -> None:
    assert masked(LETTER, Personal(("email",))) == LETTER


# Settings ---------------------------------------------------------------------------


def test_settings_name_what_is_personal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert personal_of(load_settings()) is None
    monkeypatch.setenv("LEADGATE_PERSONAL_TRAITS", "email, person.name")
    withheld = personal_of(load_settings())
    assert withheld is not None
    assert withheld.shown("person.name", "Ada") == WITHHELD
    monkeypatch.setenv("LEADGATE_PERSONAL_SECRET", KEY.decode())
    hashed = personal_of(load_settings())
    assert hashed is not None
    assert hashed.shown("email", "ada@") == Personal(("email",), KEY).shown("email", "ada@")
    assert KEY.decode() not in repr(load_settings())
    for name in [name for name in os.environ if name.startswith("LEADGATE_PERSONAL")]:
        monkeypatch.delenv(name)
    file = tmp_path / "leadgate.toml"
    file.write_text('personal_traits = ["email", "person.name"]\n')
    assert load_settings(file).personal_traits == ("email", "person.name")


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        (
            {"PERSONAL_TRAITS": "email,person..name"},
            (
                "LEADGATE_PERSONAL_TRAITS: write paths of traits with commas between them: "
                "email,phone,person.name (it is 'email,person..name')"
            ),
        ),
        (
            {"PERSONAL_SECRET": KEY.decode()},
            "LEADGATE_PERSONAL_SECRET: has no effect unless personal_traits are set",
        ),
    ],
)
def test_a_wrong_setting_is_one_clear_line(
    variables: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"LEADGATE_{name}", value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == line
