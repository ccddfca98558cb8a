"""The logs that a group lives by, changed behind its back: it goes on right, or refuses and says the way on.

Each is done to a group that has been stopped after some of its input, with more to come.
"""

import re
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from schemas.lead_state import FORMAT_VERSION
from streams import kafka_clients
from streams.engine.changelog import META_KEY, META_VERSION, lead_key
from streams.engine.homes import home
from tests.doubles.deleting import delete_before
from tests.faults import oracle
from tests.faults.keeping import (
    alone,
    differences,
    end,
    lose_offsets,
    lose_topics,
    restore,
    snapshot,
    unmerged,
)
from tests.faults.load import history
from tests.faults.nightly import nightly, often
from tests.faults.waiting import release
from tests.faults.workers import PARTITIONS, Group, GroupMaker

COMPACTED_SECONDS = 60.0
"""The broker's cleaner looks every 15 s."""


@pytest.fixture
def stopped(group: GroupMaker) -> Group:
    """A group that has worked, and has more to do."""
    workers = group("history", hold_clock="true", max_pass_records="200")
    workers.send(unmerged(history(seed=81, activities=3_000, leads=150)))
    first = workers.start()
    workers.settle()
    end(workers, first)
    workers.send(unmerged(history(seed=82, activities=1_500, leads=150)))
    return workers


@nightly
def test_a_changelog_of_which_only_the_newest_is_left(stopped: Group) -> None:
    """As a broker leaves it in the end; what is appended after the change closes what lay there."""
    changelog = stopped.settings.changelog
    eager = {"segment.ms": "100", "min.cleanable.dirty.ratio": "0.001", "delete.retention.ms": "0"}
    stopped.configure(changelog, eager)
    second = stopped.start()
    stopped.settle()
    end(stopped, second)
    for number in range(PARTITIONS):
        put(stopped, number, b"Xclosing", None)

    def compacted() -> bool:
        keys = [(record.partition, record.key) for record in oracle.read_all(stopped.bootstrap, changelog)]
        return len(keys) - len(set(keys)) < len(keys) / 10

    stopped.wait(compacted, "it was not compacted", COMPACTED_SECONDS)
    stopped.send(unmerged(history(seed=83, activities=1_500, leads=150)))
    stopped.start()
    to_the_end(stopped)


@nightly
def test_a_changelog_whose_beginning_was_deleted(stopped: Group, tmp_path: Path) -> None:
    """Not by compaction, which leaves the newest of each key: with it leads have gone."""
    file = snapshot(stopped, tmp_path)
    admin, changelog = AdminClient(kafka_clients.admin(stopped.settings)), stopped.settings.changelog
    stopped.configure(changelog, {"cleanup.policy": "delete"})
    delete_before(admin, [TopicPartition(changelog, 1, 50)])
    stopped.configure(changelog, {"cleanup.policy": "compact"})
    told = refused(stopped)
    assert f"{changelog} does not begin at its beginning any more (partition 1 at offset 50)" in told
    assert told.index("leadgate topics create") < told.index("leadgate restore FILE")
    lose_topics(stopped, changelog)
    restore(stopped, file)
    stopped.start()
    to_the_end(stopped)


@nightly
def test_a_changelog_in_which_somebody_else_has_written(stopped: Group, tmp_path: Path) -> None:
    put(stopped, 2, b"not ours", b"at all")
    told = refused(stopped)
    assert f"partition 2 of {stopped.settings.changelog} holds 1 records that this leadgate has not" in told
    assert told.index("leadgate snapshot FILE") < told.index("leadgate restore FILE --replace")
    restore(stopped, snapshot(stopped, tmp_path), "--replace")
    stopped.start()
    to_the_end(stopped)


OF_A_NEWER_LEADGATE = b"\x9f" + bytes([FORMAT_VERSION + 1]), f"format version {FORMAT_VERSION + 1}"


@pytest.mark.parametrize(
    ("state", "why"),
    often([OF_A_NEWER_LEADGATE, (b"hello", "format version"), (b"", "it is empty")], OF_A_NEWER_LEADGATE),
)
def test_a_state_that_cannot_be_read(stopped: Group, tmp_path: Path, state: bytes, why: str) -> None:
    file = snapshot(stopped, tmp_path)
    lead = min(oracle.final_states(stopped.bootstrap, stopped.settings.changelog))
    put(stopped, home(lead.encode(), PARTITIONS), lead_key(lead.encode()), state)
    told = refused(stopped)
    assert f"the state of the lead '{lead}' can't be read" in told
    assert why in told
    assert "If a newer leadgate has written it, run that one" in told
    assert "leadgate restore FILE --replace" in told
    restore(stopped, file, "--replace")
    stopped.start()
    to_the_end(stopped)


@nightly
def test_a_meta_record_that_cannot_be_read(stopped: Group, tmp_path: Path) -> None:
    file, damaged = snapshot(stopped, tmp_path), bytes([META_VERSION]) + b"hello"
    put(stopped, 2, META_KEY, damaged)
    told = refused(stopped)
    assert f"partition 2 of {stopped.settings.changelog}: a meta record that can't be read" in told
    assert "leadgate restore FILE --replace" in told
    restore(stopped, file, "--replace")
    stopped.start()
    to_the_end(stopped, damaged)


@nightly
def test_a_changelog_that_is_empty_and_a_snapshot_put_back(stopped: Group, tmp_path: Path) -> None:
    file = snapshot(stopped, tmp_path)
    lose_topics(stopped, stopped.settings.changelog)
    assert "leadgate restore FILE" in refused(stopped)
    restore(stopped, file)
    stopped.start()
    to_the_end(stopped)


def test_a_changelog_that_is_empty_and_all_said_again(stopped: Group) -> None:
    """Without a snapshot: with the offsets set back as the message says, what comes again has the same id."""
    before = said(stopped)
    lose_topics(stopped, stopped.settings.changelog)
    told = refused(stopped)
    assert "is said again, under the same ids" in told
    assert told.count("--reset-offsets --to-earliest --execute") == PARTITIONS
    set_offsets(stopped, dict.fromkeys(range(PARTITIONS), 0))
    stopped.start()
    release(stopped)
    stopped.stop()
    times = Counter(said(stopped))
    assert {one for one, number in times.items() if number == 2} == set(before)
    assert set(times.values()) == {1, 2}


def test_offsets_that_are_gone(stopped: Group) -> None:
    lose_offsets(stopped)
    told = refused(stopped)
    commands = re.findall(
        rf"--topic {stopped.settings.activities_topic}:(\d) --reset-offsets --to-offset (\d+)", told
    )
    assert len(commands) == PARTITIONS
    set_offsets(stopped, {int(number): int(offset) for number, offset in commands})
    stopped.start()
    to_the_end(stopped)


@nightly
def test_an_input_topic_that_was_made_anew(stopped: Group, tmp_path: Path) -> None:
    """The group goes on in it with all its leads: what an offset means there, a person says."""
    before = oracle.read_all(stopped.bootstrap, stopped.settings.activities_topic)
    worked = stopped.start()
    stopped.settle()
    end(stopped, worked)
    lose_topics(stopped, stopped.settings.activities_topic)
    stopped.send(unmerged(history(seed=84, activities=1_500, leads=150)))
    told = refused(stopped)
    assert "it has been created anew" in told
    assert told.index("leadgate snapshot FILE") < told.index(
        "leadgate restore FILE --replace --offsets OFFSETS"
    )
    offsets = tmp_path / "offsets.yaml"
    offsets.write_text("".join(f"{number}: 0\n" for number in range(PARTITIONS)))
    restore(stopped, snapshot(stopped, tmp_path), "--replace", "--offsets", str(offsets))
    stopped.start()
    release(stopped)
    stopped.stop()
    after = oracle.read_all(stopped.bootstrap, stopped.settings.activities_topic)
    assert not differences(stopped, stopped, before + after)


@nightly
def test_an_input_topic_with_more_partitions(stopped: Group) -> None:
    """A lead's home follows from their number: the leads are built anew, by another group."""
    admin = AdminClient(kafka_clients.admin(stopped.settings))
    more = NewPartitions(stopped.settings.activities_topic, PARTITIONS + 2)
    stopped.have_done(partial(admin.create_partitions, [more]))
    told = refused(stopped)
    assert (
        f"has {PARTITIONS} partitions, but {stopped.settings.activities_topic} has {PARTITIONS + 2}" in told
    )
    assert "set LEADGATE_GROUP to a new name and run leadgate topics create" in told
    stopped.move_to(f"{stopped.name}-anew", partitions=PARTITIONS + 2)
    stopped.start()
    to_the_end(stopped)


# What is done to it, and what it says -----------------------------------------------------------


def refused(workers: Group) -> str:
    """What a worker says that refuses to begin: one message, at the end of its log."""
    process = workers.start()
    assert process.wait(60) == 3, workers.logs()
    told = workers.said_by(process).rpartition("\nleadgate: ")[2]
    assert told, workers.logs()
    alone(workers)
    return told


def to_the_end(workers: Group, damaged: bytes | None = None) -> None:
    """All is as it should be; a ``damaged`` record that lies in the changelog says nothing."""
    release(workers)
    workers.stop()
    evidence = workers.patiently(partial(oracle.gather, workers.settings))
    sound = [record for record in evidence.changelog if damaged is None or record.value != damaged]
    workers.check(evidence=replace(evidence, changelog=sound))


def put(workers: Group, number: int, key: bytes, value: bytes | None) -> None:
    """A record in the changelog that no worker has written."""
    producer = workers.producer()
    producer.produce(workers.settings.changelog, value, key, number)
    assert producer.flush(30) == 0


def set_offsets(workers: Group, offsets: dict[int, int]) -> None:
    """As kafka-consumer-groups.sh --reset-offsets does."""
    places = [
        TopicPartition(workers.settings.activities_topic, number, offset)
        for number, offset in offsets.items()
    ]
    wanted = ConsumerGroupTopicPartitions(workers.settings.group, places)
    admin = AdminClient(kafka_clients.admin(workers.settings))
    workers.have_done(partial(admin.alter_consumer_group_offsets, [wanted]))


def said(workers: Group) -> list[Any]:
    """The ids of all stage changes and signals, as they lie on their topics."""
    names = (workers.settings.stage_changes_topic, workers.settings.signals_topic)
    records = [record for name in names for record in oracle.read_all(workers.bootstrap, name)]
    return [dict(record.headers)["ce_id"] for record in records]
