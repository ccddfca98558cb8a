"""When people do things: by the hour of the day and the day of the week, in UTC."""

from random import Random

from schemas.moments import DAY, HOUR

_WEEKDAY, _WEEKEND = range(5), range(5, 7)
# How likely each hour of a day is, from 0 to 9, from midnight on.
_PEOPLE = {"weekday": "100000135799879997544433", "weekend": "210000011223333334444432"}
_OFFICE = {"weekday": "000000003999699993000000", "weekend": "0" * 24}


def _week(hours: dict[str, str]) -> tuple[float, ...]:
    days = [hours["weekday"] for _ in _WEEKDAY] + [hours["weekend"] for _ in _WEEKEND]
    return tuple(int(digit) / 9 for day in days for digit in day)


PEOPLE = _week(_PEOPLE)
"""The 168 hours of a week from Monday on, and how likely a lead is to be up to something (0 to 1)."""
OFFICE = _week(_OFFICE)
"""Likewise, how likely sales is to be."""

_MONDAY = 3 * DAY  # the epoch began on a Thursday, three days into its week


def fitting(moment: int, week: tuple[float, ...], rng: Random) -> int:
    """The first moment (ms) from ``moment`` on that fits the week's rhythm."""
    while True:
        hour = (moment + _MONDAY) // HOUR
        if rng.random() < week[hour % len(week)]:
            return moment
        moment = (hour + 1) * HOUR - _MONDAY + int(rng.random() * HOUR)
