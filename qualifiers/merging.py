"""Merging: what is known of a lead becomes part of what is known of another.

Both have lived apart, so what each did is united as if the one had done it all; what came
with the merged lead arrives when it is merged. The stay that goes on is that of the lead
which was further: what the other did is no part of it.
"""

from collections.abc import Iterable, Mapping, Sequence

from qualifiers import traits
from qualifiers.counters import Counter
from qualifiers.plans import Stage
from qualifiers.scores import Score
from schemas.lead import ID_BYTES, KEPT_IDS, Lead

KEPT_ABSORBED = 64
"""So many ids that were merged into a lead are remembered with it."""


class Merger:
    """Unites leads of one funnel."""

    def __init__(
        self,
        stages: Mapping[str, Stage],
        ranks: Mapping[str, tuple[int, int]],
        scores: Sequence[Score],
        counters: Iterable[Counter],
        named_traits: traits.NamedTraits,
    ) -> None:
        counters = tuple(counters)
        self._ranks = ranks
        self._scores = scores
        self._lasting = tuple(counter for counter in counters if not counter.since_entry)
        self._named_traits = named_traits
        self._stages = stages
        self._fired = frozenset(
            rule.fired for stage in stages.values() for rule in stage.rules if rule.again_after is not None
        )

    def is_further(self, one: str, other: str) -> bool:
        """Whether a stage is further than another: final, or on the path, or further along it."""
        return self._ranks[one] > self._ranks[other]

    def unite(self, lead: Lead, came: Lead, came_id: str) -> bool:
        """Add ``came`` to ``lead``, whose clock is the later one of both; whether its stay goes on.

        The stage and the entry into it are left to the caller.
        """
        now = lead.clock
        for counter in self._lasting:
            counter.unite(lead, came)
        for key in self._fired.intersection(came.kept):
            lead.kept[key] = max(came.kept[key], lead.kept.get(key, came.kept[key]))
        traits.unite(lead.traits_to_change(), came.traits, self._named_traits)
        for score in self._scores:
            score.unite(lead, came, now)
        lead.ids = _ids(lead.ids, came.ids)
        lead.visited = tuple(dict.fromkeys((*lead.visited, *came.visited)))
        absorb(lead, *came.absorbed, came_id)
        if came.created < lead.created:
            lead.began(came.created, came.source)
        lead.passed_over = lead.let_in = ()
        goes_on = self.is_further(came.stage, lead.stage)
        if goes_on:
            for key in self._stages[lead.stage].of_the_stay:
                lead.kept.pop(key, None)
            for key in self._stages[came.stage].of_the_stay.intersection(came.kept):
                lead.kept[key] = came.kept[key]
            lead.waiting, lead.waiting_until = came.waiting, came.waiting_until
        return goes_on


def absorb(lead: Lead, *ids: str) -> None:
    """Remember that these ids are the lead's now."""
    lead.absorbed = tuple(dict.fromkeys((*lead.absorbed, *ids)))[-KEPT_ABSORBED:]


def _ids(mine: bytes, theirs: bytes) -> bytes:
    """The newest ids of both; where these are too many, at least half of the room for each."""
    room = KEPT_IDS * ID_BYTES
    of_theirs = min(len(theirs), max(room - len(mine), room // 2))
    return theirs[len(theirs) - of_theirs :] + mine[-(room - of_theirs) :]
