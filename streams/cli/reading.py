"""How the commands that need no Kafka read activities: from blocks of whole lines, lead by lead."""

from collections.abc import Callable, Sequence
from io import BytesIO

from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from streams.cli.lines import Kin, pieces
from streams.intake.native import decode_native, decode_native_lines

Apply = Callable[[Activity, int], None]
"""Takes an activity and the number of its line. Raises Unreadable where it says what can't be done."""
PutAside = Callable[[bytes, int, Unreadable], None]
"""Takes a line that could not be applied, its number, and why."""


class Reading:
    """Reads activities, a line each, and hands them on: each lead's own in their order."""

    def __init__(self, apply: Apply, put_aside: PutAside) -> None:
        self._apply = apply
        self._put_aside = put_aside
        self._kin = Kin()

    def read(self, block: bytes, numbers: Sequence[int]) -> None:
        """Read a block of whole lines, which have these numbers.

        A blank line has a number, and is nothing else.
        """
        for piece, own in pieces(block, numbers, self._kin):
            self._read_piece(piece, own)

    def _read_piece(self, piece: bytes, numbers: Sequence[int]) -> None:
        activities = decode_native_lines(piece, len(numbers))
        if activities is None:
            for number, value in zip(numbers, BytesIO(piece), strict=True):
                self._read_line(value, number)
            return
        for index, activity in enumerate(activities):
            number = numbers[index]
            try:
                self._apply(activity, number)
            except Unreadable as error:
                self._put_aside(piece.split(b"\n")[index], number, error)

    def _read_line(self, value: bytes, number: int) -> None:
        try:
            self._apply(decode_native(value), number)
        except Unreadable as error:
            if not value.isspace():
                self._put_aside(value, number, error)
