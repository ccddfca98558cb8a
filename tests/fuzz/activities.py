"""A record's value, in each format: an activity that rules and state can hold, or a dead letter's reason."""

from typing import get_args

from qualifiers import compile_funnel, load_funnel
from qualifiers.presets import preset_text
from schemas.activity import Activity
from schemas.dead_letter import DeadLetterReason, Unreadable
from schemas.decision import Place, encode_decision
from schemas.lead_state import decode_lead, encode_lead
from streams.intake import DECODERS
from streams.intake.native import decode_native, decode_native_lines

FUNNEL = compile_funnel(load_funnel(preset_text("startup")))
PLACE = Place("lead.activities", 0, 0)
LONGEST_MESSAGE = 16_384
"""Bytes: it travels in a header of the dead letter."""


def check(data: bytes) -> None:
    """Decode, apply, encode. Raises AssertionError, or whatever a fault raises."""
    for decode in DECODERS.values():
        try:
            activity = decode(data)
        except Unreadable as unreadable:
            _look_at(unreadable)
        else:
            _apply(activity)
    _read_together(data)


def _look_at(unreadable: Unreadable) -> None:
    assert unreadable.reason in get_args(DeadLetterReason)
    assert 0 < len(str(unreadable).encode()) < LONGEST_MESSAGE


def _apply(activity: Activity) -> None:
    try:
        applied = FUNNEL.apply(None, activity, PLACE)
    except Unreadable:
        return
    for decision in applied.decisions:
        encode_decision(decision)
    if applied.lead is None:
        return
    again = decode_lead(encode_lead(applied.lead))
    assert again == applied.lead
    FUNNEL.view(activity.lead_id, again).model_dump_json()
    if applied.departure is None:
        assert FUNNEL.apply(again, activity, PLACE).outcome == "duplicate"


def _read_together(data: bytes) -> None:
    """Lines that are read together are what each is by itself."""
    together = decode_native_lines(data + b"\n", data.count(b"\n") + 1)
    if together is not None:
        assert together == [decode_native(line) for line in data.split(b"\n")]
