"""Topics are made as the catalogue has them, and each way of being wrong is found, with what mends it."""

import json
import shlex
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from streams import topics
from streams.admin import KafkaUnreachable
from streams.cli import run
from streams.settings import Settings, load_settings
from streams.topics import OVERHEAD, Finding

LARGE = 6_000_000


@pytest.fixture
def names(kafka: str, topic_name: Callable[[str], str]) -> dict[str, Any]:
    """Settings with topics of the test's own."""
    own = {name: topic_name(name) for name in Settings.model_fields if name.endswith("_topic")}
    return own | {"bootstrap_servers": kafka}


@pytest.fixture
def settings(names: dict[str, Any]) -> Settings:
    return load_settings(**names)


@pytest.fixture
def admin(kafka: str) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=kafka)
    yield client
    client.close()


def findings(settings: Settings, number: int) -> list[Finding]:
    """What is found, once it is so many: a change takes a moment to reach the broker that is asked."""
    deadline = time.monotonic() + 30
    while len(found := topics.check(settings)) != number and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def configure(admin: KafkaAdminClient, topic: str, key: str, value: str) -> None:
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs={key: value})])


def obey(admin: KafkaAdminClient, finding: Finding) -> None:
    """Does what the finding's kafka-configs command would."""
    words = shlex.split(finding.mend)
    topic = words[words.index("--entity-name") + 1]
    key, _, value = words[words.index("--add-config") + 1].partition("=")
    configure(admin, topic, key, value)


def test_what_create_makes_check_finds_in_order(settings: Settings, admin: KafkaAdminClient) -> None:
    made = topics.create(settings, partitions=3, replication=1, max_message_bytes=LARGE)
    assert made == [topic.name(settings) for topic in topics.CATALOGUE]
    assert topics.check(settings) == []
    partitions = {one["name"]: len(one["partitions"]) for one in admin.describe_topics(made)}
    assert sorted(partitions.values()) == [1, 1, 3, 3, 3, 3, 3]
    sizes = admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in made], config_filter="all"
    )["topic"]
    for name in (settings.dead_letters_topic, settings.changelog):
        assert int(sizes[name]["max.message.bytes"]["value"]) == LARGE + OVERHEAD


def test_create_leaves_alone_what_is_there(settings: Settings, admin: KafkaAdminClient) -> None:
    topics.create(settings, partitions=2)
    configure(admin, settings.changelog, "segment.ms", "1000")
    assert topics.create(settings, partitions=9) == []
    assert topics.check(settings) == []


def test_the_rest_is_made_to_fit_an_input_that_is_there(settings: Settings, admin: KafkaAdminClient) -> None:
    configs = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(LARGE)}
    admin.create_topics(
        {settings.activities_topic: {"num_partitions": 5, "configs": configs}}, wait_for_metadata=True
    )
    assert settings.activities_topic not in topics.create(settings)
    assert topics.check(settings) == []


def test_what_is_missing_is_found_and_made(settings: Settings, admin: KafkaAdminClient) -> None:
    topics.create(settings)
    admin.delete_topics([settings.control])
    assert findings(settings, 1) == [Finding(settings.control, "does not exist", "leadgate topics create")]
    assert topics.create(settings) == [settings.control]


WRONG = [
    ("activities_topic", "message.timestamp.type", "CreateTime", "must be LogAppendTime"),
    ("activities_topic", "cleanup.policy", "compact", "must be delete"),
    ("stage_changes_topic", "cleanup.policy", "compact", "must be delete"),
    ("changelog", "cleanup.policy", "delete", "must be compact"),
    ("changelog", "segment.ms", "604800000", "should be at most 600000"),
    ("changelog", "min.cleanable.dirty.ratio", "0.5", "should be at most 0.1"),
    ("changelog", "max.message.bytes", "1048588", "must be at least"),
    ("dead_letters_topic", "max.message.bytes", "1048588", "must be at least"),
    ("funnels_topic", "cleanup.policy", "compact,delete", "must be compact"),
]


@pytest.mark.parametrize(("which", "key", "value", "said"), WRONG)
def test_a_wrong_configuration_is_found_and_mended_by_what_the_finding_says(
    which: str, key: str, value: str, said: str, settings: Settings, admin: KafkaAdminClient
) -> None:
    topics.create(settings)
    topic = getattr(settings, which)
    configure(admin, topic, key, value)
    (finding,) = findings(settings, 1)
    assert finding.topic == topic
    assert key in finding.problem
    assert said in finding.problem
    obey(admin, finding)
    assert findings(settings, 0) == []


def test_a_changelog_that_does_not_lie_beside_its_input(settings: Settings, admin: KafkaAdminClient) -> None:
    topics.create(settings, partitions=2)
    admin.create_partitions({settings.activities_topic: 4})
    (finding,) = findings(settings, 1)
    assert finding.topic == settings.changelog
    assert f"has 2 partitions, but {settings.activities_topic} has 4" in finding.problem
    assert "LEADGATE_GROUP" in finding.mend


def test_what_must_have_one_partition(settings: Settings, admin: KafkaAdminClient) -> None:
    topics.create(settings)
    admin.create_partitions({settings.control: 2})
    (finding,) = findings(settings, 1)
    assert (finding.topic, "only in one" in finding.problem) == (settings.control, True)


def test_whose_time_is_taken_is_a_setting(names: dict[str, Any], admin: KafkaAdminClient) -> None:
    settings = load_settings(**names, timestamps="create")
    topics.create(settings)
    assert topics.check(settings) == []
    (finding,) = topics.check(load_settings(**names))
    assert "message.timestamp.type is CreateTime" in finding.problem


def test_a_topic_that_cannot_be_made_says_why(settings: Settings) -> None:
    with pytest.raises(topics.TopicRefused, match=settings.activities_topic):
        topics.create(settings, replication=32)


def test_a_broker_that_is_not_there_is_said_in_a_line() -> None:
    with pytest.raises(KafkaUnreachable, match=r"Kafka at 127\.0\.0\.1:1 cannot be used") as refused:
        topics.check(load_settings(bootstrap_servers="127.0.0.1:1"))
    assert len(str(refused.value).splitlines()) == 1


def test_the_commands(
    names: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in names.items():
        monkeypatch.setenv(f"LEADGATE_{name.upper()}", value)
    assert run(["topics", "check", "--format", "json"]) == 1
    assert len(json.loads(capsys.readouterr().out)) == len(topics.CATALOGUE)
    assert run(["topics", "create", "--partitions", "2", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(topics.CATALOGUE)
    assert run(["topics", "check"]) == 0
    assert "as they must be" in capsys.readouterr().out
    assert run(["topics", "create"]) == 0
    assert "All topics are there" in capsys.readouterr().out
