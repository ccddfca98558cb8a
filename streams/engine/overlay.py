"""A partition's leads, as a pass finds and changes them."""

from schemas.lead import Lead
from schemas.lead_packing import UnreadableState
from schemas.lead_state import decode_lead, encode_lead, marked
from schemas.moments import LONG_AGO
from streams.engine.changelog import UnreadableChangelog, suppressed_key
from streams.engine.due_index import Upcoming
from streams.engine.partition import Partition
from streams.engine.passes import Touched


class Overlay:
    """What a pass has made of a partition so far, over what its table says. Nothing of it is shared."""

    def __init__(self, partition: Partition) -> None:
        self.touched = Touched(partition, partition.position, partition.clock)
        self.leads: dict[bytes, Lead] = {}
        """The leads of the slice, decoded."""
        self.until = LONG_AGO
        """How far the pass lets the partition's clock go (ms), where it is not held."""
        self.due = Upcoming(iter(()))
        """Who is due up to then."""
        self._changed: dict[bytes, Lead] = {}
        """The leads of the slice that are no longer what their encoded states say."""
        self._table = partition.table

    def look_ahead(self, until: int) -> None:
        """The clock may go to ``until`` (ms)."""
        self.until = until
        self.due = Upcoming(self._table.due.until(until))

    def lead(self, key: bytes) -> Lead | None:
        """A lead, decoded; None when this partition does not know it. Raises UnreadableChangelog."""
        lead = self.leads.get(key)
        if lead is None:
            state = self._state(key)
            if state is not None and marked(state) is None:
                try:
                    self.leads[key] = lead = decode_lead(state)
                except UnreadableState as error:
                    raise UnreadableChangelog(
                        f"of the lead {key.decode(errors='replace')!r}: {error}. Stop all workers, and put a "
                        "snapshot back (leadgate restore FILE --replace)"
                    ) from None
        return lead

    def merged_into(self, key: bytes) -> bytes | None:
        """The lead that this one was merged into, if that is all that is left of it."""
        state = self._state(key)
        into = None if state is None else marked(state)
        return None if into is None else into.encode()

    def is_suppressed(self, key: bytes) -> bool:
        """Whether the lead was erased for good."""
        here, before = self.touched.suppressed, self._table.suppressed
        if not here and not before:
            return False
        return (name := suppressed_key(key)) in here or name in before

    def change(self, key: bytes, lead: Lead) -> None:
        """The lead is another, or another than its state says."""
        self.leads[key] = self._changed[key] = lead
        if lead.due <= self.until:
            self.due.put(lead.due, key)

    def replace(self, key: bytes, state: bytes | None) -> None:
        """In place of the lead there is this now: another state, a mark, or nothing."""
        lead = self.lead(key)
        if lead is not None:
            self.touched.moved.append((lead.stage, None))
        self.leads.pop(key, None)
        self._changed.pop(key, None)
        self.touched.states[key] = state

    def suppress(self, key: bytes) -> None:
        """The lead has been erased for good."""
        self.touched.suppressed.add(suppressed_key(key))

    def store(self) -> None:
        """Encode what has changed, and begin the next slice."""
        states = self.touched.states
        for key, lead in self._changed.items():
            states[key] = encode_lead(lead)
        self.leads, self._changed = {}, {}

    def _state(self, key: bytes) -> bytes | None:
        states = self.touched.states
        return states[key] if key in states else self._table.get(key)
