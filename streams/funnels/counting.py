"""How many leads of a group are in which stage, by its changelog: asked before a stage goes."""

from collections import Counter

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from schemas.lead_state import due_and_stage, marked
from streams import kafka_clients
from streams.engine.log_bounds import log_bounds
from streams.engine.recovered import Recovered, take_in
from streams.settings import Settings

REQUEST_SECONDS = 10.0
SILENT_SECONDS = 30.0
_STEP_SECONDS = 0.1
_RECORDS = 10_000


def leads_by_stage(settings: Settings) -> Counter[str]:
    """Committed leads by stage, as of now. Raises KafkaException."""
    reader = Consumer(kafka_clients.reader(settings))
    stages: Counter[str] = Counter()
    try:
        topics = reader.list_topics(settings.changelog, REQUEST_SECONDS).topics
        for number in topics[settings.changelog].partitions:
            stages += _of_partition(reader, TopicPartition(settings.changelog, number, OFFSET_BEGINNING))
    finally:
        reader.close()
    return stages


def _of_partition(reader: Consumer, partition: TopicPartition) -> Counter[str]:
    recovered = Recovered(*log_bounds(reader, partition.topic, partition.partition, REQUEST_SECONDS))
    reader.assign([partition])
    silent = 0.0
    while not recovered.is_whole:
        messages = reader.consume(_RECORDS, _STEP_SECONDS)
        take_in(messages, {partition.partition: recovered})
        silent = 0.0 if messages else silent + _STEP_SECONDS
        if silent > SILENT_SECONDS:
            said = f"{partition.topic} could not be read to its end"
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, said))
    states = recovered.states.values()
    return Counter(due_and_stage(state)[1] for state in states if marked(state) is None)
