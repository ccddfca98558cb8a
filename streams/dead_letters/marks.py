"""What has become of a dead letter: a record behind it, in the same partition of the same topic.

A log loses its oldest records first. So a mark is there for as long as its letter is, and needs no
topic of its own, no compaction, and nobody who tidies up.
"""

from typing import Literal

import msgspec

from schemas.moments import format_moment
from streams.dead_letters.letter import Letter, read_letter
from streams.engine.chunk import Record
from streams.engine.transaction import Outgoing

MARK = "leadgate-mark"
"""The header by which a mark is told from a letter; its value is what was done."""

Done = Literal["replayed", "dropped"]


class Mark(msgspec.Struct, frozen=True):
    """That the letter at ``offset`` of the mark's own partition was dealt with, how and when (RFC 3339)."""

    offset: int
    done: Done
    at: str
    corrected: bool = False
    """Whether it was replayed with another value."""


_decode = msgspec.json.Decoder(Mark).decode


def mark(topic: str, letter: Letter, done: Done, now: int, corrected: bool = False) -> Outgoing:
    """The record that says so. It has the letter's key, for whoever follows a key."""
    said = Mark(letter.place.offset, done, format_moment(now), corrected)
    value = msgspec.json.encode(said)
    return Outgoing(topic, letter.place.partition, letter.key, value, [(MARK, done.encode())])


def read_mark(record: Record) -> Mark | None:
    """The mark that a record is; None when it is none.

    A record that came with the header of a mark may have become a dead letter: it is that, and no mark.
    """
    headers = record.headers() or ()
    if not any(name == MARK for name, _ in headers) or read_letter(record) is not None:
        return None
    try:
        said = _decode(record.value() or b"")
    except (ValueError, RecursionError):
        return None
    return said if said.offset < record.offset() else None
