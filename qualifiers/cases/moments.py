"""Which moment is meant by what a case writes: wall clocks, days of a case, durations."""

from collections.abc import Sequence
from itertools import pairwise

from qualifiers.calendars import Spans
from qualifiers.zones import Since, offsets
from schemas.case_moments import DAYS, CaseMoment, Exactly, Later, OnDate, OnDay, OnWeekday, Start
from schemas.funnel_file import Calendar
from schemas.moments import DAY, HOUR, LAST_MOMENT, MINUTE, NEVER, SECOND, format_moment

_MONDAY = 20_458
"""2026-01-05, the Monday on which cases start, in days since 1970-01-01."""
_NINE = 9 * HOUR
_EPOCH = 719_163
"""The proleptic Gregorian ordinal of 1970-01-01."""


class WallClock:
    """The clock on the wall of a funnel's cases: that of its calendar's zone, or of UTC.

    Moments are ms since the epoch; what the clock shows is ms since it showed 1970-01-01 00:00.
    """

    def __init__(self, calendar: Calendar | None) -> None:
        self._zone: Sequence[Since] = offsets("UTC" if calendar is None else calendar.zone)
        self._spans = Spans(calendar)
        self.has_calendar = calendar is not None

    def start(self, written: Start | None) -> int:
        """When a case starts. Raises ValueError where no moment can be meant."""
        if isinstance(written, Exactly):
            return _within(written.at)
        if isinstance(written, OnDate):
            return self._moment(_day(written), written.minute, _NINE)
        if isinstance(written, OnWeekday):
            return self._moment(_MONDAY + written.weekday, written.minute, _NINE)
        return self._moment(_MONDAY, None, _NINE)

    def moment(self, written: CaseMoment | None, start: int, before: int) -> int:
        """When a line is; the case starts at ``start``, and the line before is at ``before`` (ms).

        Raises ValueError, with a sentence for a person, where no moment can be meant.
        """
        if written is None:
            return before
        if isinstance(written, Exactly):
            return _within(written.at)
        if isinstance(written, Later):
            at = before
            for duration in written.durations:
                at = _within(self._spans.of(duration).after(at))
            return at
        first_day, usual = divmod(self._shown(start), DAY)
        if isinstance(written, OnDate):
            return self._moment(_day(written), written.minute, usual)
        if isinstance(written, OnDay):
            return self._moment(first_day + written.number - 1, written.minute, usual)
        return self._next(written, before, usual)

    def said(self, at: int) -> str:
        """A moment by this clock, for a person: `Mon 2026-01-05 09:00`; seconds only where there are some."""
        shown = self._shown(at)
        text = format_moment(shown)
        weekday = DAYS[(shown // DAY + 3) % 7][:3].capitalize()
        time = text[11:16] if shown % MINUTE == 0 else text[11:19] if shown % SECOND == 0 else text[11:23]
        return f"{weekday} {text[:10]} {time}"

    def _next(self, written: OnWeekday, before: int, usual: int) -> int:
        """The first such day and time that is not before the line before."""
        today = self._shown(before) // DAY
        ahead = (written.weekday - (today + 3)) % 7
        at = self._moment(today + ahead, written.minute, usual)
        return at if at >= before else self._moment(today + ahead + 7, written.minute, usual)

    def _shown(self, at: int) -> int:
        return at + next(since.offset for since in reversed(self._zone) if since.moment <= at)

    def _moment(self, day: int, minute: int | None, usual: int) -> int:
        """When the clock shows this minute of a day (None: the usual time, in ms).

        The first time, where it does so twice; a time that it leaves out is read by the clock as put forward.
        """
        shown = day * DAY + (usual if minute is None else minute * MINUTE)
        for (_, offset), (ends, _) in pairwise([*self._zone, Since(NEVER, 0)]):
            if shown - offset < ends:
                return _within(shown - offset)
        raise AssertionError("the last offset is in force for ever")


def _day(written: OnDate) -> int:
    return written.date.toordinal() - _EPOCH


def _within(at: int) -> int:
    if not 0 <= at <= LAST_MOMENT - DAY:
        raise ValueError("a moment of a case lies in the years 1970 to 9999")
    return at
