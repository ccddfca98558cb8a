"""A lead as files of activities tell of it, by the engine that `leadgate qualify` runs."""

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from operator import itemgetter
from typing import BinaryIO

from qualifiers import Funnel, compile_funnel, explain, load_funnel
from qualifiers.replay import Replay
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.decision import Decision, Place, StageChange
from schemas.explanation import Explanation
from streams.cli.lines import blocks, count, numbered
from streams.cli.output import Progress, input_lines
from streams.cli.qualifying import Noted, as_letter
from streams.cli.reading import Reading
from streams.errors import Mendable
from streams.funnel_files import read_funnel_file


def explain_from_files(
    lead_id: str, funnel: str, files: list[str], at: int | None
) -> tuple[Explanation, int]:
    """A lead as of ``at`` (ms; None: the newest activity), and how many lines could not be read.

    Those are told on stderr, as dead letters. Raises FunnelFaults, Misuse, and Mendable when there
    is no such lead by then.
    """
    past = Past(compile_funnel(load_funnel(*read_funnel_file(funnel))), at)
    with ExitStack() as stack:
        inputs = [input_lines(name, stack) for name in files]
        progress = stack.enter_context(Progress("activities"))
        past.read(progress.over(blocks(inputs), count), sys.stderr.buffer)
    return past.explain(lead_id), past.unread


class Past:
    """What has become of leads up to a moment (ms; None: the newest activity)."""

    def __init__(self, funnel: Funnel, until: int | None) -> None:
        self.unread = 0
        self._replay = Replay(funnel)
        self._until = until
        self._place = Place()
        self._aside: list[Noted] = []
        self._reasons: dict[str, str] = {}
        """Why each lead came into its stage."""

    def read(self, some: Iterable[bytes], aside: BinaryIO) -> None:
        """Take in blocks of whole lines, of all that there are; what can't be read goes ``aside``."""
        reading, ends = Reading(self._apply, self._put_aside), 1
        for block, numbers in numbered(some):
            reading.read(block, numbers)
            aside.writelines(letter for _, letter in sorted(self._aside, key=itemgetter(0)))
            aside.flush()
            self.unread += len(self._aside)
            self._aside.clear()
            ends = numbers.stop
        self._place.line = ends
        self._hear(self._replay.finish(self._place, self._until))

    def explain(self, lead_id: str) -> Explanation:
        """A lead, or the one that it was merged into. Raises Mendable when there is none."""
        lead_id = self._replay.survivor(lead_id)
        lead = self._replay.leads.get(lead_id)
        if lead is None:
            by_then = "" if self._until is None else " by then"
            raise Mendable(f"there is no lead {lead_id!r} in these activities{by_then}")
        told = explain(self._replay.funnel, lead_id, lead, self._replay.end(self._until))
        entry = told.entry.model_copy(update={"why": self._reasons[lead_id]})
        return told.model_copy(update={"entry": entry})

    def _apply(self, activity: Activity, number: int) -> None:
        self._place.line = number
        if self._until is None or activity.occurred_at <= self._until:
            self._hear(self._replay.apply(activity, self._place))

    def _put_aside(self, value: bytes, number: int, error: Unreadable) -> None:
        self._aside.append((number, as_letter(value, number, error)))

    def _hear(self, said: Iterable[Decision]) -> None:
        for decision in said:
            if isinstance(decision, StageChange):
                self._reasons[decision.lead_id] = decision.reason
