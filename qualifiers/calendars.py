"""From the durations and the `calendar` of a funnel file to spans, by which time is counted."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from qualifiers.spans import Calendar, Span, Stretch
from qualifiers.zones import Since, offsets
from schemas import funnel_file as tree
from schemas.durations import BusinessHours, Duration
from schemas.moments import DAY, MINUTE, NEVER

_EPOCH = 719_163
"""The proleptic Gregorian ordinal of 1970-01-01."""


class Spans:
    """The durations of one funnel file as spans: the same object for the same duration."""

    def __init__(self, calendar: tree.Calendar | None) -> None:
        self._described = calendar
        self._calendar: Calendar | None = None
        self._spans: dict[Duration, Span] = {}

    def of(self, duration: Duration) -> Span:
        """A duration as a span. Raises ValueError: business hours without a calendar, an unknown zone."""
        if duration not in self._spans:
            self._spans[duration] = self._span(duration)
        return self._spans[duration]

    def maybe(self, duration: Duration | None) -> Span | None:
        """The same of a duration that may be left out."""
        return None if duration is None else self.of(duration)

    def meaning(self, duration: Duration | None) -> object:
        """What a duration means, for slots: business hours are those of their calendar."""
        return [duration, self._described] if isinstance(duration, BusinessHours) else duration

    def _span(self, duration: Duration) -> Span:
        if not isinstance(duration, BusinessHours):
            return Span(duration)
        if self._described is None:
            raise ValueError("business hours need a calendar")
        if self._calendar is None:
            self._calendar = compile_calendar(self._described)
        return Span(duration.open_ms, self._calendar)


def compile_calendar(calendar: tree.Calendar) -> Calendar:
    """The calendar that is described. Raises UnknownZone (a ValueError)."""
    holidays = sorted((day.toordinal() - _EPOCH) * DAY for day in set(calendar.holidays))
    hours = [(opens * MINUTE, closes * MINUTE) for opens, closes in calendar.hours]
    return Calendar(hours, list(_stretches(offsets(calendar.zone), holidays)))


def _stretches(zone: Sequence[Since], holidays: Sequence[int]) -> Iterator[Stretch]:
    """Cut at each change of the clocks, and at both ends of each holiday (midnights of the wall clock)."""
    for (begins, offset), (ends, _) in pairwise([*zone, Since(NEVER, 0)]):
        yield Stretch(begins, offset, is_closed=False)
        for midnight in holidays:
            closes, opens = max(midnight - offset, begins), min(midnight + DAY - offset, ends)
            if closes < opens:
                yield Stretch(closes, offset, is_closed=True)
                if opens < ends:
                    yield Stretch(opens, offset, is_closed=False)
