"""The topic of the dead letters, read as far as it goes by now, with what the marks say of each.

A mark lies behind its letter. So of each partition the marks are read first, then the letters: only
the marks are kept in memory, however much the letters hold.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from confluent_kafka import Consumer, KafkaException

from streams import kafka_clients
from streams.dead_letters.letter import Letter, read_letter
from streams.dead_letters.marks import Mark, read_mark
from streams.dead_letters.places import Place, Span
from streams.engine.chunk import Record
from streams.engine.committed import committed
from streams.engine.log_bounds import log_bounds
from streams.errors import OutsideWorld
from streams.settings import Settings

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
        # Each reader is given a partition once, as `committed` wants it.
        with closing(Consumer(self._config)) as of_marks, closing(Consumer(self._config)) as of_letters:
            for number in range(self.partitions_of(self._topic)):
                here = [span for span in spans or [Span(number)] if span.partition == number]
                if not here:
                    continue
                low, end = log_bounds(self._ends, self._topic, number, REQUEST_SECONDS)
                first = max(low, min(span.first for span in here))
                last = max(span.last for span in here)
                marks = _by_letter(committed(of_marks, self._topic, number, first, end))
                for record in committed(of_letters, self._topic, number, first, min(last + 1, end)):
                    place = Place(number, record.offset())
                    letter = read_letter(record) if any(span.holds(place) for span in here) else None
                    if letter is not None:
                        yield letter, marks.get(place.offset)


def _by_letter(records: Iterator[Record]) -> dict[int, Mark]:
    """The marks among these records, by the offset of the letter; where one has several, the last counts."""
    marks = map(read_mark, records)
    return {mark.offset: mark for mark in marks if mark is not None}


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
