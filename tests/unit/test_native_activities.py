"""Native activities: what is read, what is refused and why, and that pydantic says the same."""

import json
from io import BytesIO
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.activity import Activity
from schemas.activity_document import ActivityDocument
from schemas.dead_letter import Unreadable
from streams.intake import DECODERS, decode_native, format_of
from streams.intake.native import decode_native_lines

WHOLE = {"id": "a1", "lead_id": "l1", "type": "demo_requested", "occurred_at": "2026-01-31T09:30:00Z"}


def text(**members: object) -> bytes:
    return json.dumps(WHOLE | members).encode()


def raw(member: str) -> bytes:
    return text()[:-1] + b"," + member.encode() + b"}"


def nested(levels: int) -> bytes:
    """Properties whose lists are nested so that the document has ``levels`` levels."""
    return raw('"properties":{"a":' + "[" * (levels - 2) + "]" * (levels - 2) + "}")


def refused(value: bytes | None) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        decode_native(value)
    return caught.value


def test_an_activity_is_read_whole() -> None:
    value = text(
        type="Demo Requested",
        occurred_at="2026-01-31T10:30:00.1239+01:00",
        properties={"path": "/pricing", "n": [1, 2.5, None, True, {"deep": {"er": []}}]},
        traits={"company": {"employees": 120}},
        source="search",
        unknown={"is": "ignored"},
    )
    assert decode_native(value) == Activity(
        id="a1",
        lead_id="l1",
        type="demo_requested",
        occurred_at=1_769_851_800_123,
        properties={"path": "/pricing", "n": [1, 2.5, None, True, {"deep": {"er": []}}]},
        traits={"company": {"employees": 120}},
        source="search",
    )


def test_what_may_be_left_out_is_empty() -> None:
    activity = decode_native(text())
    assert (activity.properties, activity.traits, activity.source) == ({}, {}, None)


@pytest.mark.parametrize(
    ("value", "reason", "said"),
    [
        (None, "null_value", "no value"),
        (b"", "not_json", "it is empty"),
        (b"{", "not_json", "line 1 column 2"),
        (text() + b"{}", "not_json", "Extra data"),
        (b"\xef\xbb\xbf" + text(), "not_json", "BOM"),
        (raw('"properties":{"a":NaN}'), "not_json", "NaN is no JSON number"),
        (raw('"properties":{"a":"\\ud800"}'), "not_json", "half of a surrogate pair"),
        (text()[:-1] + b',"source":"caf\xe9"}', "not_utf8", "byte"),
        (text()[:-1] + b',"unknown":"caf\xe9"}', "not_utf8", "byte"),
        (b"null", "wrong_type", "a JSON object, not null"),
        (b"[{}]", "wrong_type", "a JSON object, not a list"),
        (b"{}", "missing_member", "missing `id`, `lead_id`, `type`, `occurred_at`"),
        (b'{"id": 1, "type": "x"}', "missing_member", "`lead_id` and `occurred_at`; `id` must be text"),
        (text(id=7), "wrong_type", "`id` must be text, not a number"),
        (text(id=""), "wrong_type", "`id` is empty"),
        (text(lead_id=""), "wrong_type", "`lead_id` is empty"),
        (text(lead_id=None), "wrong_type", "`lead_id` must be text, not null"),
        (text(type=" - "), "wrong_type", "`type`: a type needs a letter"),
        (text(properties=[]), "wrong_type", "`properties` must be an object, not a list"),
        (text(traits=None, source=1), "wrong_type", "`traits` must be an object, not null; `source`"),
        (text(properties={"a": 2**63}), "wrong_type", "does not fit 64 bits"),
        (text(properties={"a": [{"b": -(2**63) - 1}]}), "wrong_type", "does not fit 64 bits"),
        (raw('"traits":{"a":1e400}'), "wrong_type", "out of every range"),
        (raw('"traits":{"a":' + "9" * 5_000 + "}"), "wrong_type", "out of every range"),
        (text(occurred_at=1_769_851_800), "wrong_type", "RFC 3339 text"),
        (text(occurred_at="2026-01-31T09:30:00"), "bad_moment", "does not say its offset"),
        (text(occurred_at="2026-01-31"), "bad_moment", "not an RFC 3339"),
        (text(occurred_at="2026-01-31T09:30:00+0100"), "bad_moment", "not an RFC 3339"),
        (text(occurred_at="2026-W05-6T09:30:00Z"), "bad_moment", "not an RFC 3339"),
        (text(occurred_at="2026-02-30T09:30:00Z"), "bad_moment", "not a moment that exists"),
        (text(occurred_at="0001-01-01T00:00:00+01:00"), "bad_moment", "not a moment that exists"),
        (nested(33), "too_deep", "`properties` is nested deeper than 32 levels"),
        (nested(64), "too_deep", "deeper than 32"),
        (nested(200_000), "too_deep", "deeper than 32"),
        (raw('"unknown":' + "[" * 200_000), "too_deep", "deeper than 32"),
    ],
)
def test_what_is_refused_says_why(value: bytes | None, reason: str, said: str) -> None:
    unreadable = refused(value)
    assert unreadable.reason == reason
    assert said in str(unreadable)


def test_a_reason_stays_short_whatever_the_record_says() -> None:
    assert len(str(refused(text(occurred_at="x" * 1_000_000)))) < 1_100


@pytest.mark.parametrize(
    "value",
    [
        text(occurred_at="9999-12-31T23:59:59Z"),
        text(occurred_at="2026-01-31t09:30:00z"),
        text(occurred_at="2026-01-31 09:30:00-00:30"),
        text(properties={"a": 2**63 - 1, "b": -(2**63), "c": 1e308}),
        text(type="x" * 1_000),
        nested(7),
        nested(32),
        raw('"source":null'),
    ],
)
def test_what_is_unusual_but_right_is_read(value: bytes) -> None:
    document = ActivityDocument.model_validate(msgspec.json.decode(value))
    assert decode_native(value) == document.activity()


def test_of_a_member_given_twice_the_last_counts() -> None:
    assert decode_native(raw('"id":"a2"')).id == "a2"


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)
MOMENTS = st.sampled_from(
    ["2026-01-31T09:30:00Z", "2026-01-31T09:30:00.5Z", "2026-01-31T24:00:00Z", "2026-01-31T09:30:00", "now"]
) | st.datetimes().map(lambda moment: moment.isoformat() + "+02:00")
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=3)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Activities, of which a member or two may be missing or of another kind."""
    document: dict[str, Any] = {
        "id": draw(st.text(max_size=6)),
        "lead_id": draw(st.text(min_size=1, max_size=6)),
        "type": draw(st.text(max_size=12) | st.sampled_from(["Demo Requested", "demoRequested", "__"])),
        "occurred_at": draw(MOMENTS),
        "properties": draw(OBJECTS),
        "traits": draw(OBJECTS),
        "source": draw(st.none() | st.text(max_size=4)),
    }
    for member in draw(st.sets(st.sampled_from(sorted(document)), max_size=2)):
        if draw(st.booleans()):
            del document[member]
        else:
            document[member] = draw(VALUES)
    return document


@given(documents())
def test_msgspec_and_pydantic_agree_on_every_document(document: dict[str, Any]) -> None:
    value = json.dumps(document, ensure_ascii=False).encode()
    try:
        expected = ActivityDocument.model_validate(document).activity()
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors()}
        said = str(refused(value))
        assert all(f"`{member}`" in said or "out of every range" in said for member in wrong)
    else:
        assert decode_native(value) == expected


@given(st.binary(max_size=40))
def test_whatever_the_bytes_are_the_verdict_is_an_activity_or_unreadable(value: bytes) -> None:
    refused(value)


@pytest.mark.parametrize(
    ("content_type", "format_"),
    [(None, "native"), (b"application/json; charset=utf-8", "native"), (b"text/plain", "native")],
)
def test_every_content_type_names_a_decoder(content_type: bytes | None, format_: str) -> None:
    assert format_of(content_type) == format_
    assert format_ in DECODERS


def each(block: bytes) -> list[Activity] | None:
    """What the lines of a block hold, one by one; None where a line holds nothing."""
    try:
        return [decode_native(line) for line in BytesIO(block)]
    except Unreadable:
        return None


TWO = text(id="a2") + b" " + text(id="a3")
PARTS = [
    text(),
    text(traits={"company": {"name": "ä}\n{"}}),
    TWO,
    text()[:-1],
    b"}",
    b"{",
    b"",
    b"\r",
    b"\xff",
    b"[]",
]


@given(st.lists(st.sampled_from(PARTS), max_size=5), st.sampled_from([b"\n", b"", b"}\n"]))
def test_lines_are_read_together_as_they_are_one_by_one(lines: list[bytes], end: bytes) -> None:
    block = b"\n".join(lines) + end
    together = decode_native_lines(block, block.count(b"\n"))
    assert together is None or together == each(block)


def test_lines_are_read_together_when_nothing_is_odd_about_them() -> None:
    two = text() + b"\n" + text(id="a2") + b"\n"
    assert decode_native_lines(two, 2) == each(two.removesuffix(b"\n"))


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"\n" + TWO + b"\n", id="a blank line, and two activities in the next"),
        pytest.param(b'{"a":\n{"b":1}}\n' + TWO + b"\n", id="one activity in two lines, and two in the next"),
        pytest.param(text() + b"\n" + text(occurred_at="now") + b"\n", id="a bad moment"),
        pytest.param(text(type="---") + b"\n", id="a type without a letter"),
        pytest.param(text() + b"\n" + text(id="\ud800") + b"\n", id="half a character"),
        pytest.param((text() + b"\n") * 12_000, id="more than an activity may have"),
    ],
)
def test_lines_that_are_odd_are_left_to_be_read_one_by_one(block: bytes) -> None:
    assert decode_native_lines(block, block.count(b"\n")) is None
