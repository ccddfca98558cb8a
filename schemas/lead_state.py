"""A lead's state: a lead as bytes, as tables and the changelog hold it.

A state can be read by itself, under whatever funnel. It is an array in msgpack, which begins with
what is read without decoding the rest. As a rule::

    1 byte   0x9f: an array of 15 members
    1 byte   format version
    9 bytes  due moment, ms since the epoch: 0xcf, or 0xd3 where it is negative, then big-endian
    10 bytes 0xc4 0x08, then the first bytes of the hash of the funnel that last read it
    1 byte   0xa0 and the length of the stage's name, then the name

A moment of 1970's first days, or a name of more than 31 bytes, is written otherwise: such a
state is decoded to be read. Then come the lead's clock, entry and creation as what they lie before
it, and the others, traits and history as `schemas.lead_packing` says. The last member is what few
leads have: stages visited, transitions that stay out, the ids that were merged into the lead; all
others have null there. Of a lead that was merged into another a mark is left, whose first byte is
0xff: then comes the id of the other.

States of the version before are read too, and become this one's when they are written next.
"""

import struct
from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from schemas import lead_state_v3
from schemas.lead import ID_BYTES, KEPT_IDS, Lead
from schemas.lead_packing import DAMAGED, UnreadableState
from schemas.moments import FIRST_MOMENT, LAST_MOMENT, LONG_AGO, NEVER

FORMAT_VERSION = 4

MEMBERS = (
    "version", "due", "funnel", "stage", "clock", "in stage", "age", "origin", "source", "seq", "ids", "kept",
    "traits", "history", "what few have",
)  # fmt: skip
"""What the members of the array are, in their order."""


class UnknownStateVersion(UnreadableState):
    """A state was written by another version of leadgate; this one cannot read it."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"a lead's state has format version {version}, and this leadgate reads versions "
            f"{lead_state_v3.FORMAT_VERSION} and {FORMAT_VERSION}: "
            "run the version that wrote it, or rebuild the table from the activities"
        )
        self.version = version


_MARK = 0xFF
_ARRAY = 0x9F
_VERSION_AT = 1
_DUE_AT = 2
_WIDE = (0xCF, 0xD3)
"""How a whole number of 8 bytes begins, such as a due moment nearly always is."""
_FUNNEL_AT = 13
_STAGE_AT = 21
_SHORT_TEXT, _LONG_TEXT = 0xA0, 0xC0
"""A text of up to 31 bytes begins with the one and its length, which does not reach the other."""
_MOMENT = struct.Struct(">q")

# What no lead has is damage. There is no checksum: Kafka has one of each batch of records.
_Moment = Annotated[int, msgspec.Meta(ge=FIRST_MOMENT, le=LAST_MOMENT)]
_Due = Annotated[int, msgspec.Meta(ge=LONG_AGO, le=NEVER)]
_Ago = Annotated[int, msgspec.Meta(ge=FIRST_MOMENT - LAST_MOMENT, le=LAST_MOMENT - FIRST_MOMENT)]
_Count = Annotated[int, msgspec.Meta(ge=1, le=NEVER)]
_Hash = Annotated[bytes, msgspec.Meta(min_length=_STAGE_AT - _FUNNEL_AT, max_length=_STAGE_AT - _FUNNEL_AT)]
_Ids = Annotated[bytes, msgspec.Meta(max_length=KEPT_IDS * ID_BYTES)]
_Text = tuple[str, ...]
_Rare = tuple[_Text, _Text, _Text, _Text, _Due, _Text]
_Members = tuple[
    int, _Due, _Hash, str, _Moment, _Ago, _Ago, _Hash, str | None, _Count, _Ids, dict[str, Any],
    bytes, bytes, _Rare | None,
]  # fmt: skip
_encode: Callable[[_Members], bytes] = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], _Members] = msgspec.msgpack.Decoder(_Members).decode


def encode_lead(lead: Lead) -> bytes:
    """A lead as bytes."""
    clock = lead.clock
    return _encode((
        FORMAT_VERSION, lead.due, lead.funnel, lead.stage, clock, clock - lead.since, clock - lead.created,
        lead.origin, lead.source, lead.seq, lead.ids, lead.kept, lead.written_traits(),
        lead.written_history(), _rare(lead),
    ))  # fmt: skip


def _rare(lead: Lead) -> _Rare | None:
    """What few leads have any of."""
    if lead.visited or lead.passed_over or lead.let_in or lead.waiting or lead.waiting_until or lead.absorbed:
        return (
            lead.visited, lead.passed_over, lead.let_in, lead.waiting, lead.waiting_until, lead.absorbed,
        )  # fmt: skip
    return None


def decode_lead(state: bytes) -> Lead:
    """The lead that was encoded. Raises UnreadableState: UnknownStateVersion, or because it was damaged."""
    try:
        if not _is_present(state):
            return _decode_older(state)
        (
            _, due, funnel, stage, clock, in_stage, age, origin, source, seq, ids, kept, traits, history, rare
        ) = _decode(state)  # fmt: skip
        if len(ids) % ID_BYTES:
            raise ValueError(f"{len(ids)} bytes of ids")
    except DAMAGED as error:
        raise _damaged(state, error) from None
    lead = Lead(
        funnel, stage, clock - in_stage, clock - age, clock, origin, source, ids, due, traits, history
    )  # fmt: skip
    lead.seq = seq
    lead.kept = kept
    if rare is not None:
        lead.visited, lead.passed_over, lead.let_in, lead.waiting, lead.waiting_until, lead.absorbed = rare
    return lead


def _damaged(state: bytes, error: Exception) -> UnreadableState:
    return UnreadableState(f"it was damaged, or is no state: {error}" if state else "it is empty")


def _is_present(state: bytes) -> bool:
    """Whether it is a state of this version."""
    return state[0] == _ARRAY and state[_VERSION_AT] == FORMAT_VERSION


def _decode_older(state: bytes) -> Lead:
    if lead_state_v3.is_one(state):
        return lead_state_v3.decode(state)
    raise UnknownStateVersion(state[_VERSION_AT] if state[0] == _ARRAY else lead_state_v3.version_of(state))


def due_and_stage(state: bytes) -> tuple[int, str]:
    """When something is due, and in which stage the lead is. Raises UnreadableState, as `decode_lead`."""
    try:
        if _is_present(state) and state[_DUE_AT] in _WIDE:
            head = state[_STAGE_AT]
            if _SHORT_TEXT <= head < _LONG_TEXT:
                stage = state[_STAGE_AT + 1 : _STAGE_AT + 1 + head - _SHORT_TEXT]
                return _MOMENT.unpack_from(state, _DUE_AT + 1)[0], stage.decode()
    except DAMAGED as error:
        raise _damaged(state, error) from None
    lead = decode_lead(state)
    return lead.due, lead.stage


def due_of(state: bytes) -> int:
    """When something is due (ms), of a state that was encoded or read before, or a mark (never)."""
    if state[0] == _ARRAY and state[_DUE_AT] in _WIDE:
        due: int = _MOMENT.unpack_from(state, _DUE_AT + 1)[0]
        return due
    return NEVER if state[0] == _MARK else decode_lead(state).due


def read_under(state: bytes) -> bytes:
    """The mark of the funnel that last read a state that was encoded or read before, and is one of a lead."""
    if state[0] == _ARRAY and state[_DUE_AT] in _WIDE:
        return state[_FUNNEL_AT:_STAGE_AT]
    return decode_lead(state).funnel


def encode_mark(into: str) -> bytes:
    """What is left of a lead that was merged: where to, in place of its state. Nothing is ever due."""
    return bytes([_MARK]) + into.encode()


def marked(state: bytes) -> str | None:
    """Where a lead was merged to, when that is all that is left of it. Raises UnreadableState."""
    try:
        return state[1:].decode() if state[0] == _MARK else None
    except DAMAGED as error:
        raise _damaged(state, error) from None
