"""Decisions as they were said: read from a topic or a file, and not believed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from schemas.moments import parse_moment
from schemas.verification import Verdict


class Head(msgspec.Struct):
    """What is needed of a decision to find what must have been said in its place."""

    id: str
    lead_id: str
    seq: int
    funnel_hash: str
    occurred_at: str
    decided_at: str
    cause: dict[str, Any]
    rule: str | None = None
    signal: str | None = None
    n: int | None = None


_decode = msgspec.json.Decoder(Head).decode


@dataclass(frozen=True, slots=True)
class Said:
    """A decision that was said: its head and its whole value; ``order`` counts what is said before it.

    ``where`` is the place, for a person; ``key`` that of the record (None: a line of a file).
    """

    head: Head
    value: bytes
    where: str
    order: int
    key: bytes | None = None

    @property
    def offset(self) -> int | None:
        """The offset that its cause names: of the activity, or of the record before which it was decided."""
        cause = self.head.cause
        offset = cause.get("offset", cause.get("before_offset"))
        return offset if type(offset) is int else None

    @property
    def due(self) -> int | None:
        """The moment (ms) that its cause names, where time is the cause."""
        return _moment(self.head.cause.get("due"))

    @property
    def occurred_at(self) -> int | None:
        """When it became true (ms)."""
        return _moment(self.head.occurred_at)

    @property
    def is_of_an_activity(self) -> bool:
        """Whether an activity is its cause."""
        return "activity_id" in self.head.cause

    @property
    def is_of_a_changed_funnel(self) -> bool:
        """Whether a changed funnel is its cause."""
        return "funnel_changed" in self.head.cause


class Unsaid(Exception):
    """A value that is no decision; ``str()`` is why."""


def read_said(value: bytes | None, where: str, order: int, key: bytes | None = None) -> Said:
    """The decision that a value is. Raises Unsaid."""
    try:
        return Said(_decode(value or b""), value or b"", where, order, key)
    except (ValueError, RecursionError) as error:
        raise Unsaid(str(error)) from None


def read_all(values: Iterable[tuple[bytes | None, str, bytes | None]]) -> tuple[list[Said], list[Verdict]]:
    """The decisions among values, each of which comes with its place and its record's key; and the others."""
    said: list[Said] = []
    unreadable: list[Verdict] = []
    for order, (value, where, key) in enumerate(values):
        try:
            said.append(read_said(value, where, order, key))
        except Unsaid as error:
            lead = None if key is None else key.decode(errors="backslashreplace")
            unreadable.append(Verdict(verdict="unreadable", lead_id=lead, where=where, why=str(error)))
    return said, unreadable


def _moment(text: object) -> int | None:
    try:
        return parse_moment(text) if isinstance(text, str) else None
    except ValueError:
        return None
