"""A population that lives now, and faster than people do."""

from collections.abc import Iterator

from streams import clock
from streams.simulation.population import activities_per_lead, endless
from streams.simulation.sending import dated_when_sent


def live(rate: float, day_seconds: float, start: int, *, seed: int) -> Iterator[tuple[str, bytes]]:
    """Records without end, dated when they are taken; a lead's day takes ``day_seconds``.

    So many newcomers a day of life that a day's activities fill its seconds at ``rate`` a second.
    """
    per_day = rate * day_seconds / activities_per_lead()
    return dated_when_sent(endless(per_day, start, seed=seed), clock.now)
