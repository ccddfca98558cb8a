"""Leads' states of format version 3, as they are still found in tables and changelogs: read, never written.

Such a state is one array in msgpack, of 20 members: moments are whole, ids of activities have 8
bytes, and traits and history are msgpack within it.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from schemas.lead import ID_BYTES, Lead
from schemas.lead_packing import Node, PastChange

FORMAT_VERSION = 3

_ARRAY = 0xDC
_VERSION_AT = 3
_OLD_ID_BYTES = 8
_Text = tuple[str, ...]
_Members = tuple[
    int, int, bytes, str, int, int, int, bytes, str | None, int, bytes, dict[str, Any], bytes, bytes,
    _Text, _Text, _Text, _Text, int, _Text,
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
    """The lead that was encoded."""
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
    lead.visited = visited
    lead.passed_over = passed_over
    lead.let_in = let_in
    lead.waiting = waiting
    lead.waiting_until = waiting_until
    lead.absorbed = absorbed
    return lead
