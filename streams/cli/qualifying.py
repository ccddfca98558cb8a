"""What `leadgate qualify` does with its lines."""

from collections.abc import Iterable
from operator import itemgetter
from typing import BinaryIO

from qualifiers import Funnel
from qualifiers.replay import Replay
from schemas.dead_letter import DeadLetterLine, DeadLetterReason, Unreadable
from schemas.decision import Decision, Place, Signal, StageChange, encode_decision
from streams.intake import decode_native

_KINDS: dict[type, bytes] = {StageChange: b'{"kind":"stage_change",', Signal: b'{"kind":"signal",'}


class Run:
    """One run: activities in, a line each; stage changes and dead letters out, as they are decided."""

    def __init__(self, funnel: Funnel, out: BinaryIO, bad: BinaryIO) -> None:
        self.replay = Replay(funnel)
        self.dead_letters = 0
        self._out = out
        self._bad = bad
        self._line = 0

    def read(self, lines: Iterable[bytes]) -> None:
        """Apply the activities, one a line; a blank line counts as a line, and is nothing else."""
        apply, out = self.replay.apply, self._out
        for line, value in enumerate(lines, self._line + 1):
            self._line = line
            try:
                decisions = apply(decode_native(value), Place(line=line))
            except Unreadable as error:
                if not value.isspace():
                    self._put_aside(value, error.reason, str(error))
                continue
            for decision in decisions:
                out.write(_as_line(decision))

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

    def _put_aside(self, value: bytes, reason: DeadLetterReason, message: str) -> None:
        self.dead_letters += 1
        text = value.rstrip(b"\r\n").decode(errors="backslashreplace")
        letter = DeadLetterLine(line=self._line, reason=f"{reason}: {message}", value=text)
        self._bad.write(letter.model_dump_json().encode() + b"\n")
        self._bad.flush()


def _as_line(decision: Decision) -> bytes:
    return _KINDS[type(decision)] + encode_decision(decision)[1:] + b"\n"
