"""Once a lead has been erased and the log been compacted, none of our topics holds its traits.

Not so the activities' topic, which is its senders': what is on it, and what of it became a dead letter, goes
with the retention of those topics (docs/contracts.md).
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from streams import kafka_clients, topics
from streams.cli import run
from streams.engine.chunk import Record
from streams.settings import Settings, load_settings
from tests.doubles.running import Running, environment, wait, working

FUNNEL = """
funnel: personal
stages: [visitor, known]
transitions:
  - {to: known, when: {all: [{has: email}, {trait: person.name, exists: true}]}}
signals:
  - {name: employed, in: [visitor, known], when: {trait: email, matches: "@"}}
"""
EMAIL, NAME = "ada.marked-4711@example.com", "Ada Marked-0815"
MARKS = (EMAIL.encode(), NAME.encode())
EARLY = {"segment.ms": "100", "min.cleanable.dirty.ratio": "0.0", "delete.retention.ms": "0"}


def activity(number: int, lead: str, kind: str, **more: Any) -> bytes:
    at = f"2026-01-01T00:00:{number:02}Z"
    return json.dumps({"id": f"a{number}", "lead_id": lead, "type": kind, "occurred_at": at} | more).encode()


def held(settings: Settings, topic: str) -> list[bytes]:
    """All that a topic holds, whether it was committed or not: keys, values, headers."""
    reader = Consumer(kafka_clients.reader(settings) | {"isolation.level": "read_uncommitted"})
    number = len(reader.list_topics(topic, 10).topics[topic].partitions)
    reader.assign([TopicPartition(topic, partition, 0) for partition in range(number)])
    found: list[bytes] = []
    while number:
        message = reader.poll(10)
        assert message is not None, f"{topic} can't be read to its end"
        error = message.error()
        if error is not None:
            assert error.code() == KafkaError._PARTITION_EOF, error
            number -= 1
            continue
        record = cast(Record, message)
        found += [record.key() or b"", record.value() or b""]
        found += [value or b"" for _, value in record.headers() or ()]
    reader.close()
    return found


def holding(settings: Settings, topic: str) -> list[bytes]:
    """What of it tells of the person."""
    return [one for one in held(settings, topic) if any(mark in one for mark in MARKS)]


def test_no_topic_of_ours_holds_the_traits_of_an_erased_lead(
    kafka: str, topic_name: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {
        name: topic_name(name.removesuffix("_topic"))
        for name in Settings.model_fields
        if name.endswith("_topic")
    }
    given |= {"bootstrap_servers": kafka, "group": topic_name("erasure"), "personal_traits": "email,person"}
    settings = load_settings(**given)
    (tmp_path / "funnel.yaml").write_text(FUNNEL)
    topics.create(settings, partitions=1)
    compact_early(settings)
    own = {"funnel": tmp_path / "funnel.yaml", "state_directory": tmp_path / "state"}
    producer = Producer(kafka_clients.producer(settings))

    def send(number: int, lead: str, kind: str, **more: Any) -> None:
        producer.produce(settings.activities_topic, activity(number, lead, kind, **more), lead)
        assert producer.flush(30) == 0

    with working(given | own) as worker:
        send(1, "lead-1", "identified", traits={"email": EMAIL, "person": {"name": NAME}, "plan": "pro"})
        wait(lambda: stage(worker, "lead-1") == "known", lambda: str(worker.get("/leads/lead-1").text))
        assert worker.get("/leads/lead-1").json()["traits"] == {
            "email": "withheld",
            "person": "withheld",
            "plan": "pro",
        }
        assert holding(settings, settings.changelog) != []
        send(2, "lead-1", "lead_erased")
        wait(lambda: worker.get("/leads/lead-1").status_code == 404, lambda: "it has not been erased")
        # What is written last is not compacted: others go on.
        numbers = iter(range(3, 60))

        def gone() -> bool:
            send(next(numbers), "lead-2", "page_viewed")
            return holding(settings, settings.changelog) == []

        wait_long(gone)
    for name, value in environment(given).items():
        monkeypatch.setenv(name, value)
    assert run(["verify"]) == 0
    for topic in (one.name(settings) for one in topics.CATALOGUE[1:]):
        assert holding(settings, topic) == [], topic
    # That the search finds what is there: the sender's own record has it.
    assert holding(settings, settings.activities_topic) != []
    assert len(held(settings, settings.stage_changes_topic)) > 0


def stage(worker: Running, lead: str) -> str | None:
    page = worker.get(f"/leads/{lead}")
    return page.json()["stage"] if page.status_code == 200 else None


def compact_early(settings: Settings) -> None:
    admin = KafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    try:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, settings.changelog, configs=EARLY)])
    finally:
        admin.close()


def wait_long(until: Callable[[], bool]) -> None:
    """The broker looks for what is to be compacted every 15 s."""
    for _ in range(50):
        if until():
            return
        time.sleep(2)
    raise AssertionError("the changelog has not been compacted")
