"""What `leadgate qualify` does with its lines."""

from collections.abc import Iterable
from io import BytesIO
from operator import itemgetter
from typing import BinaryIO

from qualifiers import Funnel
from qualifiers.replay import Replay
from schemas.activity import Activity
from schemas.dead_letter import DeadLetterLine, Unreadable
from schemas.decision import Decision, Place, Signal, StageChange, encode_decision
from streams.intake.native import decode_native, decode_native_lines

_KINDS: dict[type, bytes] = {StageChange: b'{"kind":"stage_change",', Signal: b'{"kind":"signal",'}


class Run:
    """One run: activities in, a line each; stage changes and dead letters out, as they are decided."""

    def __init__(self, funnel: Funnel, out: BinaryIO, bad: BinaryIO) -> None:
        self.replay = Replay(funnel)
        self.dead_letters = 0
        self._out = out
        self._bad = bad
        self._line = 0
        self._place = Place()

    def read(self, blocks: Iterable[bytes]) -> None:
        """Apply the activities in blocks of whole lines; a blank line counts, and is nothing else."""
        for block in blocks:
            activities = decode_native_lines(block)
            if activities is None:
                for value in BytesIO(block):
                    self._line += 1
                    self._read_line(value)
                continue
            for number, activity in enumerate(activities):
                self._line += 1
                try:
                    self._apply(activity)
                except Unreadable as error:
                    self._put_aside(block.split(b"\n")[number], error)

    def _read_line(self, value: bytes) -> None:
        try:
            self._apply(decode_native(value))
        except Unreadable as error:
            if not value.isspace():
                self._put_aside(value, error)

    def _apply(self, activity: Activity) -> None:
        self._place.line = self._line
        for decision in self.replay.apply(activity, self._place):
            self._out.write(_as_line(decision))

    def finish(self, until: int | None) -> None:
        """Let time go on to ``until`` (ms), or end at the newest activity."""
        for decision in self.replay.finish(Place(line=self._line + 1), until):
            self._out.write(_as_line(decision))

    def write_leads(self, states: BinaryIO, until: int | None) -> None:
        """Each lead's state when time has ended, a line each, in the order of their ids."""
        view, end = self.replay.funnel.view, self.replay.end(until)
        states.writelines(
            view(lead_id, lead, end).model_dump_json().encode() + b"\n"
            for lead_id, lead in sorted(self.replay.leads.items(), key=itemgetter(0))
        )

    def _put_aside(self, value: bytes, error: Unreadable) -> None:
        self.dead_letters += 1
        text = value.rstrip(b"\r\n").decode(errors="backslashreplace")
        letter = DeadLetterLine(line=self._line, reason=f"{error.reason}: {error}", value=text)
        self._bad.write(letter.model_dump_json().encode() + b"\n")
        self._bad.flush()


def _as_line(decision: Decision) -> bytes:
    return _KINDS[type(decision)] + encode_decision(decision)[1:] + b"\n"
