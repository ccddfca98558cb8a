import pytest

from schemas.lead import Lead, funnel_mark
from schemas.lead_state import (
    UnknownStateVersion,
    decode_lead,
    due_and_stage,
    due_of,
    encode_lead,
    encode_mark,
    marked,
    read_under,
)
from schemas.moments import HOUR, LONG_AGO, NEVER
from tests.unit.story import START, tell

RICH = {
    "scores": {
        "s": {"half_life": "30d", "points": [{"on": "x", "add": 2, "at_most": 10, "per": "1d"}]},
        "t": {"points": [{"on": "x", "add": 2, "at_most": 10}, {"if": {"has": "n"}, "add": 3}]},
    },
    "transitions": [
        {"to": "b", "when": {"did": "x", "times": 3, "within": "9d"}},
        {"to": "c", "when": {"did": "x", "distinct": "page", "times": 3}},
        {"name": "quiet", "from": "any", "to": "out", "when": {"quiet": "60d"}},
        {"name": "seen", "from": "out", "to": "a", "when": {"visited": "c"}},
    ],
}


def test_a_state_is_read_as_it_was_written() -> None:
    story = tell(**RICH)
    for number in range(40):
        story.does("x", number, page=number, traits={"n": {"m": [number, None]}}, source="søk")
        assert story.lead is not None
        assert decode_lead(encode_lead(story.lead)) == story.lead


def test_its_head_is_read_without_the_rest() -> None:
    story = tell(**RICH).does("x")
    assert story.lead is not None
    state = encode_lead(story.lead)
    mark = funnel_mark(story.funnel.hash)
    assert due_and_stage(state) == (START + 60 * 24 * HOUR, "a") == due_and_stage(state[:25])
    assert (due_of(state), read_under(state)) == (story.lead.due, mark)
    assert mark == bytes.fromhex(story.funnel.hash)[:8]


@pytest.mark.parametrize(
    "due", [NEVER, START, 2**32, 2**32 - 1, 200, 127, 0, -1, -(2**31), -(2**31) - 1, LONG_AGO]
)
@pytest.mark.parametrize("stage", ["a", "s" * 31, "s" * 32, "é" * 20])
def test_its_head_is_read_however_it_is_written(due: int, stage: str) -> None:
    lead = Lead(funnel=b"12345678", stage=stage, since=0, created=0, clock=0, origin=b"of birth", due=due)
    state = encode_lead(lead)
    assert due_and_stage(state) == (due, stage)
    assert (due_of(state), read_under(state)) == (due, b"12345678")


def test_nothing_is_due_of_a_lead_that_was_merged() -> None:
    assert due_of(encode_mark("other")) == due_of(encode_mark("x")) == NEVER
    assert marked(encode_mark("other")) == "other"


def test_a_lead_that_nothing_awaits_is_never_due() -> None:
    story = tell({"did": "x"}).does("y")
    assert story.lead is not None
    assert due_of(encode_lead(story.lead)) == NEVER
    assert story.view.due is None


V2 = b"\xdc\x00\x14\x02\xc0"
"""How a state of version 2 began."""


def test_another_format_version_is_refused() -> None:
    story = tell(**RICH).does("x")
    assert story.lead is not None
    state = encode_lead(story.lead)
    for other, version in ((state[:1] + b"\x05" + state[2:], 5), (b"\x02" + state[1:], 2), (V2, 2)):
        for read in (due_and_stage, decode_lead):
            with pytest.raises(UnknownStateVersion, match=f"format version {version}"):
                read(other)


def test_a_state_does_not_grow_with_what_a_lead_does() -> None:
    sizes = []
    story = tell(**RICH)
    for number in range(400):
        story.does("x", number, page=number)
        story.knows(number, **{f"t{number}": 1})
        assert story.lead is not None
        sizes.append(len(encode_lead(story.lead)))
    assert max(sizes[300:]) <= max(sizes[200:300]) + 16


# What a person sees --------------------------------------------------------------------------------


def test_the_view_tells_what_is_due_exactly_however_the_lead_came_there() -> None:
    story = tell({"quiet": "60d"}).does("x").does("x", 30)
    assert story.view.due == START + (60 * 24 + 30) * HOUR
    assert story.lead is not None
    assert story.lead.due == START + 60 * 24 * HOUR
    assert story.waits(60 * 24 + 1).view.due == START + (60 * 24 + 30) * HOUR


def test_the_view_as_json() -> None:
    story = tell(**RICH).does("x", page="p", source="search", traits={"n": 1, "gone": None})
    assert story.view.model_dump(mode="json") == {
        "lead_id": "lead",
        "funnel": "tried",
        "funnel_hash": story.funnel.hash,
        "stage": "a",
        "since": "2026-01-01T00:00:00.000Z",
        "created": "2026-01-01T00:00:00.000Z",
        "clock": "2026-01-01T00:00:00.000Z",
        "seq": 1,
        "scores": {"s": 2.0, "t": 5.0},
        "traits": {"n": 1},
        "source": "search",
        "due": "2026-03-02T00:00:00.000Z",
        "last_transitions": [{"rule": "created", "to": "a", "at": "2026-01-01T00:00:00.000Z"}],
    }
