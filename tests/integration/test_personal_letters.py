"""A dead letter is shown without personal traits; to mend it, its value is had as it came."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas.dead_letter import Unreadable
from streams import kafka_clients, topics
from streams.cli import run
from streams.engine.envelopes import dead_letter_headers
from streams.settings import Settings, load_settings
from tests.doubles.kafka import FakeRecord
from tests.doubles.running import environment

EMAIL = "ada@example.com"
VALUE = json.dumps({"id": "a1", "lead_id": "ada", "traits": {"email": EMAIL, "plan": "pro"}})


@pytest.fixture
def letter(kafka: str, topic_name: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The place of one, among dead letters of the test's own; the environment has their settings."""
    given: dict[str, Any] = {
        name: topic_name(name.removesuffix("_topic"))
        for name in Settings.model_fields
        if name.endswith("_topic")
    }
    given["bootstrap_servers"] = kafka
    settings = load_settings(**given)
    topics.create(settings, partitions=1)
    for name, value in environment(given).items():
        monkeypatch.setenv(name, value)
    record = FakeRecord((settings.activities_topic, 0, 7), 0, b"ada", VALUE.encode())
    headers: Any = dead_letter_headers(record, Unreadable("missing_member", "missing `type`"))
    producer = Producer(kafka_clients.producer(settings))
    producer.produce(settings.dead_letters_topic, VALUE, "ada", headers=headers)
    assert producer.flush(30) == 0
    return "0-0"


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_letter_is_shown_without_what_is_personal(
    output: str, letter: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def said(*arguments: str) -> str:
        assert run(["dead-letters", *arguments]) == 0
        return capfd.readouterr().out

    show = ("show", letter, "--format", output)
    assert EMAIL in said(*show)
    monkeypatch.setenv("LEADGATE_PERSONAL_TRAITS", "email,phone")
    assert all(part in said(*show) for part in ("withheld", "pro", "missing `type`"))
    assert EMAIL not in said(*show)
    assert EMAIL not in said("list", "--format", output)
    assert said("show", letter, "--value") == VALUE
