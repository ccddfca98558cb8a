"""What `leadgate qualify` does with its lines."""

from collections.abc import Iterator, Sequence
from operator import itemgetter

from qualifiers import Funnel
from qualifiers.replay import Replay
from schemas.activity import Activity
from schemas.dead_letter import DeadLetterLine, Unreadable
from schemas.decision import Decision, Place, Signal, StageChange, encode_decision
from streams.cli.reading import Reading

_KINDS: dict[type, bytes] = {StageChange: b'{"kind":"stage_change",', Signal: b'{"kind":"signal",'}


Noted = tuple[int, bytes]
"""A line that is to be written, with the number of the activity's line that it comes of."""


class Run:
    """One run: activities in, a line each; stage changes and dead letters out."""

    def __init__(self, funnel: Funnel) -> None:
        self.replay = Replay(funnel)
        self._reading = Reading(self._apply, self._put_aside)
        self._said: list[Noted] = []
        self._aside: list[Noted] = []
        self._place = Place()

    def read(self, block: bytes, numbers: Sequence[int]) -> tuple[list[Noted], list[Noted]]:
        """Apply the activities of a block of whole lines, which have these numbers.

        What was decided, and the dead letters, each in the order of the lines. A blank line has a
        number, and is nothing else.
        """
        self._said, self._aside = [], []
        self._reading.read(block, numbers)
        # Stable: what one activity has caused stays in its order.
        self._said.sort(key=itemgetter(0))
        self._aside.sort(key=itemgetter(0))
        return self._said, self._aside

    def _apply(self, activity: Activity, number: int) -> None:
        self._place.line = number
        for decision in self.replay.apply(activity, self._place):
            self._said.append((number, _as_line(decision)))

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

    def _put_aside(self, value: bytes, number: int, error: Unreadable) -> None:
        self._aside.append((number, as_letter(value, number, error)))


def as_letter(value: bytes, number: int, error: Unreadable) -> bytes:
    """The line of a dead letter: of an activity's line, which has this number, and what is wrong with it."""
    text = value.rstrip(b"\r\n").decode(errors="backslashreplace")
    letter = DeadLetterLine(line=number, reason=f"{error.reason}: {error}", value=text)
    return letter.model_dump_json().encode() + b"\n"


def _as_line(decision: Decision) -> bytes:
    return _KINDS[type(decision)] + encode_decision(decision)[1:] + b"\n"
