"""A funnel run over activities in memory: what `leadgate qualify` is, and what the tests' oracles drive.

A lead is moved by its own activities alone, each after what was due for that lead
before it; so what one lead does never changes what another gets. At the end the
leads are advanced to an end time, in the order of (due moment, lead id).
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from qualifiers.engine import Funnel
from schemas.activity import Activity
from schemas.decision import Decision, Place
from schemas.lead import Lead


class Replay:
    """The leads of one input, and what becomes of them."""

    def __init__(self, funnel: Funnel) -> None:
        self.funnel = funnel
        self.leads: dict[str, Lead] = {}
        self.newest: int | None = None
        """The newest moment of an applied activity, in ms; None before the first. A repeat does not count."""
        self.duplicates = 0
        """How many activities changed nothing, because their lead had them already."""

    def apply(self, activity: Activity, place: Place) -> list[Decision]:
        """Apply the next activity of the input, which lies at ``place``; its decisions, in order.

        Raises Unreadable when the activity says what can't be done; nothing has changed then.
        """
        applied = self.funnel.apply(self.leads.get(activity.lead_id), activity, place)
        self.leads[activity.lead_id] = applied.lead
        if applied.outcome == "duplicate":
            self.duplicates += 1
        elif self.newest is None or activity.occurred_at > self.newest:
            self.newest = activity.occurred_at
        return applied.decisions

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
