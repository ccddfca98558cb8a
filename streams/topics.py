"""The one catalogue of topics: which there are, and what each must be like.

`create` makes the ones that are missing and changes none that is there; `check`
says what is wrong with those that are, each with the command that mends it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError, TopicAuthorizationFailedError

from streams.admin import admin_client
from streams.errors import OutsideWorld
from streams.kafka_tools import kafka_tool
from streams.settings import Settings

PARTITIONS = 4
"""Of the activities' topic, when nobody says how many."""

OVERHEAD = 64 * 1024
"""Bytes that a dead letter or a changelog record may be larger than the activity that it comes from."""


class TopicRefused(OutsideWorld):
    """The brokers do not make a topic as it was asked for, or do not let us look at one; they say why."""


@dataclass(frozen=True)
class Topic:
    """What a topic must be like.

    `partitions`: as many as were asked for (the input), as many as the input
    has, or one. `must` are configurations that have to be so, `at_most` ones
    that may be lower, and `fits` says that whatever the input takes must fit
    with OVERHEAD around it.
    """

    setting: str
    partitions: Literal["asked", "input", "one"]
    must: Mapping[str, str]
    at_most: Mapping[str, str]
    fits: bool = False

    def name(self, settings: Settings) -> str:
        """The topic's name under these settings."""
        return str(getattr(settings, self.setting))


_KEPT = {"cleanup.policy": "delete"}
_COMPACTED = {"cleanup.policy": "compact"}

CATALOGUE: tuple[Topic, ...] = (
    Topic("activities_topic", "asked", _KEPT | {"message.timestamp.type": "LogAppendTime"}, {}),
    Topic("stage_changes_topic", "input", _KEPT, {}),
    Topic("signals_topic", "input", _KEPT, {}),
    Topic("dead_letters_topic", "input", _KEPT, {}, fits=True),
    # Compacted early: a recovery should read every lead, not every change.
    Topic(
        "changelog",
        "input",
        _COMPACTED,
        {"segment.ms": "600000", "segment.bytes": "67108864", "min.cleanable.dirty.ratio": "0.1"},
        fits=True,
    ),
    Topic("funnels_topic", "one", _COMPACTED, {}),
    Topic("control", "one", _COMPACTED, {}),
)
_INPUT = CATALOGUE[0]


@dataclass(frozen=True)
class Finding:
    """What is wrong with a topic, and how it is mended."""

    topic: str
    problem: str
    mend: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.problem}\n  {self.mend}"


@dataclass(frozen=True)
class _Found:
    """A topic as the brokers have it."""

    partitions: int
    config: Mapping[str, str]

    @property
    def largest(self) -> int:
        return int(self.config["max.message.bytes"])


def create(
    settings: Settings,
    *,
    partitions: int | None = None,
    replication: int | None = None,
    max_message_bytes: int | None = None,
) -> list[str]:
    """Makes the topics that are missing, and returns their names. Raises KafkaUnreachable.

    `partitions` and `max_message_bytes` are the input's, and matter only when it
    is made here; None of `replication`: what the brokers do by default.
    """
    made: list[str] = []
    with admin_client(settings) as admin:
        # The input first: what the others must be like follows from it.
        for group in (CATALOGUE[:1], CATALOGUE[1:]):
            found = _look(admin, settings)
            asked = {}
            for topic in group:
                if (name := topic.name(settings)) not in found:
                    asked[name] = _wish(topic, settings, found.get(_INPUT.name(settings)))
                    if topic is _INPUT:
                        asked[name]["num_partitions"] = partitions or PARTITIONS
                        asked[name]["configs"] |= _size(max_message_bytes)
                    if replication is not None:
                        asked[name]["replication_factor"] = replication
            made += _make(admin, asked)
    return made


def check(settings: Settings) -> list[Finding]:
    """What is wrong with the topics; nothing when a worker can run. Raises KafkaUnreachable."""
    with admin_client(settings) as admin:
        found = _look(admin, settings)
    source = found.get(_INPUT.name(settings))
    findings: list[Finding] = []
    for topic in CATALOGUE:
        name = topic.name(settings)
        if name in found:
            seen = _Seen(topic, name, found[name], source, settings)
            for look in _CHECKS:
                findings += look(seen)
        else:
            findings.append(Finding(name, "does not exist", "leadgate topics create"))
    return findings


def _wish(topic: Topic, settings: Settings, source: _Found | None) -> dict[str, Any]:
    """What Kafka is asked for when a topic is made; `source` is the input, when it is there."""
    configs = _must(topic, settings) | dict(topic.at_most)
    if topic.fits and source is not None:
        configs |= _size(source.largest + OVERHEAD)
    partitions = source.partitions if source is not None and topic.partitions == "input" else 1
    return {"num_partitions": partitions, "configs": configs}


def _size(largest: int | None) -> dict[str, str]:
    return {} if largest is None else {"max.message.bytes": str(largest)}


def _must(topic: Topic, settings: Settings) -> dict[str, str]:
    by_producer = settings.timestamps == "create"
    return {
        key: value
        for key, value in topic.must.items()
        if not (by_producer and key == "message.timestamp.type")
    }


# --- the checks: each looks at one thing ---------------------------------------


class _Seen(NamedTuple):
    """A topic that is there: what it must be like, and what it is; `source` is the input."""

    topic: Topic
    name: str
    found: _Found
    source: _Found | None
    settings: Settings


def _partitions(seen: _Seen) -> Iterator[Finding]:
    topic, name, found, source, settings = seen
    if topic.partitions == "one" and found.partitions != 1:
        yield Finding(
            name,
            f"has {found.partitions} partitions, and its order holds only in one",
            f"stop the workers; {kafka_tool('topics', settings)} --delete --topic {name}; "
            "leadgate topics create",
        )
    if topic.setting == "changelog" and source is not None and found.partitions != source.partitions:
        yield Finding(
            name,
            f"has {found.partitions} partitions, but {_INPUT.name(settings)} has {source.partitions}: "
            "each partition's leads are kept in the partition of the same number",
            "set LEADGATE_GROUP to a new name and run leadgate topics create: "
            "the leads are then built anew from the activities",
        )


def _configured(seen: _Seen) -> Iterator[Finding]:
    for key, wanted in _must(seen.topic, seen.settings).items():
        if seen.found.config[key] != wanted:
            problem = f"{key} is {seen.found.config[key]}, and must be {wanted}"
            yield Finding(seen.name, problem, _alter(seen, key, wanted))
    for key, bound in seen.topic.at_most.items():
        if float(seen.found.config[key]) > float(bound):
            problem = f"{key} is {seen.found.config[key]}, and should be at most {bound}"
            yield Finding(seen.name, problem, _alter(seen, key, bound))


def _large_enough(seen: _Seen) -> Iterator[Finding]:
    topic, name, found, source, settings = seen
    if topic.fits and source is not None and found.largest < (needed := source.largest + OVERHEAD):
        yield Finding(
            name,
            f"max.message.bytes is {found.largest}, and must be at least {needed}: "
            f"{_INPUT.name(settings)} takes {source.largest}",
            _alter(seen, "max.message.bytes", str(needed)),
        )


_CHECKS = (_partitions, _configured, _large_enough)


def _alter(seen: _Seen, key: str, value: str) -> str:
    return (
        f"{kafka_tool('configs', seen.settings)} --alter --entity-type topics --entity-name {seen.name} "
        f"--add-config {key}={value}"
    )


# --- the brokers ----------------------------------------------------------------


def _make(admin: KafkaAdminClient, asked: dict[str, dict[str, Any]]) -> list[str]:
    if not asked:
        return []
    # That another makes the same topic at this moment is as good as having made it.
    already = TopicAlreadyExistsError.errno
    answer = admin.create_topics(asked, raise_errors=False)
    for topic in answer["topics"]:
        if topic["error_code"] not in (0, already):
            raise TopicRefused(f"Kafka does not make the topic {topic['name']}: {topic['error_message']}")
    admin.wait_for_topics(list(asked))
    return [topic["name"] for topic in answer["topics"] if topic["error_code"] == 0]


def _look(admin: KafkaAdminClient, settings: Settings) -> dict[str, _Found]:
    """The catalogue's topics that exist, by name."""
    names = [topic.name(settings) for topic in CATALOGUE]
    answer = admin.describe_topics(names)
    hidden = TopicAuthorizationFailedError.errno
    _may("Describe", [one["name"] for one in answer if one["error_code"] == hidden])
    described = {one["name"]: len(one["partitions"]) for one in answer if one["error_code"] == 0}
    if not described:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in described]
    configs = admin.describe_configs(resources, config_filter="all")["topic"]
    # What may not be looked at comes without a single one; and so does what has been deleted meanwhile.
    bare = [name for name in described if not configs[name]]
    if bare:
        _may(
            "DescribeConfigs", [one["name"] for one in admin.describe_topics(bare) if one["error_code"] == 0]
        )
    return {
        name: _Found(partitions, {key: entry["value"] for key, entry in configs[name].items()})
        for name, partitions in described.items()
        if configs[name]
    }


def _may(operation: str, refused: list[str]) -> None:
    if refused:
        raise TopicRefused(
            f"Kafka does not allow {operation} on {', '.join(refused)}: `leadgate topics acls` says which "
            "rights each role needs, and how they are given"
        )
