"""Counters: the newest moments at which something of interest was done.

A counter keeps as many moments as the most demanding condition on it asks for, and
conditions that count the same thing share one. In its slot of the lead lies the newest
moment where that is all that is asked, else a list of them, ascending; with `distinct`
a dict, value (hashed) → the newest moment with that value.
"""

from bisect import insort
from collections.abc import Callable, Collection, Mapping
from typing import Any

from xxhash import xxh3_64_digest

from qualifiers.built_in import BUILT_IN, STAGE_ASSIGNED
from qualifiers.operators import comparable, compile_test
from qualifiers.paths import getter
from schemas.activity import Activity
from schemas.conditions import Test
from schemas.lead import Lead

NOT_STIRRING = BUILT_IN - {STAGE_ASSIGNED} | {"identified", "grouped"}
"""Types that tell about a lead without anything having been done."""

ActivityTest = Callable[[Activity], bool]


def compile_filter(where: Mapping[str, Test], source: Test | None) -> ActivityTest | None:
    """`where` and `source` as one predicate over an activity; None when nothing is asked."""
    tests = [(getter(path), compile_test(test)) for path, test in where.items()]
    comes_from = None if source is None else compile_test(source)
    if comes_from is None and not tests:
        return None
    if comes_from is None and len(tests) == 1:
        ((get, holds),) = tests
        (path,) = where
        if "." not in path:
            return lambda activity: holds(activity.properties.get(path))
        return lambda activity: holds(get(activity.properties))

    def passes(activity: Activity) -> bool:
        if comes_from is not None and not comes_from(activity.source):
            return False
        properties = activity.properties
        return all(holds(get(properties)) for get, holds in tests)

    return passes


class Counter:
    """What is counted, and in which slot. ``keep`` is how many moments are needed."""

    __slots__ = ("keep", "key", "since_entry", "test", "types", "value_of")

    def __init__(
        self,
        key: str,
        types: frozenset[str] | None,
        test: ActivityTest | None = None,
        distinct: str | None = None,
        since_entry: bool = False,
    ) -> None:
        self.key = key
        self.types = types
        """None: every type by which a lead stirs."""
        self.test = test
        self.value_of: Callable[[Mapping[str, Any]], Any] | None = getter(distinct) if distinct else None
        self.since_entry = since_entry
        self.keep = 1

    def takes(self, activity_type: str) -> bool:
        """Whether activities of that type are counted here."""
        if self.types is None:
            return activity_type not in NOT_STIRRING
        return activity_type in self.types and activity_type not in BUILT_IN

    @property
    def is_single(self) -> bool:
        """Whether the newest moment is all that anyone asks."""
        return self.keep == 1 and self.value_of is None

    def nth_newest(self, lead: Lead, n: int) -> int | None:
        """The moment since which there have been ``n``, or None when there never were."""
        if self.value_of is not None:
            values = lead.kept.get(self.key, {}).values()
            return sorted(values)[-n] if len(values) >= n else None
        kept = lead.kept.get(self.key)
        if kept is None or self.keep == 1:
            return kept
        return kept[-n] if len(kept) >= n else None

    def count(self, lead: Lead, after: int | None) -> int:
        """How many of the kept moments lie after ``after`` (None: all)."""
        kept: Collection[int]
        if self.value_of is not None:
            kept = lead.kept.get(self.key, {}).values()
        elif self.keep == 1:
            kept = [lead.kept[self.key]] if self.key in lead.kept else []
        else:
            kept = lead.kept.get(self.key, [])
        return len(kept) if after is None else sum(at > after for at in kept)

    def counts(self, lead: Lead, activity: Activity) -> bool:
        """Whether an activity of a type that is taken is one of those that are counted."""
        return (self.test is None or self.test(activity)) and not (
            self.since_entry and activity.occurred_at < lead.since
        )

    def ends_with(self, lead: Lead, activity: Activity) -> bool:
        """Whether an activity can be the last that is counted."""
        return self.takes(activity.type) and self.counts(lead, activity)

    def record(self, lead: Lead, activity: Activity) -> bool:
        """Count an activity that counts; whether that changed anything.

        Where the newest alone is kept, `feeds.SingleFeed` does it.
        """
        at = activity.occurred_at
        if self.value_of is not None:
            return self._record_value(lead, self.value_of(activity.properties), at)
        times = lead.kept.setdefault(self.key, [])
        if len(times) >= self.keep:
            if at <= times[0]:
                return False
            del times[0]
        insort(times, at)
        return True

    def unite(self, lead: Lead, came: Lead) -> None:
        """Take over what another lead has kept, which is part of this one now."""
        theirs = came.kept.get(self.key)
        if theirs is not None:
            mine = lead.kept.get(self.key)
            lead.kept[self.key] = theirs if mine is None else self.united(mine, theirs)

    def united(self, mine: Any, theirs: Any) -> Any:
        """What is kept of both, where both have kept something; ``mine`` may be changed in place."""
        if self.value_of is not None:
            for name, at in theirs.items():
                mine[name] = max(at, mine.get(name, at))
            self._drop_oldest(mine)
            return mine
        if self.keep == 1:
            return max(mine, theirs)
        return sorted([*mine, *theirs])[-self.keep :]

    def adopt(self, lead: Lead) -> None:
        """Take over moments kept under another funnel, which needed more of them, or fewer."""
        if self.value_of is not None:
            return
        kept = lead.kept.get(self.key)
        if kept is not None:
            times = kept if type(kept) is list else [kept]
            lead.kept[self.key] = times[-1] if self.keep == 1 else times[-self.keep :]

    def _record_value(self, lead: Lead, value: Any, at: int) -> bool:
        identity = comparable(value)
        if identity is None:
            return False
        # Eight bytes stand for a value: a text may be long, and is never shown.
        digest = xxh3_64_digest(identity.encode("utf-8", "surrogatepass"))
        name = int.from_bytes(digest)
        values = lead.kept.setdefault(self.key, {})
        if at <= values.get(name, at - 1):
            return False
        values[name] = at
        self._drop_oldest(values)
        return True

    def _drop_oldest(self, values: dict[int, int]) -> None:
        while len(values) > self.keep:
            oldest = min(values, key=lambda one: (values[one], one))
            del values[oldest]
