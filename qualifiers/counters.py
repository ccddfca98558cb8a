"""Counters: the newest moments at which something of interest was done.

A counter keeps as many moments as the most demanding condition on it asks for, and
conditions that count the same thing share one. With `distinct` it keeps the newest
moment of each value instead.
"""

from bisect import insort
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

from qualifiers.operators import comparable, compile_test
from qualifiers.paths import getter
from schemas.activity import Activity
from schemas.funnel_file import Test
from schemas.lead import Lead

BUILT_IN = frozenset({"stage_assigned", "lead_erased", "lead_merged"})
"""Types that are handled before any rule, and that no rule sees."""
NOT_STIRRING = BUILT_IN | {"identified", "grouped"}
"""Types that tell about a lead without the lead having done anything."""

ActivityTest = Callable[[Activity], bool]


def compile_filter(where: Mapping[str, Test], source: Test | None) -> ActivityTest | None:
    """`where` and `source` as one predicate over an activity; None when nothing is asked."""
    tests = [(getter(path), compile_test(test)) for path, test in where.items()]
    comes_from = None if source is None else compile_test(source)
    if comes_from is None and not tests:
        return None
    if comes_from is None and len(tests) == 1:
        ((get, holds),) = tests
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
        key: int,
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

    def nth_newest(self, lead: Lead, n: int) -> int | None:
        """The moment since which there have been ``n``, or None when there never were."""
        if self.value_of is None:
            times = lead.times.get(self.key)
        else:
            values = lead.distinct.get(self.key)
            times = sorted(values.values()) if values else None
        return times[-n] if times is not None and len(times) >= n else None

    def count(self, lead: Lead, after: int | None) -> int:
        """How many of the kept moments lie after ``after`` (None: all)."""
        kept = lead.times.get(self.key, ()) if self.value_of is None else lead.distinct.get(self.key, {}).values()
        return len(kept) if after is None else sum(at > after for at in kept)

    def record(self, lead: Lead, activity: Activity) -> bool:
        """Count an activity of a type that is taken; whether that changed anything."""
        if self.test is not None and not self.test(activity):
            return False
        at = activity.occurred_at
        if self.since_entry and at < lead.since:
            return False
        if self.value_of is not None:
            return self._record_value(lead, self.value_of(activity.properties), at)
        times = lead.times.get(self.key)
        if times is None:
            lead.times[self.key] = [at]
        elif len(times) < self.keep:
            insort(times, at)
        elif at <= times[0]:
            return False
        elif self.keep == 1:
            times[0] = at
        else:
            del times[: len(times) - self.keep + 1]
            insort(times, at)
        return True

    def _record_value(self, lead: Lead, value: Any, at: int) -> bool:
        identity = comparable(value)
        if identity is None:
            return False
        # Eight bytes stand for a value: a text may be long, and is never shown.
        digest = blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        name = int.from_bytes(digest)
        values = lead.distinct.setdefault(self.key, {})
        if at <= values.get(name, at - 1):
            return False
        values[name] = at
        while len(values) > self.keep:
            oldest = min(values, key=lambda one: (values[one], one))
            del values[oldest]
        return True
