"""The leads of one partition: encoded states by lead id, who is due when, how many are where."""

from collections import Counter
from collections.abc import Iterable, Mapping

from schemas.lead_state import due_and_stage, due_of, marked, read_under
from schemas.moments import NEVER
from streams.engine.due_index import DueIndex


class Table:
    """One partition's leads. Only a committed pass changes it, by ``merge``."""

    def __init__(self, states: Mapping[bytes, bytes] | None = None, suppressed: Iterable[bytes] = ()) -> None:
        self._states: dict[bytes, bytes] = dict(states or {})
        self.suppressed = set(suppressed)
        """The changelog keys of leads that were erased for good."""
        self.stages: Counter[str] = Counter()
        entries = []
        for lead, state in self._states.items():
            if marked(state) is None:
                due, stage = due_and_stage(state)
                self.stages[stage] += 1
                entries.append((due, lead))
        self.due = DueIndex(self.due_of, entries)
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

    def due_of(self, lead: bytes) -> int:
        """When ``lead`` is due (ms); NEVER for one that is not here."""
        state = self._states.get(lead)
        return NEVER if state is None else due_of(state)

    @property
    def left_unread(self) -> int:
        """How many leads are still to be read again, at most."""
        return len(self._unread)

    def come_under(self, mark: bytes) -> None:
        """The funnel with this mark decides from now on: leads that another has read are unread."""
        self._mark = mark
        self._unread = [lead for lead in self._states if self._is_unread(lead)]

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
