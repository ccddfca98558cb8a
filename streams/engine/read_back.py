"""A partition of a changelog, read from its beginning by a command: nobody writes there meanwhile."""

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from streams.engine.recovered import Recovered, take_in

SILENT_SECONDS = 30.0
_STEP_SECONDS = 0.1
_RECORDS = 10_000


def read_back(reader: Consumer, topic: str, number: int, bounds: tuple[int, int]) -> Recovered:
    """What is committed between the ``bounds``, newest by key. Raises UnreadableChangelog, KafkaException.

    Nothing for 30 s, as where a transaction is left open for longer, is an error too.
    """
    recovered = Recovered(*bounds)
    reader.assign([TopicPartition(topic, number, OFFSET_BEGINNING)])
    silent = 0.0
    while not recovered.is_whole:
        messages = reader.consume(_RECORDS, _STEP_SECONDS)
        take_in(messages, {number: recovered})
        silent = 0.0 if messages else silent + _STEP_SECONDS
        if silent > SILENT_SECONDS:
            said = f"{topic} could not be read to its end"
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, said))
    return recovered
