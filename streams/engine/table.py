"""The leads of one partition: encoded states by lead id, who is due when, how many are where."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType

from schemas.lead import Lead, decode_lead, due_of, peek
from schemas.moments import NEVER
from streams.engine.due_index import DueIndex

DECODED = 50_000
"""So many leads a partition are kept decoded, the last ones touched: they are the busy ones."""


class Table:
    """One partition's leads. Only a committed pass changes it, by ``merge``.

    A pass changes leads in place, so a decoded one is taken out when a pass asks for it
    and comes back when that pass is merged; thrown away with the pass, it is decoded anew.
    """

    def __init__(self, states: Mapping[bytes, bytes] | None = None) -> None:
        self._states: dict[bytes, bytes] = dict(states or {})
        self.stages: Counter[str] = Counter()
        entries = []
        for lead, state in self._states.items():
            peeked = peek(state)
            self.stages[peeked.stage] += 1
            entries.append((peeked.due, lead))
        self.due = DueIndex(self.due_of, entries)
        self._decoded: dict[bytes, Lead] = {}
        self.get = self._states.get

    def __len__(self) -> int:
        return len(self._states)

    def take(self, lead: bytes) -> Lead | None:
        """The lead, decoded, for a pass to change; None when it is not here."""
        decoded = self._decoded.pop(lead, None)
        if decoded is None:
            state = self._states.get(lead)
            if state is not None:
                decoded = decode_lead(state)
        return decoded

    def due_of(self, lead: bytes) -> int:
        """When ``lead`` is due (ms); NEVER for one that is not here."""
        state = self._states.get(lead)
        return NEVER if state is None else due_of(state)

    def merge(
        self,
        changed: Mapping[bytes, bytes],
        moved: Iterable[tuple[str | None, str]],
        leads: Mapping[bytes, Lead] = MappingProxyType({}),
    ) -> None:
        """Take over what a committed pass changed: new states, the (from, to) of its moves, decoded leads."""
        states, due = self._states, self.due
        for lead, state in changed.items():
            before = states.get(lead)
            states[lead] = state
            moment = due_of(state)
            if before is None or due_of(before) != moment:
                due.put(moment, lead)
        for from_, to in moved:
            self.stages[to] += 1
            if from_ is not None:
                self.stages[from_] -= 1
        due.tidy(len(states))
        decoded = self._decoded
        decoded.update(leads)
        for lead in list(islice(decoded, max(0, len(decoded) - DECODED))):
            del decoded[lead]
