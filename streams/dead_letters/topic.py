"""The topic of the dead letters, read as far as it goes by now, with what the marks say of each.

A mark lies behind its letter. So of each partition the marks are read first, then the letters: only
the marks are kept in memory, however much the letters hold.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams import kafka_clients
from streams.dead_letters.letter import Letter, read_letter
from streams.dead_letters.marks import Mark, read_mark
from streams.dead_letters.places import Place, Span
from streams.engine.broker_errors import passes
from streams.engine.chunk import Record
from streams.engine.log_bounds import log_bounds
from streams.errors import OutsideWorld
from streams.settings import Settings

ANSWER_SECONDS = 30.0
REQUEST_SECONDS = 10.0


class DeadLetters:
    """Reads what is committed; where a log ends, another client is asked."""

    def __init__(self, settings: Settings) -> None:
        self._topic = settings.dead_letters_topic
        self._config = kafka_clients.reader(settings)
        # What is committed behind a transaction that is still open lies behind the committed end.
        self._ends = Consumer({**self._config, "isolation.level": "read_uncommitted"})

    def close(self) -> None:
        """Let the client go that was asked."""
        self._ends.close()

    def partitions_of(self, topic: str) -> int:
        """How many partitions a topic has. Raises KafkaException, also where there is no such topic."""
        found = self._ends.list_topics(topic, REQUEST_SECONDS).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        return len(found.partitions)

    def look(self, spans: Sequence[Span] = ()) -> Iterator[tuple[Letter, Mark | None]]:
        """The letters in these spans, all where none is given, each with its mark, by partition and offset.

        Of a partition all is seen that had been appended when its turn came. Raises KafkaException.
        """
        # Each reader is given a partition once: an end or a record that is still on its way from an
        # assignment before is then of another partition, and is told by that.
        with closing(Consumer(self._config)) as of_marks, closing(Consumer(self._config)) as of_letters:
            for number in range(self.partitions_of(self._topic)):
                here = [span for span in spans or [Span(number)] if span.partition == number]
                if not here:
                    continue
                low, end = log_bounds(self._ends, self._topic, number, REQUEST_SECONDS)
                first = max(low, min(span.first for span in here))
                last = max(span.last for span in here)
                marks = _by_letter(self._read(of_marks, number, first, end))
                for record in self._read(of_letters, number, first, min(last + 1, end)):
                    place = Place(number, record.offset())
                    letter = read_letter(record) if any(span.holds(place) for span in here) else None
                    if letter is not None:
                        yield letter, marks.get(place.offset)

    def _read(self, reader: Consumer, number: int, position: int, end: int) -> Iterator[Record]:
        """What is committed of a partition from ``position`` on and before ``end``."""
        if position < end:
            reader.assign([TopicPartition(self._topic, number, position)])
        heard = time.monotonic()
        while position < end:
            message = reader.poll(1.0)
            went_on = _goes_on_to(message, number, position)
            if went_on > position:
                position, heard = went_on, time.monotonic()
                if message is not None and message.error() is None and position <= end:
                    yield cast(Record, message)
                    heard = time.monotonic()
            elif time.monotonic() - heard > ANSWER_SECONDS:
                said = f"partition {number} could not be read to its end: a transaction on it is open"
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, said))


def _by_letter(records: Iterator[Record]) -> dict[int, Mark]:
    """The marks among these records, by the offset of the letter; where one has several, the last counts."""
    marks = map(read_mark, records)
    return {mark.offset: mark for mark in marks if mark is not None}


def _goes_on_to(message: Message | None, number: int, position: int) -> int:
    """Where the reading of a partition stands after a message, or what came in place of one."""
    if message is None:
        return position
    error, offset = message.error(), message.offset()
    if error is None or error.code() == KafkaError._PARTITION_EOF:
        if message.partition() != number or offset is None:
            return position
        return offset + 1 if error is None else offset
    # Without a place to start from at will: what was to be read has been deleted, being too old.
    if error.code() == KafkaError._AUTO_OFFSET_RESET or not passes(error):
        raise KafkaException(error)
    return position


@contextmanager
def dead_letters(settings: Settings) -> Iterator[DeadLetters]:
    """The topic, for as long as a command needs it. Raises OutsideWorld, whenever it can't be read."""
    letters = DeadLetters(settings)
    try:
        yield letters
    except KafkaException as error:
        raise OutsideWorld(
            f"the dead letters ({settings.dead_letters_topic}) can't be reached at "
            f"{settings.bootstrap_servers}: {error.args[0].str()} (is it running? "
            "is the topic there? `leadgate topics check` says so)"
        ) from None
    finally:
        letters.close()
