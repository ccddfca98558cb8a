"""A believable population: leads arrive, live, are answered by sales, and fall silent.

A stream, not a list: only the leads alive are kept. The same seed gives the same
activities, in the same order.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from random import Random

from schemas.activity import Activity
from schemas.moments import DAY, MINUTE
from streams.simulation.life import life
from streams.simulation.people import JOB_TITLES, SOURCES, Company, Person, pick
from streams.simulation.personas import PERSONAS, Persona
from streams.simulation.rhythm import PEOPLE, fitting

LATE = 0.004
"""So many activities reach us late, by up to `_LATEST`."""
TWICE = 0.003
"""So many reach us twice."""
_LATEST = 3 * DAY
_SEATS = (2, 4)
_MEASURED = 2_000


def population(
    leads: int,
    start: int,
    end: int,
    *,
    seed: int = 0,
    late: float = LATE,
    twice: float = TWICE,
) -> Iterator[Activity]:
    """The activities of ``leads`` leads that arrive between ``start`` and ``end`` (ms), up to ``end``.

    In the order in which they reach us, which is that of time but for the few late ones.
    """
    rng = Random(f"arrivals {seed}")  # noqa: S311 - a simulation needs to be repeatable, not secret
    return _unfold(_scattered(leads, start, end, rng), end, seed, late, twice, rhythm=True)


def endless(
    per_day: float, start: int, *, seed: int = 0, late: float = 0.0, twice: float = TWICE
) -> Iterator[Activity]:
    """Activities without end, of ``per_day`` new leads a simulated day, around the clock."""
    rng = Random(f"arrivals {seed}")  # noqa: S311 - likewise
    return _unfold(_steady(per_day, start, rng), None, seed, late, twice, rhythm=False)


def activities_per_lead() -> float:
    """How many activities a lead's life has, on average; measured on a sample."""
    newcomers = _Newcomers(0)
    return sum(1 for n in range(_MEASURED) for _ in newcomers.life(n, 0, rhythm=False)) / _MEASURED


def _scattered(leads: int, start: int, end: int, rng: Random) -> Iterator[int]:
    # Evenly drawn moments, made in ascending order, one at a time: each is the least of those to come.
    left = 1.0
    for remaining in range(leads, 0, -1):
        left *= rng.random() ** (1 / remaining)
        yield start + int((1 - left) * (end - start))


def _steady(per_day: float, start: int, rng: Random) -> Iterator[int]:
    moment = float(start)
    while True:
        moment += rng.expovariate(per_day) * DAY
        yield int(moment)


class _Newcomers:
    """Makes a life of each arrival."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._company: Company | None = None
        self._seats = 0
        self._personas = list(PERSONAS.values())
        self._shares = [persona.share for persona in self._personas]

    def life(self, number: int, arrival: int, *, rhythm: bool) -> Iterator[Activity]:
        rng = Random(f"{self._seed} {number}")  # noqa: S311 - likewise
        persona = rng.choices(self._personas, self._shares)[0]
        person = Person(
            f"lead-{self._seed}-{number:06d}",
            self._employer(persona, rng),
            pick(JOB_TITLES, rng),
            pick(SOURCES, rng),
        )
        start = fitting(arrival, PEOPLE, rng) if rhythm else arrival
        return life(person, persona, start, rng, rhythm=rhythm)

    def _employer(self, persona: Persona, rng: Random) -> Company:
        if not persona.in_committee:
            return Company.drawn(rng)
        if self._company is None or self._seats == 0:
            self._company, self._seats = Company.large(rng), rng.randint(*_SEATS)
        self._seats -= 1
        return self._company


def _unfold(
    arrivals: Iterator[int], end: int | None, seed: int, late: float, twice: float, *, rhythm: bool
) -> Iterator[Activity]:
    rng = Random(f"deliveries {seed}")  # noqa: S311 - likewise
    newcomers = _Newcomers(seed)
    order = count()
    # What is to come: when, in which order, what, and (of what a lead does next) the rest of its life.
    coming: list[tuple[int, int, Activity, Iterator[Activity] | None]] = []

    def live_on(rest: Iterator[Activity]) -> None:
        activity = next(rest, None)
        if activity is not None:
            heappush(coming, (activity.occurred_at, next(order), activity, rest))

    arrival = next(arrivals, None)
    number = 0
    while coming or arrival is not None:
        if arrival is not None and (not coming or arrival <= coming[0][0]):
            live_on(newcomers.life(number, arrival, rhythm=rhythm))
            number += 1
            arrival = next(arrivals, None)
            continue
        moment, _, activity, rest = heappop(coming)
        if end is not None and moment > end:
            return
        if rest is not None:
            live_on(rest)
            chance = rng.random()
            if chance < late:
                heappush(coming, (moment + int(rng.random() * _LATEST), next(order), activity, None))
                continue
            if chance < late + twice:
                heappush(coming, (moment + int(rng.random() * 10 * MINUTE), next(order), activity, None))
        yield activity
