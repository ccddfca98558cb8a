"""What the poller relies on in librdkafka, on the real broker: ends, seeking, pausing, the group."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from streams import kafka_clients
from streams.engine.chunk import Chunk
from streams.engine.poller import FULL_SECONDS, Poller
from streams.engine.transaction import Outgoing
from tests.doubles.brokers import PARTITIONS, PATIENCE, TheReal


@pytest.fixture
def reader(real: TheReal) -> Iterator[Consumer]:
    """A consumer as the group's members are configured, assigned the input's partition 0 by hand."""
    config = kafka_clients.consumer(real.settings, client_id="reader", instance_id="reader") | {
        "group.id": f"{real.input}-hand"
    }
    consumer = Consumer(config)
    consumer.assign([TopicPartition(real.input, 0, 0)])
    yield consumer
    consumer.close()


def send(real: TheReal, *keys: bytes, number: int = 0) -> None:
    producer = Producer(kafka_clients.producer(real.settings))
    for key in keys:
        producer.produce(real.input, key=key, value=b"value", partition=number)
    assert producer.flush(PATIENCE) == 0


def next_end(consumer: Consumer) -> int:
    """Where the next end that the consumer tells of lies."""
    while True:
        message = consumer.poll(PATIENCE)
        assert message is not None
        error = message.error()
        if error is not None:
            assert error.code() == KafkaError._PARTITION_EOF
            return message.offset()  # type: ignore[return-value]


# Ends --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends_well", [True, False])
def test_an_end_lies_behind_the_markers_of_transactions(
    real: TheReal, reader: Consumer, ends_well: bool
) -> None:
    """Also when all that moved it was aborted: else time would stand still on an idle partition."""
    assert next_end(reader) == 0
    made = real.transaction("one")
    made.begin()
    made.produce([Outgoing(real.input, 0, b"key", b"value")])
    made.offsets({1: 0}, real.group())
    (made.commit if ends_well else made.abort)()
    assert next_end(reader) == 2
    assert real.opener().ends([0]) == {0: 2}


def test_an_end_is_told_again_each_time_that_it_has_moved(real: TheReal, reader: Consumer) -> None:
    assert next_end(reader) == 0
    for number in range(1, 4):
        send(real, b"key")
        assert next_end(reader) == number


# Seeking and pausing -------------------------------------------------------------------------


def test_after_a_seek_nothing_comes_from_before_it(real: TheReal, reader: Consumer) -> None:
    """Also not what had been fetched and waited in the queue."""
    send(real, *(b"%d" % number for number in range(2_000)))
    assert reader.poll(PATIENCE).offset() == 0  # type: ignore[union-attr]
    here = TopicPartition(real.input, 0, 1_500)
    reader.pause([here])
    reader.seek(here)
    reader.resume([here])
    assert records(reader, 3) == [1_500, 1_501, 1_502]
    reader.seek(TopicPartition(real.input, 0, 7))
    assert records(reader, 2) == [7, 8]


def test_what_is_paused_gives_nothing(real: TheReal, reader: Consumer) -> None:
    send(real, *(b"%d" % number for number in range(100)))
    assert records(reader, 1) == [0]
    reader.pause([TopicPartition(real.input, 0)])
    assert [message for message in reader.consume(100, 1.0) if message.error() is None] == []
    reader.resume([TopicPartition(real.input, 0)])
    assert records(reader, 1) == [1]


def test_a_position_that_is_not_in_the_log_is_an_error_and_no_jump(real: TheReal, reader: Consumer) -> None:
    assert next_end(reader) == 0
    reader.seek(TopicPartition(real.input, 0, 1_000))
    message = reader.poll(PATIENCE)
    assert message is not None
    error = message.error()
    assert error is not None
    assert error.code() == KafkaError._AUTO_OFFSET_RESET


def records(consumer: Consumer, number: int) -> list[int]:
    found: list[int] = []
    while len(found) < number:
        message = consumer.poll(PATIENCE)
        assert message is not None
        if message.error() is None:
            found.append(message.offset())  # type: ignore[arg-type]
    return found


# The group -----------------------------------------------------------------------------------


def test_metadata_of_a_generation_is_kept_as_it_was(real: TheReal) -> None:
    """It is taken at an assignment, and must not turn into that of the next one by itself."""
    before = real.group()
    real.go_on()
    made = real.transaction("one")
    made.begin()
    producer: Any = made
    with pytest.raises(KafkaException) as refused:
        producer._producer.send_offsets_to_transaction([TopicPartition(real.input, 0, 1)], before, PATIENCE)
    error: KafkaError = refused.value.args[0]
    assert error.code() in (KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID)
    assert error.txn_requires_abort()
    assert not error.fatal()
    made.abort()


# Our poller on it ------------------------------------------------------------------------------


class Listener:
    """Keeps what the group gives and takes; reads each partition from ``position`` when it comes."""

    def __init__(self) -> None:
        self.poller: Poller
        self.events: list[str] = []
        self.failures: list[Exception] = []
        self.changed = threading.Condition()
        self.epoch = 0

    def assigned(self, partitions: list[int], _group: Any) -> None:
        self.epoch += 1
        for partition in partitions:
            self.poller.read_from(partition, self.epoch, 0)
        self._tell(f"assigned {partitions}")

    def revoked(self, partitions: list[int]) -> None:
        self._tell(f"revoked {partitions}")

    def lost(self, partitions: list[int]) -> None:
        self._tell(f"lost {partitions}")

    def failed(self, error: Exception) -> None:
        self.failures.append(error)
        self._tell("failed")

    def wake(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def _tell(self, event: str) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def wait(self, *events: str) -> None:
        with self.changed:
            told = self.changed.wait_for(lambda: self.events == list(events), PATIENCE)
            assert told, self.events


def member(real: TheReal, name: str) -> dict[str, Any]:
    """The configuration of a member of the pollers' group."""
    config = kafka_clients.consumer(real.settings, client_id="poller", instance_id=name)
    return config | {"group.id": f"{real.input}-pollers"}


@pytest.fixture
def make_poller(real: TheReal) -> Iterator[Callable[..., tuple[Poller, Listener]]]:
    """Pollers of a group of their own on the input."""
    pollers: list[Poller] = []

    def make(backlog: Callable[[], int] = lambda: 0, name: str | None = None) -> tuple[Poller, Listener]:
        listener = Listener()
        config = member(real, name or uuid.uuid4().hex)
        poller = Poller(
            config,
            real.input,
            listener,
            listener.wake,
            leaves=True,
            starts=real.opener().starts,
            backlog=backlog,
            max_backlog=10,
        )
        listener.poller = poller
        pollers.append(poller)
        poller.start()
        return poller, listener

    yield make
    for poller in pollers:
        poller.stop(PATIENCE)


def take(poller: Poller, records: int) -> list[Chunk]:
    """The chunks that the poller has read, once they hold so many records."""
    chunks: list[Chunk] = []
    deadline = time.monotonic() + PATIENCE
    while sum(len(chunk.records) for chunk in chunks) < records:
        assert time.monotonic() < deadline, chunks
        chunks += poller.take(lambda _partition: True)
        time.sleep(0.01)
    return chunks


def _poll_once(poller: Poller) -> None:
    """Wait until the poll that is under way has ended, and what was asked for after it is done."""
    polled = threading.Event()
    poller._commands.append(polled.set)
    assert polled.wait(PATIENCE)


def test_chunks_follow_each_other_and_bear_their_epoch(real: TheReal, make_poller: Any) -> None:
    poller, listener = make_poller()
    listener.wait("assigned [0, 1]")
    for number in range(5):
        send(real, b"%d" % number, b"again")
    chunks = [chunk for chunk in take(poller, 10) if chunk.partition == 0]
    assert [record.offset() for chunk in chunks for record in chunk.records] == list(range(10))
    assert [chunk.follows for chunk in chunks] == [0, *(chunk.position for chunk in chunks[:-1])]
    assert {chunk.epoch for chunk in chunks} == {1}


def take_one_back(real: TheReal) -> None:
    """Somebody's transaction with one record, aborted: the record, and the mark that says so."""
    made = real.transaction("somebody")
    made.begin()
    made.produce([Outgoing(real.input, 0, b"key", b"value")])
    made.abort()


def test_an_end_without_records_is_believed_once_it_is_told_again(real: TheReal, make_poller: Any) -> None:
    take_one_back(real)
    poller, listener = make_poller()
    listener.wait("assigned [0, 1]")
    ends: dict[int, int] = {}
    deadline = time.monotonic() + PATIENCE
    while 0 not in ends:
        assert time.monotonic() < deadline
        ends |= {chunk.partition: chunk.position for chunk in poller.take(lambda number: number == 0)}
    assert ends == {0: 2}, "the record that was taken back, and the mark that says so"
    send(real, b"a")
    assert [record.offset() for chunk in take(poller, 1) for record in chunk.records] == [2]


def test_an_end_that_lies_behind_records_and_marks_is_doubted_too(real: TheReal, make_poller: Any) -> None:
    send(real, b"a", b"b")
    take_one_back(real)
    poller, listener = make_poller()
    listener.wait("assigned [0, 1]")
    chunks: list[Any] = []
    deadline = time.monotonic() + PATIENCE
    while not chunks or chunks[-1].position < 4:
        assert time.monotonic() < deadline
        chunks += poller.take(lambda number: number == 0)
    assert [record.offset() for chunk in chunks for record in chunk.records] == [0, 1]
    assert [chunk.position for chunk in chunks if not chunk.records] == [4]
    assert poller._doubted == {0: 2}, "where it stood when the end was told for the first time"
    send(real, b"c")
    assert [record.offset() for chunk in take(poller, 1) for record in chunk.records] == [4]


def test_read_from_again_it_reads_again_under_the_new_epoch(real: TheReal, make_poller: Any) -> None:
    poller, listener = make_poller()
    listener.wait("assigned [0, 1]")
    send(real, b"a", b"b", b"c")
    take(poller, 3)
    poller.pause([0])
    poller.read_from(0, 7, 1)
    chunks = take(poller, 2)
    assert {chunk.epoch for chunk in chunks if chunk.records} == {7}
    assert [record.offset() for chunk in chunks for record in chunk.records] == [1, 2]


def test_it_reads_no_further_while_too_much_waits(real: TheReal, make_poller: Any) -> None:
    waiting = [0]
    poller, listener = make_poller(lambda: waiting[0])
    listener.wait("assigned [0, 1]")
    waiting[0] = 11
    _poll_once(poller)
    send(real, b"a", b"b")
    time.sleep(2 * FULL_SECONDS)
    assert not any(chunk.records for chunk in poller.take(lambda _partition: True))
    waiting[0] = 0
    chunks = take(poller, 2)
    assert [record.offset() for chunk in chunks for record in chunk.records] == [0, 1]


def test_a_rebalance_is_heard_though_too_much_waits(real: TheReal, make_poller: Any) -> None:
    """Else one worker that is held up would hold up its whole group."""
    waiting = [0]
    _, first = make_poller(lambda: waiting[0])
    first.wait("assigned [0, 1]")
    waiting[0] = 11
    _, second = make_poller()
    with first.changed:
        assert first.changed.wait_for(lambda: len(first.events) == 3, PATIENCE), first.events
    with second.changed:
        assert second.changed.wait_for(lambda: len(second.events) == 1, PATIENCE), second.events
    assert first.events[:2] == ["assigned [0, 1]", "revoked [0, 1]"]
    assert {first.events[2], second.events[0]} == {"assigned [0]", "assigned [1]"}


def test_it_leaves_and_comes_back(make_poller: Any) -> None:
    poller, listener = make_poller()
    listener.wait("assigned [0, 1]")
    poller.rejoin()
    listener.wait("assigned [0, 1]", "revoked [0, 1]", "assigned [0, 1]")


def test_what_is_asked_of_it_when_its_name_has_been_taken_does_not_keep_it_from_coming_back(
    real: TheReal, make_poller: Any
) -> None:
    """Past use, the consumer refuses each seek, and tells why only when it is polled."""
    poller, listener = make_poller(name="the-same")
    listener.wait("assigned [0, 1]")
    refused: list[int] = []

    def until_refused() -> None:
        deadline = time.monotonic() + PATIENCE
        while not refused and time.monotonic() < deadline:
            try:
                poller.consumer.seek(TopicPartition(real.input, 0, 0))
            except KafkaException as error:
                refused.append(error.args[0].code())
            time.sleep(0.01)

    poller._commands.append(until_refused)
    poller.read_from(0, 2, 0)
    other = Consumer(member(real, "the-same"))
    other.subscribe([real.input])
    deadline = time.monotonic() + PATIENCE
    while not refused and time.monotonic() < deadline:
        other.poll(0.05)
    assert refused == [KafkaError._STATE]
    listener.wait("assigned [0, 1]", "lost [0, 1]", "assigned [0, 1]")
    other.close()
    send(real, b"a")
    assert {chunk.epoch for chunk in take(poller, 1) if chunk.records} == {2}


def test_it_leaves_the_group_when_it_is_stopped(make_poller: Any) -> None:
    poller, listener = make_poller()
    listener.wait("assigned [0, 1]")
    poller.stop(PATIENCE)
    listener.wait("assigned [0, 1]", "revoked [0, 1]")
    assert not poller.is_alive()
    _, second = make_poller()
    second.wait(f"assigned {list(range(PARTITIONS))}")


def test_a_position_that_is_gone_ends_it_with_what_to_do(real: TheReal, make_poller: Any) -> None:
    poller, listener = make_poller()
    listener.wait("assigned [0, 1]")
    poller.pause([0])
    poller.read_from(0, 7, 1_000)
    listener.wait("assigned [0, 1]", "failed", "revoked [0, 1]")
    assert "retention" in str(listener.failures[0])
