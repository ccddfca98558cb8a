"""`leadgate simulate --topic`: every activity arrives, at its lead's home, in order."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from itertools import groupby

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from schemas.moments import DAY, parse_moment
from streams.cli import run
from streams.engine.homes import home
from streams.simulation import population, records

PARTITIONS = 3
START = "2026-01-05T00:00:00Z"


@pytest.fixture
def topic(kafka: str, topic_name: Callable[[str], str]) -> str:
    name = topic_name("simulated")
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    admin.close()
    return name


def test_every_activity_arrives_once_and_in_its_leads_order(
    kafka: str, topic: str, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--leads", "150", "--days", "30", "--start", START, "--seed", "5"]
    assert run(["simulate", *arguments, "--topic", topic, "--bootstrap-servers", kafka]) == 0

    start = parse_moment(START)
    expected = list(records(population(150, start, start + 30 * DAY, seed=5)))
    assert capfd.readouterr().err.startswith(f"{len(expected):,} activities sent to {topic} in ")
    consumer = KafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", consumer_timeout_ms=2_000)
    consumer.assign([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
    arrived: dict[str, list[bytes]] = defaultdict(list)
    for message in consumer:
        lead_id = message.key.decode()
        assert message.partition == home(message.key, PARTITIONS)
        arrived[lead_id].append(message.value)
    consumer.close()
    in_order = sorted(expected, key=lambda record: record[0])
    assert arrived == {
        lead_id: [value for _, value in group] for lead_id, group in groupby(in_order, key=lambda one: one[0])
    }


def test_ctrl_c_ends_a_live_stream_and_says_what_was_sent(kafka: str, topic: str) -> None:
    command = [sys.executable, "-m", "streams", "simulate", "--live", "--rate", "100"]
    live = subprocess.Popen(
        [*command, "--topic", topic, "--bootstrap-servers", kafka], stderr=subprocess.PIPE, text=True
    )
    consumer = KafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    next(consumer)
    consumer.close()
    live.send_signal(2)
    _, said = live.communicate(timeout=60)
    assert live.returncode == 0
    assert f"activities sent to {topic} in " in said


def test_a_topic_that_is_not_there_is_told_so(
    kafka: str, topic_name: Callable[[str], str], capfd: pytest.CaptureFixture[str]
) -> None:
    missing = topic_name("missing")
    for _ in range(2):  # nor does asking make it
        assert run(["simulate", "--topic", missing, "--bootstrap-servers", kafka]) == 3
        said = f"leadgate: there is no topic {missing}: `leadgate topics create` makes the topics\n"
        assert capfd.readouterr().err == said
