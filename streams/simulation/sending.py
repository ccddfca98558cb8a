"""How simulated activities leave: written as JSON, at a rate, to a topic."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import msgspec
from confluent_kafka import KafkaException, Message, Producer

from schemas.activity import Activity
from schemas.moments import format_moment
from streams.clock import Clock
from streams.errors import OutsideWorld

_T = TypeVar("_T")
_ANSWER_SECONDS = 5
_FLUSH_SECONDS = 60


class _Wire(msgspec.Struct, omit_defaults=True):
    id: str
    lead_id: str
    type: str
    occurred_at: str
    properties: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    source: str | None = None


def encode(activity: Activity, occurred_at: int | None = None) -> bytes:
    """An activity as native JSON, dated ``occurred_at`` (ms) where that is given."""
    return msgspec.json.encode(
        _Wire(
            activity.id,
            activity.lead_id,
            activity.type,
            format_moment(activity.occurred_at if occurred_at is None else occurred_at),
            activity.properties,
            activity.traits,
            activity.source,
        )
    )


def records(activities: Iterable[Activity]) -> Iterator[tuple[str, bytes]]:
    """Activities as records: lead id and value."""
    for activity in activities:
        yield activity.lead_id, encode(activity)


def dated_when_sent(activities: Iterable[Activity], clock: Clock) -> Iterator[tuple[str, bytes]]:
    """Activities as records, each dated with the time at which it is taken."""
    for activity in activities:
        yield activity.lead_id, encode(activity, clock())


def paced(
    items: Iterable[_T],
    rate: float | None,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[_T]:
    """The items, ``rate`` of them a second; None: as fast as they are taken."""
    if rate is None:
        yield from items
        return
    start = monotonic()
    rest = iter(items)
    for number in range(1 << 62):
        ahead = start + number / rate - monotonic()
        # Nobody sees two milliseconds, and a sleep for each item would cost more than the item.
        if ahead > 0.002:
            sleep(ahead)
        # Only now, so that an item is made when it is due.
        try:
            yield next(rest)
        except StopIteration:
            return


class ToTopic:
    """Sends records to a topic. Raises OutsideWorld where that cannot be done."""

    def __init__(self, config: dict[str, Any], topic: str) -> None:
        self._producer = Producer(config | {"log_level": 0})  # what goes wrong is said here, once
        self._topic = topic
        self._failure: str | None = None
        try:
            # All topics: asking for one by its name would make it where brokers make topics by themselves.
            known = self._producer.list_topics(timeout=_ANSWER_SECONDS).topics
        except KafkaException as error:
            servers = config["bootstrap.servers"]
            raise OutsideWorld(f"no Kafka answers at {servers} ({error.args[0].str()}): is it up?") from None
        if topic not in known:
            raise OutsideWorld(f"there is no topic {topic}: `leadgate topics create` makes the topics")

    def send(self, lead_id: str, value: bytes) -> None:
        """Send a record, keyed by its lead."""
        while True:
            try:
                self._producer.produce(self._topic, value, lead_id, on_delivery=self._delivered)
                break
            except BufferError:  # the queue is full: the broker sets the pace
                self._producer.poll(0.1)
        self._producer.poll(0)
        self._check()

    def flush(self) -> None:
        """Wait until the broker has everything."""
        left = self._producer.flush(_FLUSH_SECONDS)
        self._check()
        if left:
            raise OutsideWorld(f"{left} activities could not be sent within {_FLUSH_SECONDS} s: is Kafka up?")

    def _delivered(self, error: Any, _message: Message) -> None:
        if error is not None and self._failure is None:
            self._failure = error.str()

    def _check(self) -> None:
        if self._failure is not None:
            raise OutsideWorld(f"topic {self._topic}: an activity could not be sent: {self._failure}")
