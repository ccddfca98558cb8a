"""What `leadgate qualify` does with its lines."""

from collections.abc import Iterator
from io import BytesIO
from operator import itemgetter
from typing import Protocol

from qualifiers import Funnel
from qualifiers.replay import Replay
from schemas.activity import Activity
from schemas.dead_letter import DeadLetterLine, Unreadable
from schemas.decision import Decision, Place, Signal, StageChange, encode_decision
from streams.intake.native import decode_native, decode_native_lines

_KINDS: dict[type, bytes] = {StageChange: b'{"kind":"stage_change",', Signal: b'{"kind":"signal",'}


class Sink(Protocol):
    """Where lines go."""

    def write(self, value: bytes, /) -> object:
        """Take one."""

    def flush(self) -> object:
        """Have it seen."""


class Run:
    """One run: activities in, a line each; stage changes and dead letters out, as they are decided."""

    def __init__(self, funnel: Funnel, out: Sink, bad: Sink) -> None:
        self.replay = Replay(funnel)
        self.dead_letters = 0
        self.line = 0
        """That of the activity that is being read, or was read last."""
        self._out = out
        self._bad = bad
        self._place = Place()

    def read(self, block: bytes, numbers: Iterator[int]) -> None:
        """Apply the activities of a block of whole lines, which have these numbers.

        A blank line has a number, and is nothing else.
        """
        activities = decode_native_lines(block)
        if activities is None:
            for value in BytesIO(block):
                self.line = next(numbers)
                self._read_line(value)
            return
        for index, activity in enumerate(activities):
            self.line = next(numbers)
            try:
                self._apply(activity)
            except Unreadable as error:
                self._put_aside(block.split(b"\n")[index], error)

    def _read_line(self, value: bytes) -> None:
        try:
            self._apply(decode_native(value))
        except Unreadable as error:
            if not value.isspace():
                self._put_aside(value, error)

    def _apply(self, activity: Activity) -> None:
        self._place.line = self.line
        for decision in self.replay.apply(activity, self._place):
            self._out.write(_as_line(decision))

    def ended(self, before_line: int, until: int | None) -> Iterator[tuple[str, str, bytes]]:
        """Let time go on to ``until`` (ms), or end at the newest activity: when it moved whom, and the line.

        They come in the order of these.
        """
        for decision in self.replay.finish(Place(line=before_line), until):
            yield decision.occurred_at, decision.lead_id, _as_line(decision)

    def states(self, until: int | None) -> Iterator[tuple[str, bytes]]:
        """Each lead's id and its state when time has ended, a line, in the order of the ids."""
        view, end = self.replay.funnel.view, self.replay.end(until)
        for lead_id, lead in sorted(self.replay.leads.items(), key=itemgetter(0)):
            yield lead_id, view(lead_id, lead, end).model_dump_json().encode() + b"\n"

    def _put_aside(self, value: bytes, error: Unreadable) -> None:
        self.dead_letters += 1
        text = value.rstrip(b"\r\n").decode(errors="backslashreplace")
        letter = DeadLetterLine(line=self.line, reason=f"{error.reason}: {error}", value=text)
        self._bad.write(letter.model_dump_json().encode() + b"\n")
        self._bad.flush()


def _as_line(decision: Decision) -> bytes:
    return _KINDS[type(decision)] + encode_decision(decision)[1:] + b"\n"
