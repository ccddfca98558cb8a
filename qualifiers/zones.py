"""Time zones: from which moment on which offset from UTC is in force.

Zone data is a table of reference, as Unicode's tables are; it is read here, when a funnel
is loaded, and never while one runs.
"""

from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from schemas.moments import LONG_AGO, SECOND

_FIRST: Final = int(datetime(1970, 1, 1, tzinfo=UTC).timestamp())
_LAST: Final = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
_PARTS: Final = 3
"""Of a name, as in America/Argentina/Salta."""
_STEP: Final = 7 * 24 * 60 * 60
"""In seconds; no zone changes its clocks and changes them back in so short a time."""


class Since(NamedTuple):
    """An offset from UTC (ms), and the moment since when it is in force."""

    moment: int
    offset: int


class UnknownZone(ValueError):
    """No zone of that name is known on this machine."""


@lru_cache(maxsize=32)
def offsets(name: str) -> tuple[Since, ...]:
    """The offsets of an IANA zone, in order of time, the first since ever. Raises UnknownZone.

    Changes of the years 1970 to 2199 are known; before and after, the clocks stand still.
    """
    if name == "UTC":
        return (Since(LONG_AGO, 0),)
    if name.count("/") >= _PARTS:
        raise UnknownZone(name)  # zoneinfo would look into as many packages, within each other
    try:
        zone = ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise UnknownZone(name) from None
    known = [Since(LONG_AGO, _offset(zone, _FIRST))]
    for early, late in pairwise(range(_FIRST, _LAST + 1, _STEP)):
        while _offset(zone, late) != known[-1].offset:
            early = _first_other(zone, early, late)
            known.append(Since(early * SECOND, _offset(zone, early)))
    return tuple(known)


def zone_names() -> set[str]:
    """The zones that are known on this machine."""
    return available_timezones()


def _first_other(zone: ZoneInfo, early: int, late: int) -> int:
    """The second at which the offset becomes another than it is at ``early``."""
    before = _offset(zone, early)
    while late - early > 1:
        middle = (early + late) // 2
        if _offset(zone, middle) == before:
            early = middle
        else:
            late = middle
    return late


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) * SECOND
