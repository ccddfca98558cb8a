"""A calendar by brute force: quarter of an hour by quarter, each asked what the clock on the wall shows.

A quarter of an hour is the finest that these calendars tell apart: so are the opening hours
that are drawn, and what zones are ahead of UTC in these years.
"""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schemas.durations import BusinessHours, Duration
from schemas.funnel_file import Calendar
from schemas.moments import MINUTE

QUARTER = 15 * MINUTE
FIRST, LAST = datetime(2025, 11, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)


def later(calendar: Calendar | None, moment: int, duration: Duration) -> int:
    """The moment at which a duration has passed after another, ms."""
    if not isinstance(duration, BusinessHours):
        return moment + duration
    assert calendar is not None
    quarters = open_quarters(calendar.zone, calendar.hours, tuple(calendar.holidays))
    number = bisect_right(quarters, moment - QUARTER)  # the first that is not over
    start = max(quarters[number], moment)
    left = quarters[number] + QUARTER - start
    if duration.open_ms <= left:
        return start + duration.open_ms
    whole, rest = divmod(duration.open_ms - left - 1, QUARTER)
    return quarters[number + 1 + whole] + rest + 1


@lru_cache(maxsize=64)
def open_quarters(zone: str, hours: tuple[tuple[int, int], ...], holidays: tuple[date, ...]) -> list[int]:
    """When each quarter of an hour that is open begins, ms."""
    found = []
    moment = FIRST
    while moment < LAST:
        shown = moment.astimezone(ZoneInfo(zone))
        minute = (shown.weekday() * 24 + shown.hour) * 60 + shown.minute
        if shown.date() not in holidays and any(opens <= minute < closes for opens, closes in hours):
            found.append(round(moment.timestamp() * 1000))
        moment += timedelta(milliseconds=QUARTER)
    return found
