"""The leads of one partition: encoded states by lead id, who is due when, how many are where."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial

from schemas.lead_state import due_and_stage, due_of, marked, read_under
from schemas.moments import NEVER
from streams.engine.due_index import DueIndex, Entry


class Table:
    """One partition's leads. Only a committed pass changes it, by ``merge``.

    What it is made of becomes its own: a copy of a million leads would be made for nothing.
    """

    def __init__(self, states: dict[bytes, bytes] | None = None, suppressed: Iterable[bytes] = ()) -> None:
        self._states: dict[bytes, bytes] = {} if states is None else states
        self.suppressed = set(suppressed)
        """The changelog keys of leads that were erased for good."""
        stages: dict[str, int] = {}
        entries: list[Entry] = []
        for lead, state in self._states.items():
            if marked(state) is None:
                due, stage = due_and_stage(state)
                stages[stage] = stages.get(stage, 0) + 1
                if due < NEVER:
                    entries.append((due, lead))
        self.stages = Counter(stages)
        # Not by a method of this table: the two would be a circle, and stay when their partition goes.
        self.due = DueIndex(partial(_due_among, self._states), entries)
        self._mark = b""
        self._unread: list[bytes] = []
        self.get = self._states.get

    def __len__(self) -> int:
        """How many leads there are; the marks of those that were merged do not count."""
        return sum(self.by_stage.values())

    @property
    def by_stage(self) -> dict[str, int]:
        """How many leads are in which stage, where there are any. For any thread: it is of one moment."""
        return {stage: leads for stage, leads in dict(self.stages).items() if leads}

    def items(self) -> Iterable[tuple[bytes, bytes]]:
        """All lead ids with what is kept of them, encoded."""
        return self._states.items()

    @property
    def left_unread(self) -> int:
        """How many leads are still to be read again, at most."""
        return len(self._unread)

    def come_under(self, mark: bytes) -> None:
        """The funnel with this mark decides from now on: leads that another has read are unread."""
        self._mark = mark
        self._unread = [
            lead
            for lead, state in self._states.items()
            if marked(state) is None and read_under(state) != mark
        ]

    def unread(self, most: int) -> list[bytes]:
        """Up to ``most`` of the leads that are still to be read again; none when all have been."""
        unread = self._unread
        while unread and not self._is_unread(unread[-1]):
            unread.pop()
        return [lead for lead in unread[-most:] if self._is_unread(lead)]

    def _is_unread(self, lead: bytes) -> bool:
        state = self._states.get(lead)
        return state is not None and marked(state) is None and read_under(state) != self._mark

    def merge(
        self,
        changed: Mapping[bytes, bytes | None],
        moved: Iterable[tuple[str | None, str | None]],
        suppressed: Iterable[bytes] = (),
    ) -> None:
        """Take over what a committed pass changed: new states (None: gone), and the (from, to) of its moves.

        Whoever is new comes from None, who has gone is moved to None.
        """
        states, due = self._states, self.due
        self.suppressed.update(suppressed)
        for lead, state in changed.items():
            if state is None:
                states.pop(lead, None)
                continue
            before = states.get(lead)
            states[lead] = state
            moment = due_of(state)
            if before is None or moment != due_of(before):
                due.put(moment, lead)
        for from_, to in moved:
            if to is not None:
                self.stages[to] += 1
            if from_ is not None:
                self.stages[from_] -= 1
        due.tidy(len(states))


def _due_among(states: Mapping[bytes, bytes], lead: bytes) -> int:
    """When ``lead`` is due (ms); NEVER for one that is not there."""
    state = states.get(lead)
    return NEVER if state is None else due_of(state)
