"""A lead: all that is kept of its past.

It holds only what a compiled funnel can ask, so it stays small however long the lead
lives. Whatever counts something lies in a *slot*: a key of 32 bits made from the meaning
of what it counts (see `qualifiers.meaning`), so that a changed funnel finds again what it
still asks, whatever else has changed around it.

How a lead is written down is `schemas.lead_state`. What is seldom asked for (traits,
history) is read from there when it is first asked, and written again only if it changes.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from schemas.lead_packing import (
    DAMAGED,
    Node,
    PastChange,
    UnreadableState,
    pack_history,
    pack_traits,
    unpack_history,
    unpack_traits,
)
from schemas.moments import NEVER

KEPT_IDS = 32
ID_BYTES = 6
"""Of an activity id's hash. See `docs/decisions.md` for what so few may cost."""
KEPT_CHANGES = 5


_Text = tuple[str, ...]
_encode = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], list[Any]] = msgspec.msgpack.Decoder(list[Any]).decode
_NOTHING = _encode([])


class Lead:
    """A lead, decoded. Moments are ms since the epoch. Changed in place by the funnel.

    ``since`` is the entry into the present stage, ``clock`` the newest moment that the
    lead has lived to see, ``due`` a moment before which time alone changes nothing (it
    may be early, never late). ``origin`` stands for the id of the first activity, in 8
    bytes. ``ids`` are the last activity ids, `ID_BYTES` each, oldest first.
    """

    __slots__ = (
        "_created", "_history", "_traits", "_written_history", "_written_traits", "absorbed", "clock", "due",
        "funnel", "ids", "kept", "let_in", "origin", "passed_over", "seq", "since", "source", "stage",
        "visited", "waiting", "waiting_until",
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
        traits: bytes = _NOTHING,
        history: bytes = _NOTHING,
    ) -> None:
        self.due = due
        self.funnel = funnel
        self.stage = stage
        self.since = since
        self.clock = clock
        self.origin = origin
        self.source = source
        self.seq = 1
        self.ids = ids
        self.kept: dict[str, Any] = {}
        """Slot → what is kept there; whose the slot is knows its form (`qualifiers.counters`, `.points`)."""
        self._created = created
        self._written_traits: bytes | None = traits
        """As they are in the state; None where they have changed since."""
        self._traits: dict[str, Node] | None = None
        self._written_history: bytes | None = history
        self._history: list[PastChange] | None = None
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

    # When it began ---------------------------------------------------------------

    @property
    def created(self) -> int:
        """The moment of the first activity."""
        return self._created

    def began(self, created: int, source: str | None) -> None:
        """Its first activity was another."""
        # What is written of traits and history counts from there.
        self.traits_to_change()
        self._history_to_change()
        self._created, self.source = created, source

    # Traits ----------------------------------------------------------------------

    @property
    def traits(self) -> dict[str, Node]:
        """What is known of it, with moments, to be read only; see `qualifiers.traits`.

        Raises UnreadableState where its state was damaged there.
        """
        traits = self._traits
        if traits is None:
            written = self._written_traits
            assert written is not None
            try:
                traits = self._traits = unpack_traits(_decode(written), self._created)
            except DAMAGED as error:
                raise UnreadableState(f"its traits can't be read: {error}") from None
        return traits

    def traits_to_change(self) -> dict[str, Node]:
        """The same, to be changed in place, and written anew then."""
        traits = self.traits
        self._written_traits = None
        return traits

    def written_traits(self) -> bytes:
        """The traits as they are in the state."""
        written = self._written_traits
        if written is None:
            written = self._written_traits = _encode(pack_traits(self.traits, self._created))
        return written

    # History ---------------------------------------------------------------------

    @property
    def history(self) -> list[PastChange]:
        """Its last stage changes, newest last, to be read only.

        Raises UnreadableState where its state was damaged there.
        """
        history = self._history
        if history is None:
            written = self._written_history
            assert written is not None
            try:
                history = self._history = unpack_history(_decode(written), self._created)
            except DAMAGED as error:
                raise UnreadableState(f"its last stage changes can't be read: {error}") from None
        return history

    def _history_to_change(self) -> list[PastChange]:
        history = self.history
        self._written_history = None
        return history

    def remember(self, change: PastChange) -> None:
        """Add to the last stage changes; the oldest goes where there are too many."""
        history = self._history_to_change()
        history.append(change)
        if len(history) > KEPT_CHANGES:
            del history[0]

    def written_history(self) -> bytes:
        """The last stage changes as they are in the state."""
        written = self._written_history
        if written is None:
            written = self._written_history = _encode(pack_history(self.history, self._created))
        return written

    def rename_stages(self, renamed: Mapping[str, str]) -> None:
        """Call the stages of its present and past by their new names; ``renamed`` is old → new."""
        if not renamed:
            return
        self.stage = renamed.get(self.stage, self.stage)
        self.visited = tuple(dict.fromkeys(renamed.get(stage, stage) for stage in self.visited))
        history = self._history_to_change()
        history[:] = [(rule, renamed.get(to, to), at) for rule, to, at in history]

    # Comparing -------------------------------------------------------------------

    def members(self) -> tuple[Any, ...]:
        """All that it is."""
        return (
            self.due, self.funnel, self.stage, self.since, self.created, self.clock, self.origin,
            self.source, self.seq, self.ids, self.kept, self.traits, self.history, self.visited,
            self.passed_over, self.let_in, self.waiting, self.waiting_until, self.absorbed,
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lead) and self.members() == other.members()

    def __hash__(self) -> int:
        raise TypeError("a lead changes")

    def __repr__(self) -> str:
        return f"Lead{self.members()}"


def funnel_mark(funnel_hash: str) -> bytes:
    """The bytes by which a lead names the funnel that last read it; from its hash in hex."""
    return bytes.fromhex(funnel_hash[:16])
