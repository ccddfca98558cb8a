"""Where logs begin and end, asked of brokers that do not answer."""

import pytest
from confluent_kafka import Consumer, KafkaException

from streams.engine.log_bounds import log_bounds, log_ends, log_starts
from streams.ports import HOST, free_ports
from tests.unfreed import unfreed_errors


def test_what_nobody_answers_leaves_nothing_behind() -> None:
    """Whoever asks has the tables of partitions in its frames."""
    asking = Consumer({"bootstrap.servers": f"{HOST}:{free_ports(1)[0]}", "group.id": "nobody"})
    before = unfreed_errors()
    for ask in (log_ends, log_starts):
        with pytest.raises(KafkaException) as refused:
            ask(asking, "activities", [0], 0.3)
        assert refused.value.args[0].name() == "_ALL_BROKERS_DOWN"
    with pytest.raises(KafkaException) as refused:
        log_bounds(asking, "activities", 0, 0.3)
    asking.close()
    del refused
    assert unfreed_errors() == before
