"""A funnel run over activities in memory: what `leadgate qualify` is, and what the tests' oracles drive.

A lead is moved by its own activities alone, each after what was due for that lead
before it; so what one lead does never changes what another gets. At the end the
leads are advanced to an end time, in the order of (due moment, lead id).
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from qualifiers.built_in import LEAD_MERGED, Departure, Erased, circle
from qualifiers.engine import Funnel
from qualifiers.merging import absorb
from schemas.activity import Activity
from schemas.decision import Decision, Place
from schemas.lead import Lead


class Replay:
    """The leads of one input, and what becomes of them."""

    def __init__(self, funnel: Funnel) -> None:
        self.funnel = funnel
        self.leads: dict[str, Lead] = {}
        self.merged: dict[str, str] = {}
        """Leads that were merged, and into which."""
        self._were: dict[str, str] = {}
        """Those that were merged into one that has been erased since, and which."""
        self._suppressed: set[str] = set()
        self.suppressed = 0
        """How many activities were dropped, as their lead has been erased for good."""
        self.newest: int | None = None
        """The newest moment of an applied activity, in ms; None before the first. A repeat does not count."""
        self.duplicates = 0
        """How many activities changed nothing, because their lead had them already."""

    def apply(self, activity: Activity, place: Place) -> list[Decision]:
        """Apply the next activity of the input, which lies at ``place``; its decisions, in order.

        Raises Unreadable when the activity says what can't be done; nothing has changed then.
        """
        lead_id = self.survivor(activity.lead_id)
        if lead_id in self._suppressed:
            self.suppressed += 1
            return []
        if activity.type == LEAD_MERGED:
            into = activity.properties.get("into")
            if type(into) is str and self.survivor(into) == lead_id:
                if activity.lead_id == lead_id:
                    raise circle(lead_id, into)
                return []  # they are one already
        if lead_id != activity.lead_id:
            activity = activity.but(lead_id=lead_id)
        lead = self.leads.get(lead_id)
        applied = self.funnel.apply(lead, activity, place)
        if applied.outcome == "duplicate":
            self.duplicates += 1
        elif self.newest is None or activity.occurred_at > self.newest:
            self.newest = activity.occurred_at
        if applied.lead is not None:
            if lead is None:
                self.leads[lead_id] = applied.lead
            return applied.decisions
        self.leads.pop(lead_id, None)
        return applied.decisions + self._departed(lead_id, activity, applied.departure, place)

    def _departed(
        self, lead_id: str, activity: Activity, departure: Departure | None, place: Place
    ) -> list[Decision]:
        """What comes of a lead's end."""
        if isinstance(departure, Erased):
            for gone in departure.absorbed:
                self.merged.pop(gone, None)
                self._were[gone] = lead_id
            if departure.suppress:
                self._suppressed |= {lead_id, *departure.absorbed}
            return []
        assert departure is not None
        self.merged[lead_id] = departure.into
        survivor = self.survivor(departure.into)
        known = self.leads.get(survivor)
        if departure.lead is None and known is not None:
            absorb(known, lead_id)
        if departure.lead is None or survivor in self._suppressed:
            return []
        applied = self.funnel.merge(survivor, known, lead_id, departure.lead, activity, place)
        assert applied.lead is not None
        self.leads[survivor] = applied.lead
        return applied.decisions

    def parts(self) -> dict[str, str]:
        """Every lead that has ever been merged, and into which: also into one that has been erased since."""
        return self._were | self.merged

    def survivor(self, lead_id: str) -> str:
        """The lead that this one is part of by now: itself, where it was not merged."""
        while lead_id in self.merged:
            lead_id = self.merged[lead_id]
        return lead_id

    def end(self, until: int | None = None) -> int | None:
        """When time ends: at the newest activity, or at ``until`` (ms) where that is later."""
        if self.newest is None or until is None:
            return self.newest
        return max(self.newest, until)

    def finish(self, place: Place, until: int | None = None) -> Iterator[Decision]:
        """Advance every lead to the end of time; the decisions, in order of (due moment, lead id).

        ``place`` is the one before which all this is decided: where the input ends.
        """
        end = self.end(until)
        if end is None:
            return
        waiting = [(lead.due, lead_id) for lead_id, lead in self.leads.items() if lead.due <= end]
        heapify(waiting)
        while waiting:
            due, lead_id = heappop(waiting)
            lead = self.leads[lead_id]
            yield from self.funnel.advance(lead_id, lead, due, place)
            if lead.due <= end:
                heappush(waiting, (lead.due, lead_id))
