"""`leadgate backtest --topic` and `leadgate diff --topic`: a topic is read as history, and left as it was."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams import kafka_clients
from streams.cli import run
from streams.settings import Settings, load_settings
from tests.unit.test_backtest import FUNNEL, LINES, line

PARTITIONS = 3
MERGE = line("a", 4, "lead_merged", properties={"into": "d"})


@dataclass
class Topic:
    """A topic of activities, and the settings of the broker that has it."""

    name: str
    settings: Settings

    def send(self, text: str, **headers: str) -> None:
        """Each line, to its lead's home; one after the other, as moments of records order what is merged."""
        producer = Producer(kafka_clients.producer(self.settings))
        marks: list[tuple[str, str | bytes | None]] = [
            (name.replace("_", "-"), value) for name, value in headers.items()
        ]
        for value in text.splitlines():
            lead_id = json.loads(value)["lead_id"]
            producer.produce(self.name, value=value.encode(), key=lead_id.encode(), headers=marks)
            assert producer.flush(30) == 0
            time.sleep(0.002)

    def produce(self, value: bytes | None, partition: int = 0) -> None:
        producer = Producer(kafka_clients.producer(self.settings))
        producer.produce(self.name, value=value, key=b"k", partition=partition)
        assert producer.flush(30) == 0

    def ends(self) -> list[tuple[int, int]]:
        """Where each partition begins and ends."""
        consumer = Consumer(kafka_clients.reader(self.settings))
        ends = [
            consumer.get_watermark_offsets(TopicPartition(self.name, number), 10.0)
            for number in range(PARTITIONS)
        ]
        consumer.close()
        return ends


@pytest.fixture
def topic(
    kafka: str, topic_name: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Topic:
    name = topic_name("history")
    monkeypatch.setenv("LEADGATE_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("LEADGATE_GROUP", name)
    monkeypatch.chdir(tmp_path)
    Path("funnel.yaml").write_text(json.dumps(FUNNEL))
    settings = load_settings()
    config = {"message.timestamp.type": "LogAppendTime"}
    admin = AdminClient(kafka_clients.admin(settings))
    admin.create_topics([NewTopic(name, PARTITIONS, 1, config=config)])[name].result(30)
    return Topic(name, settings)


def figures(*arguments: str, capfd: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    assert run(["backtest", "funnel.yaml", *arguments, "--format", "json"]) == code
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    found["history"].pop("name")
    return found


def test_a_topic_says_what_the_same_lines_in_a_file_say(
    topic: Topic, capfd: pytest.CaptureFixture[str]
) -> None:
    text = LINES + MERGE + line("a", 5, "seen") + line("b", 7, "lead_erased")
    Path("history.jsonl").write_text(text)
    topic.send(text)
    before = topic.ends()
    by_file = figures("history.jsonl", capfd=capfd)
    assert figures("--topic", topic.name, capfd=capfd) == by_file
    assert by_file["history"]["leads"] == 2

    assert topic.ends() == before
    admin = AdminClient(kafka_clients.admin(topic.settings))
    groups = admin.list_consumer_groups().result(30)
    assert not [group for group in groups.valid if topic.name in group.group_id]


def test_what_workers_have_put_there_themselves_is_passed_over(
    topic: Topic, capfd: pytest.CaptureFixture[str]
) -> None:
    topic.send(LINES)
    expected = figures("--topic", topic.name, capfd=capfd)
    again = line("z", 9, "deal_won")
    topic.send(again, leadgate_rekeyed="x")
    topic.send(again, leadgate_forwarded="group:00")
    topic.send(again, leadgate_internal="group:00")
    assert figures("--topic", topic.name, capfd=capfd) == expected


def test_only_what_is_committed_is_read(topic: Topic, capfd: pytest.CaptureFixture[str]) -> None:
    topic.send(LINES)
    expected = figures("--topic", topic.name, capfd=capfd)
    writer = Producer(kafka_clients.transactional_producer(topic.settings, transactional_id=topic.name))
    writer.init_transactions(30)
    writer.begin_transaction()
    writer.produce(topic.name, value=line("z", 9, "seen").encode(), key=b"z")
    writer.flush(30)
    writer.abort_transaction(30)
    assert figures("--topic", topic.name, capfd=capfd) == expected


def test_records_that_are_no_activities_are_said_with_their_place(
    topic: Topic, capfd: pytest.CaptureFixture[str]
) -> None:
    topic.produce(b"nonsense", 1)
    topic.produce(None, 1)
    topic.produce(b"", 2)
    late = json.dumps(json.loads(line("a", 1, "seen")) | {"occurred_at": "2999-01-01T00:00:00Z"})
    topic.produce(late.encode(), 2)
    topic.produce(json.dumps(json.loads(line("a", 1, "seen")), indent=2).encode(), 0)
    assert run(["backtest", "funnel.yaml", "--topic", topic.name]) == 1
    said = capfd.readouterr()
    assert sorted(text.split(":")[:2] for text in said.err.splitlines()) == [
        ["partition 1, offset 0", " not_json"],
        ["partition 1, offset 1", " wrong_type"],
        ["partition 2, offset 0", " wrong_type"],
        ["partition 2, offset 1", " future"],
    ]
    assert "1 lead, 1 activity, from 2026-01-01T00:00:00.000Z" in said.out


def test_diff_reads_a_topic_too(topic: Topic, capfd: pytest.CaptureFixture[str]) -> None:
    topic.send(LINES)
    rules = [rule for rule in FUNNEL["transitions"] if rule.get("name") != "slow"]
    Path("new.yaml").write_text(json.dumps(FUNNEL | {"transitions": rules}))
    assert run(["diff", "funnel.yaml", "new.yaml", "--topic", topic.name, "--format", "json"]) == 1
    leads = json.loads(capfd.readouterr().out)["leads"]
    assert [(one["lead_id"], one["old_stage"], one["new_stage"]) for one in leads["parted"]] == [
        ("c", "recycled", "mql")
    ]


def test_a_topic_that_is_not_there_is_told_so_and_not_made(
    topic: Topic, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert run(["backtest", "funnel.yaml", "--topic", topic.name + "x"]) == 3
        said = capfd.readouterr().err
        assert said.startswith(f"leadgate: there is no topic {topic.name}x at ")
        assert said.endswith(f": did you mean {topic.name}?\n")


def test_an_empty_topic_is_no_history(topic: Topic, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["backtest", "funnel.yaml", "--topic", topic.name]) == 2
    assert "there is no activity in it" in capfd.readouterr().err


def test_a_broker_that_is_not_there_is_told_so(
    topic: Topic, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEADGATE_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    assert run(["backtest", "funnel.yaml", "--topic", topic.name]) == 3
    assert "is it running? is LEADGATE_BOOTSTRAP_SERVERS right?" in capfd.readouterr().err
