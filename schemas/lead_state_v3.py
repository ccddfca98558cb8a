"""Leads' states of format version 3, as they are still found in tables and changelogs: read, never written.

Such a state is one array in msgpack, of 20 members: moments are whole, ids of activities have 8
bytes, and traits and history are msgpack within it.
"""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from schemas.lead import ID_BYTES, Lead
from schemas.lead_packing import Node, PastChange
from schemas.moments import FIRST_MOMENT, LAST_MOMENT, LONG_AGO, NEVER

FORMAT_VERSION = 3

_ARRAY = 0xDC
_VERSION_AT = 3
_OLD_ID_BYTES = 8
# What no lead has is damage.
_Moment = Annotated[int, msgspec.Meta(ge=FIRST_MOMENT, le=LAST_MOMENT)]
_Due = Annotated[int, msgspec.Meta(ge=LONG_AGO, le=NEVER)]
_Count = Annotated[int, msgspec.Meta(ge=1, le=NEVER)]
_Hash = Annotated[bytes, msgspec.Meta(min_length=8, max_length=8)]
_Text = tuple[str, ...]
_Members = tuple[
    int, _Due, _Hash, str, _Moment, _Moment, _Moment, _Hash, str | None, _Count, bytes, dict[str, Any], bytes,
    bytes, _Text, _Text, _Text, _Text, _Due, _Text,
]  # fmt: skip
_decode: Callable[[bytes], _Members] = msgspec.msgpack.Decoder(_Members).decode
_decode_traits = msgspec.msgpack.Decoder(dict[str, Node]).decode
_decode_history = msgspec.msgpack.Decoder(list[PastChange]).decode


def version_of(state: bytes) -> int:
    """The format version of a state as old as this one, or older, or of one that is newer."""
    return state[_VERSION_AT] if state[0] == _ARRAY else state[0]


def is_one(state: bytes) -> bool:
    """Whether this is a state of this version."""
    return state[0] == _ARRAY and state[_VERSION_AT] == FORMAT_VERSION


def decode(state: bytes) -> Lead:
    """The lead that was encoded. Raises one of DAMAGED where it is none."""
    (
        _, due, funnel, stage, since, created, clock, origin, source, seq, ids, kept, traits, history,
        visited, passed_over, let_in, waiting, waiting_until, absorbed,
    ) = _decode(state)  # fmt: skip
    # The bytes of an id's hash that are kept now are the first of those that were.
    ids = b"".join(ids[at : at + ID_BYTES] for at in range(0, len(ids), _OLD_ID_BYTES))
    lead = Lead(funnel, stage, since, created, clock, origin, source, ids, due)
    lead.seq = seq
    lead.kept = kept
    lead.traits_to_change().update(_decode_traits(traits))
    for change in _decode_history(history):
        lead.remember(change)
    # Damage within them is found when they are written down as they are now.
    lead.written_traits()
    lead.written_history()
    lead.visited = visited
    lead.passed_over = passed_over
    lead.let_in = let_in
    lead.waiting = waiting
    lead.waiting_until = waiting_until
    lead.absorbed = absorbed
    return lead
