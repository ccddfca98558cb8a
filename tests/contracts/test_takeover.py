"""What others have left open is ended, so that a partition can be opened long before it would time out."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from kafka.admin import KafkaAdminClient
from structlog.testing import capture_logs

from streams import kafka_clients, takeover
from streams.engine.kafka_transaction import KafkaTransaction
from streams.engine.opening import KafkaOpener, Opened
from streams.engine.transaction import Aborted, Fenced
from streams.takeover import OPEN_MS, Takeover, transactional_id
from tests.doubles.brokers import PATIENCE, TheReal, kept

HOLD_MS = 600_000
"""No transaction here times out while a test runs."""


class Worker:
    """A worker's producer, its membership (None: it is no member), and how it opens partitions."""

    def __init__(self, real: TheReal, name: str, member: bool = True) -> None:
        self.real, self.name = real, name
        settings = real.settings.model_copy(
            update={"group": f"{real.input}-two", "changelog_topic": real.changelog}
        )
        self.settings = settings.model_copy(update={"session_timeout": 6_000, "transaction_timeout": HOLD_MS})
        self.consumer: Consumer | None = None
        if member:
            client_id = f"leadgate/{name}/127.0.0.1:1"
            self.consumer = Consumer(
                kafka_clients.consumer(self.settings, client_id=client_id, instance_id=name)
            )
            self.consumer.subscribe([real.input])
        named = transactional_id(self.settings.group, name)
        config = kafka_clients.transactional_producer(self.settings, transactional_id=named)
        self.made = KafkaTransaction(config, real.input, lambda: False)

    def take_over(self, *numbers: int) -> None:
        Takeover(self.settings, self.name)(list(numbers), lambda: True)

    def opens(self, *numbers: int) -> dict[int, Opened]:
        opener = KafkaOpener(
            self.settings.group,
            self.real.input,
            self.real.changelog,
            "topic-id",
            kafka_clients.reader(self.settings),
            take_over=lambda held, _wanted: self.take_over(*held),
        )
        opened: dict[int, Opened] = {}
        wanted = threading.Event()
        thread = threading.Thread(
            target=opener.open,
            args=(list(numbers), lambda: not wanted.is_set(), lambda one: opened.update({one.number: one})),
        )
        thread.start()
        thread.join(PATIENCE)
        wanted.set()
        thread.join(PATIENCE)
        return opened

    def leaves_open(self, group: Any, *, records: bool = True, offsets: bool = True, number: int = 0) -> None:
        """A pass that is not ended."""
        self.made.begin()
        if records:
            self.made.produce(kept(self.real.changelog, number, 9, 90, b"bob"))
            self.made._producer.flush(PATIENCE)
        if offsets:
            self.made.offsets({number: 9}, group)

    def still_commits(self) -> bool:
        try:
            self.made.commit()
        except (Aborted, Fenced):
            return False
        return True


@pytest.fixture
def start(real: TheReal) -> Iterator[Callable[..., Worker]]:
    """Starts workers of one group."""
    workers: list[Worker] = []

    def make(name: str, member: bool = True) -> Worker:
        workers.append(Worker(real, name, member))
        return workers[-1]

    yield make
    for worker in workers:
        worker.made.close()
        if worker.consumer is not None:
            worker.consumer.close()


def settled(*workers: Worker) -> Any:
    """Wait until these share the two partitions; the group's metadata as the first has it."""
    consumers = [worker.consumer for worker in workers if worker.consumer is not None]
    deadline = time.monotonic() + PATIENCE
    while not all(len(consumer.assignment()) == 2 / len(consumers) for consumer in consumers):
        assert time.monotonic() < deadline
        for consumer in consumers:
            consumer.poll(0.05)
    return consumers[0].consumer_group_metadata()


def a_while() -> None:
    """Until what is open now has been so for long enough."""
    time.sleep(OPEN_MS / 1_000 + 0.2)


def committed_once(worker: Worker, group: Any) -> None:
    worker.made.begin()
    worker.made.produce(kept(worker.real.changelog, 0, 5, 50, b"anna"))
    worker.made.offsets({0: 5}, group)
    worker.made.commit()


@pytest.mark.parametrize(
    ("records", "offsets"), [(True, True), (True, False), (False, True)], ids=["both", "records", "offsets"]
)
def test_what_a_dead_worker_has_left_open_holds_nobody_up(
    start: Callable[..., Worker], records: bool, offsets: bool
) -> None:
    heir, dead = start("heir"), start("dead", member=False)
    group = settled(heir)
    committed_once(dead, group)
    dead.leaves_open(group, records=records, offsets=offsets)
    opened = heir.opens(0, 1)
    assert {number: (one.position, len(one.table)) for number, one in opened.items()} == {
        0: (5, 1),
        1: (0, 0),
    }
    assert opened[0].waited > 0
    assert not dead.still_commits()


def test_a_member_that_holds_what_is_ours_is_not_waited_for(start: Callable[..., Worker]) -> None:
    """It was away, and has come back as another member before what it had open has timed out."""
    heir, back = start("heir"), start("back")
    group = settled(heir, back)
    assert heir.consumer is not None
    number = heir.consumer.assignment()[0].partition
    back.leaves_open(group, number=number)
    a_while()
    heir.take_over(number)
    assert not back.still_commits()


def test_a_member_that_works_on_its_own_is_left_alone(start: Callable[..., Worker]) -> None:
    heir, other = start("heir"), start("other")
    group = settled(heir, other)
    assert heir.consumer is not None
    number = heir.consumer.assignment()[0].partition
    other.leaves_open(group, number=1 - number)
    a_while()
    heir.take_over(number)
    assert other.still_commits()


def test_who_no_longer_has_the_partition_ends_nothing(start: Callable[..., Worker]) -> None:
    """A worker that was away, and takes itself for the owner still, would end its successor's."""
    heir, gone = start("heir"), start("gone", member=False)
    group = settled(heir)
    heir.leaves_open(group)
    a_while()
    gone.take_over(0)
    assert heir.still_commits()


def test_while_the_group_deals_its_partitions_out_nobody_ends_anything(start: Callable[..., Worker]) -> None:
    heir, dead = start("heir"), start("dead", member=False)
    group = settled(heir)
    dead.leaves_open(group)
    a_while()
    joining = start("joining")
    assert joining.consumer is not None
    deadline = time.monotonic() + PATIENCE
    while _state(heir) == "Stable":  # the others do not poll: it can't get in
        assert time.monotonic() < deadline
        joining.consumer.poll(0.05)
    heir.take_over(0)
    assert dead.still_commits()


def test_what_has_just_been_opened_is_left_alone(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeover, "OPEN_MS", HOLD_MS)
    heir, other = start("heir"), start("other", member=False)
    group = settled(heir)
    other.leaves_open(group)
    heir.take_over(0)
    assert other.still_commits()


def test_what_is_our_own_is_left_alone(start: Callable[..., Worker]) -> None:
    heir = start("heir")
    heir.leaves_open(settled(heir))
    a_while()
    heir.take_over(0)
    assert heir.still_commits()


def test_a_group_whose_name_begins_likewise_is_another(start: Callable[..., Worker], real: TheReal) -> None:
    heir = start("heir")
    settled(heir)
    config = kafka_clients.transactional_producer(
        heir.settings, transactional_id=f"{heir.settings.group}er-worker"
    )
    other = KafkaTransaction(config, real.input, lambda: False)
    other.begin()
    other.produce(kept(real.changelog, 0, 9, 90))
    a_while()
    heir.take_over(0)
    other.commit()
    other.close()


def test_a_group_whose_name_goes_on_from_ours_is_another(
    start: Callable[..., Worker], real: TheReal, topic_name: Callable[[str], str]
) -> None:
    """Its worker `b` of group `a-x` writes under the name that a worker `x-b` of group `a` would."""
    heir = start("heir")
    settled(heir)
    changelog = topic_name("another-changelog")
    admin = AdminClient(kafka_clients.admin(real.settings))
    admin.create_topics([NewTopic(changelog, 1, 1)])[changelog].result()
    config = kafka_clients.transactional_producer(
        heir.settings, transactional_id=f"{heir.settings.group}-er-worker"
    )
    other = KafkaTransaction(config, real.input, lambda: False)
    other.begin()
    other.produce(kept(changelog, 0, 9, 90))
    a_while()
    heir.take_over(0)
    other.commit()
    other.close()


def test_a_broker_that_is_away_is_no_failure(real: TheReal) -> None:
    nowhere = real.settings.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})
    with capture_logs() as said:
        Takeover(nowhere, "heir")([0], lambda: True)
    assert [one["event"] for one in said] == ["open_transactions_not_ended"]


def test_uncommitted_offsets_are_what_is_waited_for(start: Callable[..., Worker]) -> None:
    """The broker refuses to tell them, rather than tell what may be about to change (KIP-447)."""
    heir, dead = start("heir"), start("dead", member=False)
    dead.leaves_open(settled(heir))
    asking = Consumer(kafka_clients.reader(heir.settings) | {"group.id": heir.settings.group})
    with pytest.raises(KafkaException) as refused:
        asking.committed([TopicPartition(heir.real.input, 0)], 1.0)
    assert refused.value.args[0].name() == "_TIMED_OUT"
    asking.close()


def _state(worker: Worker) -> str:
    admin = KafkaAdminClient(**kafka_clients.kafka_python(worker.settings))
    try:
        return str(admin.describe_groups([worker.settings.group])[worker.settings.group]["group_state"])
    finally:
        admin.close()
