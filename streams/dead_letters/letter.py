"""A dead letter, as it is read back from its topic (`streams.engine.envelopes` writes it)."""

from dataclasses import dataclass
from functools import cached_property

import msgspec

from schemas.moments import FIRST_MOMENT, LAST_MOMENT
from streams.dead_letters.places import Place
from streams.engine.chunk import Headers, Record
from streams.engine.envelopes import DEAD_LETTER

REPLAYED = "leadgate-replayed"
"""On an activity that was sent again: the place of the letter. One such header for each time."""

_OURS = "leadgate."


class _Whose(msgspec.Struct):
    lead_id: str


_whose = msgspec.json.Decoder(_Whose)


@dataclass(frozen=True)
class Letter:
    """A record that could not be applied.

    ``place`` is where it lies among the dead letters, and ``at`` (ms) when it came there; ``original_…``
    say where it lay as an activity. ``key``, ``value`` and ``headers`` are as it came.
    """

    place: Place
    at: int
    reason: str
    message: str
    original_topic: str
    original: Place
    original_at: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    @cached_property
    def replays(self) -> tuple[str, ...]:
        """The places of the letters that it was before, each of which was replayed, oldest first."""
        return tuple(_text(value) for name, value in self.headers if name == REPLAYED)

    def has(self, header: str) -> bool:
        """Whether it came with a header of that name."""
        return any(name == header for name, _ in self.headers)

    def is_of(self, lead: str) -> bool:
        """Whether a lead is its key, or what its value names, as far as that can be read."""
        if self.key == lead.encode():
            return True
        try:
            return self.value is not None and _whose.decode(self.value).lead_id == lead
        except (ValueError, RecursionError):
            return False


def read_letter(record: Record) -> Letter | None:
    """The dead letter that a record is; None of what leadgate has not put there as one.

    A record may have come with such headers already. leadgate's are behind those, and count.
    """
    headers = record.headers() or ()
    said = {name.removeprefix(DEAD_LETTER): _text(value) for name, value in headers if _is_about(name)}
    try:
        reason = said["exception-fqcn"]
        if not reason.startswith(_OURS):
            return None
        return Letter(
            place=Place(record.partition(), record.offset()),
            at=record.timestamp()[1],
            reason=reason.removeprefix(_OURS),
            message=said["exception-message"],
            original_topic=said["original-topic"],
            original=Place(int(said["original-partition"]), int(said["original-offset"])),
            original_at=_moment(said["original-timestamp"]),
            key=record.key(),
            value=record.value(),
            headers=[(name, value) for name, value in headers if not _is_about(name)],
        )
    except (KeyError, ValueError):
        return None


def _is_about(header: str) -> bool:
    """Whether a header is about the letter, and none that the record came with."""
    return header.startswith(DEAD_LETTER)


def _moment(text: str) -> int:
    """Raises ValueError where no date can say it."""
    at = int(text)
    if not FIRST_MOMENT <= at <= LAST_MOMENT:
        raise ValueError(f"{at} is no moment")
    return at


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="backslashreplace")
