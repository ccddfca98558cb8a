"""The input: a past that lies in the topic before anyone starts, or a present at a fixed rate."""

import multiprocessing
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing.connection import Connection

from schemas.moments import DAY
from streams.simulation import bulk
from tests.benchmarks.topics import producer

Record = tuple[str, bytes]

PAST_END = 1_767_225_600_000
"""2026-01-01T00:00:00Z: the input is the same on every day."""
PAST = 60 * DAY
SEED = 1
LINGER_MS = 5
"""What a sender gathers for, as Kafka's own producers do since 4.0, with as many partitions as follow."""
LINGER_PARTITIONS = 4
START_MS = 200
"""From when the sender is ready to the first activity."""

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
    return _in_turn(in_order(leads * times, 1), leads)


def known(leads: int, activities: int, zipf: float | None) -> Iterator[Record]:
    """An activity of each lead, and then so many of these leads: equally busy, or by Zipf's law."""
    middle = PAST_END - PAST // 2
    yield from _in_turn(bulk(leads, 1, PAST_END - PAST, middle, seed=SEED + 1), leads)
    yield from bulk(activities, leads, middle, PAST_END, seed=SEED, zipf=zipf)


def _in_turn(records: Iterator[Record], leads: int) -> Iterator[Record]:
    """The activities of one lead, given to so many, one after the other, as `bulk` names them."""
    for number, (only, value) in enumerate(records):
        lead_id = f"lead-{SEED}-{number % leads:06d}"
        yield lead_id, value.replace(b'"%s"' % only.encode(), b'"%s"' % lead_id.encode(), 1)


@dataclass(frozen=True)
class Pace:
    """``rate`` activities a second for ``seconds``, the first at ``start`` (ms since the epoch).

    The n-th is meant for the millisecond start + n·1000/rate, whether or not it can be sent then; ``seed``
    and n stand in its id. There are as many leads, so that some are new, and stage changes come, to the end.
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
        """Lead id and JSON of each, which says that it happened when it was meant to be sent."""
        return bulk(self.activities, self.activities, self.start, self.end, seed=self.seed)


Sender = tuple["multiprocessing.process.BaseProcess", Pace]


def send_in_a_process(bootstrap: str, topic: str, pace: Pace, partitions: int) -> Sender:
    """Begin to send at that pace, in a process of its own, so that nothing here holds it up.

    The more partitions the longer it gathers: librdkafka makes a request for each, where Kafka's own
    producers make one for all, and the broker would have most of its work with the sender.

    It starts once everything has been made, and that much later than ``pace`` says; the pace that it goes at.
    Raises EOFError when it ends before that.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    sender = context.Process(target=_send, args=(there, bootstrap, topic, pace, partitions))
    sender.start()
    there.close()
    return sender, replace(pace, start=here.recv())


def _send(there: Connection, bootstrap: str, topic: str, made: Pace, partitions: int) -> None:
    sending = producer(bootstrap, LINGER_MS * max(1, partitions // LINGER_PARTITIONS))
    records = list(made.records())
    pace = replace(made, start=int(time.time() * 1_000) + START_MS)
    there.send(pace.start)
    for number, (lead_id, value) in enumerate(records):
        ahead = pace.moment(number) / 1_000 - time.time()
        if ahead > 0:
            sending.poll(0)
            time.sleep(ahead)
        sending.produce(topic, value, lead_id)
    sending.flush()
