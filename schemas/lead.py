"""A lead's state: all that is kept of a lead's past, and how it is written down.

The state holds only what a compiled funnel can ask, so it stays small however long
the lead lives. Whatever counts something lies in a *slot*: a key of 32 bits made from
the meaning of what it counts (see `qualifiers.meaning`), so that a changed funnel
finds again what it still asks, whatever else has changed around it.

A lead is decoded for each activity and encoded after it, so it is laid out for that:
few objects, and what is seldom asked for (traits, history) stays encoded within it.

Written down, a state is the lead in msgpack, an array that begins with what is read without
decoding the rest: what is due when, under which funnel, in which stage. As a rule::

    3 bytes  how many members there are
    1 byte   format version
    9 bytes  due moment, ms since the epoch: 0xcf, or 0xd3 where it is negative, then big-endian
    10 bytes 0xc4 0x08, then the first bytes of the hash of the funnel that last read it
    1 byte   0xa0 and the length of the stage's name, then the name

A moment of 1970's first days, or a name of more than 31 bytes, is written otherwise: such a
state is decoded to be read. Of a lead that was merged into another a mark is left, whose first
byte is 0xff: then comes the id of the other.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from schemas.moments import NEVER

FORMAT_VERSION = 3
KEPT_IDS = 32
ID_BYTES = 8
KEPT_CHANGES = 5
NO_TRAITS = msgspec.msgpack.encode({})
_NO_HISTORY = msgspec.msgpack.encode([])


PastChange = tuple[str, str, int]
"""A stage change, as a lead remembers it: rule, stage entered, moment (ms)."""


_Text = tuple[str, ...]
Members = tuple[
    int, int, bytes, str, int, int, int, bytes, str | None, int, bytes, dict[str, Any], bytes, bytes,
    _Text, _Text, _Text, _Text, int, _Text,
]  # fmt: skip
"""A lead's members, in the order in which they are written."""


class Lead:
    """A lead, decoded. Moments are ms since the epoch. Changed in place by the funnel.

    ``since`` is the entry into the present stage, ``clock`` the newest moment that the
    lead has lived to see, ``due`` a moment before which time alone changes nothing (it
    may be early, never late). ``origin`` stands for the id of the first activity.
    ``ids`` are the last activity ids, 8 bytes each, oldest first.
    """

    __slots__ = (
        "absorbed", "clock", "created", "due", "funnel", "history", "ids", "kept", "let_in", "origin",
        "passed_over", "seq", "since", "source", "stage", "traits", "version", "visited", "waiting",
        "waiting_until",
    )  # fmt: skip

    def __init__(
        self,
        funnel: bytes,
        stage: str,
        since: int,
        created: int,
        clock: int,
        origin: bytes,
        source: str | None = None,
        ids: bytes = b"",
        due: int = NEVER,
    ) -> None:
        self.version = FORMAT_VERSION
        self.due = due
        self.funnel = funnel
        self.stage = stage
        self.since = since
        self.created = created
        self.clock = clock
        self.origin = origin
        self.source = source
        self.seq = 1
        self.ids = ids
        self.kept: dict[str, Any] = {}
        """Slot → what is kept there; whose the slot is knows its form (`qualifiers.counters`, `.points`)."""
        self.traits = NO_TRAITS
        """Traits with their moments, encoded; see `qualifiers.traits`."""
        self.history = _NO_HISTORY
        """The last stage changes, encoded; see `past_changes`."""
        self.visited: _Text = ()
        """The stages ever entered that the funnel asks about."""
        self.passed_over: _Text = ()
        """Transitions that stay out since the last cascade."""
        self.let_in: _Text = ()
        """Transitions that were passed over, and let in again since the last activity."""
        self.waiting: _Text = ()
        """Transitions that a person's move holds back."""
        self.waiting_until = 0
        """When it lets them in at the latest."""
        self.absorbed: _Text = ()
        """The ids that were merged into this lead, the newest of them."""

    def members(self) -> Members:
        """All that it is."""
        return (
            self.version, self.due, self.funnel, self.stage, self.since, self.created, self.clock,
            self.origin, self.source, self.seq, self.ids, self.kept, self.traits, self.history,
            self.visited, self.passed_over, self.let_in, self.waiting, self.waiting_until, self.absorbed,
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lead) and self.members() == other.members()

    def __hash__(self) -> int:
        raise TypeError("a lead changes")

    def __repr__(self) -> str:
        return f"Lead{self.members()}"


class UnknownStateVersion(Exception):
    """A state was written by another version of leadgate; this one cannot read it."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"a lead's state has format version {version}, and this leadgate reads version {FORMAT_VERSION}: "
            "run the version that wrote it, or rebuild the table from the activities"
        )
        self.version = version


def funnel_mark(funnel_hash: str) -> bytes:
    """The bytes by which a state names the funnel that last read it; from its hash in hex."""
    return bytes.fromhex(funnel_hash[:16])


_MARK = 0xFF
_ARRAY = 0xDC
_VERSION_AT = 3
_DUE_AT = 4
_WIDE = (0xCF, 0xD3)
"""How a whole number of 8 bytes begins, such as a due moment nearly always is."""
_FUNNEL_AT = 15
_STAGE_AT = 23
_SHORT_TEXT, _LONG_TEXT = 0xA0, 0xC0
"""A text of up to 31 bytes begins with the one and its length, which does not reach the other."""
_MOMENT = struct.Struct(">q")
_encode = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], Members] = msgspec.msgpack.Decoder(Members).decode
_decode_history = msgspec.msgpack.Decoder(list[PastChange]).decode


def encode_lead(lead: Lead) -> bytes:
    """A lead as bytes."""
    return _encode(lead.members())


def decode_lead(state: bytes) -> Lead:
    """The lead that was encoded. Raises UnknownStateVersion."""
    if state[0] != _ARRAY or state[_VERSION_AT] != FORMAT_VERSION:
        raise UnknownStateVersion(state[_VERSION_AT] if state[0] == _ARRAY else state[0])
    return _lead(_decode(state))


def _lead(members: Members) -> Lead:
    (
        _, due, funnel, stage, since, created, clock, origin, source, seq, ids, kept, traits, history,
        visited, passed_over, let_in, waiting, waiting_until, absorbed,
    ) = members  # fmt: skip
    lead = Lead(funnel, stage, since, created, clock, origin, source, ids, due)
    lead.seq = seq
    lead.kept = kept
    lead.traits = traits
    lead.history = history
    lead.visited = visited
    lead.passed_over = passed_over
    lead.let_in = let_in
    lead.waiting = waiting
    lead.waiting_until = waiting_until
    lead.absorbed = absorbed
    return lead


def due_and_stage(state: bytes) -> tuple[int, str]:
    """When something is due, and in which stage the lead is. Raises UnknownStateVersion."""
    if state[0] != _ARRAY or state[_VERSION_AT] != FORMAT_VERSION or state[_DUE_AT] not in _WIDE:
        lead = decode_lead(state)
    elif _SHORT_TEXT <= (head := state[_STAGE_AT]) < _LONG_TEXT:
        stage = state[_STAGE_AT + 1 : _STAGE_AT + 1 + head - _SHORT_TEXT]
        return _MOMENT.unpack_from(state, _DUE_AT + 1)[0], stage.decode()
    else:
        lead = decode_lead(state)
    return lead.due, lead.stage


def due_of(state: bytes) -> int:
    """When something is due (ms), of a state that was encoded or read before, or a mark (never)."""
    if state[0] == _ARRAY and state[_DUE_AT] in _WIDE:
        due: int = _MOMENT.unpack_from(state, _DUE_AT + 1)[0]
        return due
    return NEVER if state[0] == _MARK else _decode(state)[1]


def read_under(state: bytes) -> bytes:
    """The mark of the funnel that last read a state that was encoded or read before, and is one of a lead."""
    return state[_FUNNEL_AT:_STAGE_AT] if state[_DUE_AT] in _WIDE else _decode(state)[2]


def encode_mark(into: str) -> bytes:
    """What is left of a lead that was merged: where to, in place of its state. Nothing is ever due."""
    return bytes([_MARK]) + into.encode()


def marked(state: bytes) -> str | None:
    """Where a lead was merged to, when that is all that is left of it."""
    return state[1:].decode() if state[0] == _MARK else None


def past_changes(lead: Lead) -> list[PastChange]:
    """The lead's last stage changes, newest last."""
    return _decode_history(lead.history)


def remember(lead: Lead, change: PastChange) -> None:
    """Add to the lead's last stage changes; the oldest goes where there are too many."""
    lead.history = _encode([*_decode_history(lead.history)[1 - KEPT_CHANGES :], change])


def rename_stages(lead: Lead, renamed: Mapping[str, str]) -> None:
    """Call the stages of the lead's present and past by their new names; ``renamed`` is old → new."""
    if not renamed:
        return
    lead.stage = renamed.get(lead.stage, lead.stage)
    lead.visited = tuple(dict.fromkeys(renamed.get(stage, stage) for stage in lead.visited))
    lead.history = _encode([(rule, renamed.get(to, to), at) for rule, to, at in past_changes(lead)])
