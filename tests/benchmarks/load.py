"""The input: a past that lies in the topic before anyone starts, or a present at a fixed rate."""

import multiprocessing
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec

from schemas.moments import DAY
from streams.simulation import bulk
from tests.benchmarks.topics import producer

Record = tuple[str, bytes]

PAST_END = 1_767_225_600_000
"""2026-01-01T00:00:00Z: the input is the same on every day."""
PAST = 60 * DAY
SEED = 1


_ONE_IN = 100
"""Of so many activities one comes late, and one is said twice."""


def in_order(activities: int, leads: int) -> Iterator[Record]:
    """Activities of 60 days long gone, of ``leads`` that are equally busy."""
    return bulk(activities, leads, PAST_END - PAST, PAST_END, seed=SEED)


def past(activities: int, leads: int) -> Iterator[Record]:
    """The same as they come: few are late, or repeated."""
    return islice(_as_it_comes(in_order(activities, leads), behind=2 * leads), activities)


def _as_it_comes(records: Iterator[Record], behind: int) -> Iterator[Record]:
    """Of each ``_ONE_IN`` records one comes so far behind its place, and another comes again there."""
    delayed: deque[tuple[int, Record]] = deque()
    for number, record in enumerate(records):
        while delayed and delayed[0][0] <= number:
            yield delayed.popleft()[1]
        place = number % _ONE_IN
        if place in {0, _ONE_IN // 2}:
            delayed.append((number + behind, record))
        if place:
            yield record
    for _, record in delayed:
        yield record


def first(count: int, records: Iterator[Record]) -> Iterator[Record]:
    """The first so many."""
    return islice(records, count)


def each(leads: int, times: int) -> Iterator[Record]:
    """Activities of the same days, of which every lead has exactly ``times``, one after all others' last."""
    decode, encode = msgspec.json.decode, msgspec.json.encode
    for number, (_, value) in enumerate(in_order(leads * times, 1)):
        lead_id = f"lead-{number % leads:07d}"
        yield lead_id, encode(decode(value) | {"lead_id": lead_id})


@dataclass(frozen=True)
class Pace:
    """``rate`` activities a second for ``seconds``, the first at ``start`` (ms since the epoch).

    The n-th is meant for the millisecond start + n·1000/rate, whether or not it can be sent then; that
    moment is also its ``occurred_at``, and ``seed`` and n stand in its id. There are as many leads, so that
    some are new, and stage changes come, to the end.
    """

    seed: int
    rate: int
    seconds: float
    start: int

    @property
    def activities(self) -> int:
        """How many there are."""
        return int(self.rate * self.seconds)

    @property
    def end(self) -> int:
        """When (ms) the last has been meant to be sent."""
        return self.moment(self.activities)

    def moment(self, number: int) -> int:
        """When (ms) the n-th is meant to be sent."""
        return self.start + number * 1_000 // self.rate

    def meant(self, activity_id: str) -> int | None:
        """When (ms) that activity was meant to be sent; None: it is not one of these."""
        seed, _, number = activity_id.partition("-")
        return self.moment(int(number)) if int(seed) == self.seed else None

    def records(self) -> Iterator[Record]:
        """Lead id and JSON of each."""
        return bulk(self.activities, self.activities, self.start, self.end, seed=self.seed)


def send_in_a_process(bootstrap: str, topic: str, pace: Pace) -> "multiprocessing.process.BaseProcess":
    """Begin to send at that pace, in a process of its own, so that nothing here holds it up."""
    sender = multiprocessing.get_context("spawn").Process(target=_send, args=(bootstrap, topic, pace))
    sender.start()
    return sender


def _send(bootstrap: str, topic: str, pace: Pace) -> None:
    sending = producer(bootstrap, linger_ms=5)  # what Kafka's own producers do by default, since 4.0
    records = list(pace.records())
    if time.time() * 1_000 > pace.start:
        raise RuntimeError("the sender was not ready in time: is the machine busy?")
    for number, (lead_id, value) in enumerate(records):
        ahead = pace.moment(number) / 1_000 - time.time()
        if ahead > 0:
            sending.poll(0)
            time.sleep(ahead)
        sending.produce(topic, value, lead_id)
    sending.flush()
