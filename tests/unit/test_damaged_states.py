"""A state that was damaged: a clear word of it, wherever the damage lies; never a fault of another kind."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from schemas.lead_packing import UnreadableState
from schemas.lead_state import MEMBERS, decode_lead, due_and_stage, encode_lead, encode_mark, marked
from schemas.moments import NEVER
from streams.engine.changelog import UnreadableChangelog
from streams.engine.overlay import Overlay
from tests.doubles.workers import live, partition, shop
from tests.unit.test_lead_states import V3_BUSY, V3_HELD_BACK, V4_BUSY, V4_HELD_BACK

STATES = [bytes.fromhex(state) for state in (V3_BUSY, V3_HELD_BACK, V4_BUSY, V4_HELD_BACK)]


def read(state: bytes) -> None:
    """All that is ever read of a state; only UnreadableState may come of it."""
    for reading in (marked, due_and_stage, _decode_whole):
        with suppress(UnreadableState):
            reading(state)


def _decode_whole(state: bytes) -> None:
    lead = decode_lead(state)
    assert (lead.traits, lead.history) is not None


@pytest.mark.parametrize("state", STATES)
def test_one_that_is_cut_off_is_no_lead(state: bytes) -> None:
    for length in range(len(state)):
        read(state[:length])
        with pytest.raises(UnreadableState):
            decode_lead(state[:length])


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
@pytest.mark.parametrize("state", STATES)
def test_one_in_which_a_byte_is_another_is_a_lead_or_none(state: bytes, flip: int) -> None:
    for at in range(len(state)):
        read(state[:at] + bytes([state[at] ^ flip]) + state[at + 1 :])


def _state(**changes: Any) -> bytes:
    """The state of a lead in which members are others, by name."""
    lead, _ = live(shop(), "anna", "page_viewed")
    members = msgspec.msgpack.decode(encode_lead(lead))
    return msgspec.msgpack.encode(
        [changes.get(name, one) for name, one in zip(MEMBERS, members, strict=True)]
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"funnel": b"seven b"},
        {"origin": b"nine byte"},
        {"seq": 0},
        {"ids": b"7 bytes"},
        {"ids": b"\0" * 33 * 6},
        {"due": NEVER + 1},
        {"clock": 2**63},
        {"stage": 7},
        {"kept": {7: 7}},
        {"source": b"s"},
        {"what few have": [["a"], [], [], [], 0, [7]]},
    ],
)
def test_what_no_lead_can_have_is_damage(changes: dict[str, Any]) -> None:
    assert decode_lead(_state()).seq == 1
    with pytest.raises(UnreadableState, match="was damaged"):
        decode_lead(_state(**changes))


@pytest.mark.parametrize(
    ("packed", "reading"),
    [
        ([-1, 0, "x"], lambda lead: lead.traits),
        ([999, 0, "x"], lambda lead: lead.traits),
        (["name"], lambda lead: lead.traits),
        (["name", [None], []], lambda lead: lead.traits),
        ([[], 0, "x"], lambda lead: lead.traits),
        ([0, 0], lambda lead: lead.history),
        ([0, 0, "soon"], lambda lead: lead.history),
        ([0, -1, 0], lambda lead: lead.history),
        (7, lambda lead: lead.history),
    ],
)
def test_damage_in_what_is_read_when_it_is_asked_for(packed: Any, reading: Callable[[Any], object]) -> None:
    written = msgspec.msgpack.encode(packed)
    lead = decode_lead(_state(traits=written, history=written))
    with pytest.raises(UnreadableState, match="can't be read"):
        reading(lead)


@pytest.mark.parametrize("state", [b"", encode_mark("anna")[:1] + b"\xff"])
def test_a_mark_that_is_none(state: bytes) -> None:
    with pytest.raises(UnreadableState, match="was damaged" if state else "it is empty"):
        marked(state)


def test_a_worker_that_meets_one_names_the_lead_and_says_what_to_do() -> None:
    here = partition(0, {"anna": live(shop(), "anna", "page_viewed")[0]})
    here.table.merge({b"anna": _state(seq=0)}, [])
    with pytest.raises(UnreadableChangelog, match=r"'anna'.*was damaged.*leadgate restore"):
        Overlay(here).lead(b"anna")
