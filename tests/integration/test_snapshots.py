"""`leadgate snapshot` and `leadgate restore`: what stands in the way is said, and what they do is all of it.

The group is made by hand, as workers would leave it: two partitions, one of which nobody has begun.
"""

import json
import shlex
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from streams import clock, kafka_clients, topics
from streams.cli import COMMANDS, run
from streams.engine.changelog import (
    META_KEY,
    SUPPRESSED,
    Meta,
    encode_meta,
    lead_key,
    reign_key,
    suppressed_key,
)
from streams.engine.hold import say
from streams.engine.opening import KafkaOpener, Opened
from streams.engine.refusals import Refused
from streams.errors import OutsideWorld
from streams.funnels import Funnels, FunnelTopic
from streams.funnels.publishing import Publisher, read_candidate
from streams.input_topic import describe_input
from streams.settings import Settings, load_settings
from streams.snapshots import plan, restore, summarize
from streams.snapshots.restoring import Restoring
from streams.snapshots.taking import published
from streams.snapshots.target import Target
from tests.doubles.brokers import open_all, state
from tests.doubles.deleting import delete_before
from tests.doubles.workers import FUNNEL

POSITION, INPUT = 5, 8
LEADS = {b"anna": state("visitor"), b"bob": state("buyer"), b"carl": b"\xffanna"}
GONE = suppressed_key(b"dora")


@dataclass
class Stopped:
    """A group, and the directory that the commands are run in."""

    settings: Settings
    directory: Path

    def environment(self, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
        """Let it be that of the commands; ``more`` settings go before its own."""
        for name in self.settings.model_fields_set:
            monkeypatch.setenv(f"LEADGATE_{name.upper()}", str(getattr(self.settings, name)))
        for name, value in more.items():
            monkeypatch.setenv(f"LEADGATE_{name.upper()}", value)
        monkeypatch.chdir(self.directory)

    def publish(self, text: str) -> None:
        topic = FunnelTopic(
            kafka_clients.reader(self.settings), self.settings.funnels_topic, self.settings.group
        )
        candidate = read_candidate(text.encode(), "shop.yaml")
        Publisher(self.settings, Funnels(topic), clock.now).put_in_force(candidate, always=True)
        topic.close()

    def send(self, partition: int, records: int, **headers: str) -> None:
        producer = Producer(kafka_clients.producer(self.settings))
        for number in range(records):
            producer.produce(
                self.settings.activities_topic,
                value=b"{}",
                key=b"%d" % number,
                partition=partition,
                headers={name.replace("_", "-"): value for name, value in headers.items()},
            )
        assert producer.flush(30) == 0

    def work(self, position: int, leads: dict[bytes, bytes | None], topic_id: str | None = None) -> None:
        """What a pass over partition 0 leaves."""
        settings = self.settings
        newest = published(settings)[-1]
        meta = Meta(
            position,
            1_700_000_000_000,
            newest.funnel,
            newest.hash,
            topic_id or describe_input(settings).topic_id,
            newest.version,
        )
        producer = Producer(
            kafka_clients.transactional_producer(settings, transactional_id=f"{settings.group}-by-hand")
        )
        producer.init_transactions(30)
        producer.begin_transaction()
        for lead, value in leads.items():
            producer.produce(settings.changelog, value, lead_key(lead), 0)
        producer.produce(settings.changelog, SUPPRESSED, GONE, 0)
        producer.produce(settings.changelog, encode_meta(meta), reign_key(meta.version), 0)
        producer.produce(settings.changelog, encode_meta(meta), META_KEY, 0)
        group = Consumer(kafka_clients.reader(settings) | {"group.id": settings.group})
        producer.send_offsets_to_transaction(
            [TopicPartition(settings.activities_topic, 0, position)], group.consumer_group_metadata(), 30
        )
        producer.commit_transaction(30)
        group.close()


@pytest.fixture
def settings(kafka: str, topic_name: Callable[[str], str]) -> Settings:
    """Settings with topics and a group of the test's own."""
    return _settings(kafka, topic_name("sales"))


def _settings(bootstrap: str, name: str, **own: str) -> Settings:
    names = {
        field: f"{name}.{field}"
        for field in Settings.model_fields
        if field.endswith("_topic") and field not in ("changelog_topic", "control_topic")
    }
    given: dict[str, Any] = {"bootstrap_servers": bootstrap, "group": name, **names, **own}
    return load_settings(**given)


@pytest.fixture
def stopped(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stopped:
    """The group, whose settings are the commands'."""
    topics.create(settings, partitions=2)
    made = Stopped(settings, tmp_path)
    made.publish(FUNNEL)
    made.send(0, INPUT)
    made.work(POSITION, dict(LEADS))
    made.environment(monkeypatch)
    return made


Said = Callable[..., tuple[int, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs a command line: its exit code, and what it said."""

    def ask(*arguments: str) -> tuple[int, str]:
        code = run(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return ask


def opened(settings: Settings) -> dict[int, Opened]:
    """What a worker would begin with, by partition."""
    source = describe_input(settings)
    opener = KafkaOpener(
        settings.group,
        settings.activities_topic,
        settings.changelog,
        source.topic_id,
        kafka_clients.reader(settings),
    )
    return dict(sorted(open_all(opener, *range(source.partitions)).items()))


def moved(stopped: Stopped, monkeypatch: pytest.MonkeyPatch, partitions: int = 2, **own: str) -> Settings:
    """Another group, whose topics are there; it is the commands' from now on."""
    other = _settings(stopped.settings.bootstrap_servers, f"{stopped.settings.group}-moved", **own)
    topics.create(other, partitions=partitions)
    Stopped(other, stopped.directory).environment(monkeypatch)
    return other


# What they do ------------------------------------------------------------------------------------


def test_the_examples_of_both_commands(stopped: Stopped, said: Said) -> None:
    take, look = (shlex.split(one)[1:] for one in COMMANDS["snapshot"].examples)
    code, shown = said(*take)
    assert code == 0
    assert said(*look) == (0, shown)
    lines = shown.splitlines()
    assert lines[0].startswith(f"leads.snapshot: group {stopped.settings.group}, taken 20")
    assert "funnel version 1" in shown
    assert lines[-3:] == [
        "partition 0: offset 5 (input to 8), clock 2023-11-14T22:13:20.000Z, leads 2, merged 1, suppressed 1",
        "partition 1: offset 0 (input to 0), clock not begun, leads 0, merged 0, suppressed 0",
        "leads in all: 2",
    ]
    dry, for_good = (shlex.split(one)[1:] for one in COMMANDS["restore"].examples)
    assert said(*dry, "--replace")[0] == 0
    assert said(*for_good, "--replace")[0] == 0


def test_what_came_after_the_snapshot_is_undone(stopped: Stopped, said: Said) -> None:
    assert said("snapshot", "a")[0] == 0
    before = opened(stopped.settings)
    stopped.work(7, {b"anna": None, b"bob": state("visitor"), b"emil": state("buyer")})
    code, shown = said("restore", "a")
    assert (code, "is not empty: to put the snapshot in the place of all that it holds" in shown) == (2, True)
    code, shown = said("restore", "a", "--dry-run", "--replace")
    assert code == 0
    assert f"take 4 leads and suppressed ids out of {stopped.settings.changelog}" in shown
    assert opened(stopped.settings)[0].position == 7
    code, shown = said("restore", "a", "--replace")
    assert (code, "start its workers" in shown) == (0, True)
    after = opened(stopped.settings)
    for number, one in after.items():
        assert dict(one.table.items()) == dict(before[number].table.items())
        assert one.table.suppressed == before[number].table.suppressed
        assert (one.position, one.clock) == (before[number].position, before[number].clock)
    assert after[0].meta == before[0].meta
    assert dict(after[0].table.items()) == LEADS
    with closing(Target(stopped.settings)) as target:
        held = target.holding(0)
    assert (len(held.keys), held.reigns, held.has_meta) == (4, set(), True)
    # A snapshot of what was restored is the same, but for its time and where nobody had begun.
    assert said("snapshot", "b")[0] == 0
    first, second = (summarize(stopped.directory / name).partitions for name in "ab")
    assert (first[0], first[1].head.position) == (second[0], second[1].head.position)


def test_versions_and_the_clock_s_word_come_along(
    stopped: Stopped, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped.publish(FUNNEL.replace("add: 8", "add: 9"))
    say(kafka_clients.producer(stopped.settings), stopped.settings.control, held=True)
    assert said("snapshot", "a")[0] == 0
    other = moved(stopped, monkeypatch, activities_topic=stopped.settings.activities_topic)
    code, shown = said("restore", "a", "--group", other.group)
    assert code == 0, shown
    assert f"publish version 2 of the funnel, shop, on {other.funnels_topic}" in shown
    assert f"hold the clocks of {other.group}" in shown
    assert said("clock", "status") == (0, "held\n")
    ours, theirs = published(other), published(stopped.settings)
    assert [(one.version, one.hash, one.text) for one in ours] == [
        (one.version, one.hash, one.text) for one in theirs
    ]
    assert {one.group for one in ours} == {other.group}
    assert dict(opened(other)[0].table.items()) == LEADS
    assert opened(other)[1].position == 0
    meta = opened(other)[1].meta
    assert meta is not None
    assert (meta.version, meta.version_before, meta.funnel_hash) == (2, 2, ours[-1].hash)


def test_what_a_restore_has_begun_counts_for_nobody_until_it_has_ended(stopped: Stopped, said: Said) -> None:
    assert said("snapshot", "a")[0] == 0
    before = opened(stopped.settings)
    restoring = Restoring(plan(stopped.settings, stopped.directory / "a", replace=True))
    restoring.begin()
    for command, expected in ((["snapshot", "b"], 3), (["restore", "a", "--dry-run"], 0)):
        code, shown = said(*command)
        assert (code, "has not come to its end" in shown) == (expected, True)
    assert list(restoring.fill()) == [0, 1]
    assert said("snapshot", "b")[0] == 3
    # Another one fences it, needs not be told that it may replace what does not count, and comes to the end.
    assert said("restore", "a")[0] == 0
    code, shown = said("snapshot", "b")
    assert code == 0, shown
    with pytest.raises(OutsideWorld, match="See that no other restore goes on"):
        restoring.end()
    after = opened(stopped.settings)
    assert [(one.position, dict(one.table.items())) for one in after.values()] == [
        (one.position, dict(one.table.items())) for one in before.values()
    ]


# What stands in the way ------------------------------------------------------------------------------


def test_a_group_with_members_is_refused(stopped: Stopped, said: Said) -> None:
    assert said("snapshot", "a")[0] == 0
    going_on = plan(stopped.settings, stopped.directory / "a", replace=True)
    member = Consumer(
        kafka_clients.consumer(stopped.settings, client_id="leadgate/worker-7/here:1", instance_id="worker-7")
    )
    member.subscribe([stopped.settings.activities_topic])
    deadline = time.monotonic() + 30
    while not member.assignment() and time.monotonic() < deadline:
        member.poll(0.05)
    for command in (["snapshot", "b"], ["restore", "a", "--replace"]):
        code, shown = said(*command)
        assert code == 3
        assert "has members: worker-7. It must be stopped" in shown
        assert "leadgate group remove worker-7" in shown
    # One that has come after the plan was made: nothing is begun.
    with pytest.raises(OutsideWorld, match="has members: worker-7"):
        restore(going_on)
    member.close()
    assert said("group", "remove", "worker-7")[0] == 0
    assert opened(stopped.settings)[0].position == POSITION
    assert not (stopped.directory / "b").exists()


def test_a_group_that_never_ran_has_nothing_to_keep(
    stopped: Stopped, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved(stopped, monkeypatch)
    code, shown = said("snapshot", "a")
    assert (code, "has ever run, so there is nothing to keep" in shown) == (3, True)


def test_another_group_must_be_meant(stopped: Stopped, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said("snapshot", "a")[0] == 0
    other = moved(stopped, monkeypatch)
    code, shown = said("restore", "a")
    assert code == 2
    assert f"say which is meant, --group {stopped.settings.group} or --group {other.group}" in shown


def test_what_another_group_would_pass_over_is_refused(
    stopped: Stopped, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = stopped.settings.group
    stopped.send(1, 1, leadgate_internal="others:")
    stopped.send(1, 1, leadgate_internal=f"{group}:")
    assert said("snapshot", "a")[0] == 0
    other = moved(stopped, monkeypatch, activities_topic=stopped.settings.activities_topic)
    code, shown = said("restore", "a", "--group", other.group)
    assert code == 3
    assert f"has at offset 1 what {group} has sent itself and not taken in yet" in shown


def test_another_number_of_partitions_is_refused(
    stopped: Stopped, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said("snapshot", "a")[0] == 0
    other = moved(stopped, monkeypatch, partitions=3)
    code, shown = said("restore", "a", "--group", other.group)
    assert (code, "has 3 partitions, and the snapshot is of 2" in shown) == (3, True)


def test_another_topic_wants_an_offset_map(
    stopped: Stopped, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said("snapshot", "a")[0] == 0
    other = moved(stopped, monkeypatch)
    Stopped(other, stopped.directory).send(1, 3)
    restored = ("restore", "a", "--group", other.group)
    code, shown = said(*restored)
    assert (code, "so an offset means another activity there" in shown) == (2, True)
    offsets = stopped.directory / "offsets.json"
    for positions, expected, words in (
        ({0: 2}, 2, "must name each partition from 0 to 1, and no other: look at 1"),
        ({0: 2, 1: 0, 2: 0}, 2, "look at 2"),
        ({0: 0, 1: 4}, 3, "ends at offset 3, and the group is to go on at 4"),
        ({0: 0, 1: 2}, 0, "start its workers"),
    ):
        offsets.write_text(json.dumps(positions))
        code, shown = said(*restored, "--offsets", "offsets.json")
        assert (code, words in shown) == (expected, True), shown
    assert [(one.position, one.meta and one.meta.funnel_from) for one in opened(other).values()] == [
        (0, 0),
        (2, 2),
    ]


def test_activities_that_have_been_deleted_meanwhile_are_told(stopped: Stopped, said: Said) -> None:
    assert said("snapshot", "a")[0] == 0
    admin = AdminClient(kafka_clients.admin(stopped.settings))
    for deleted in admin.delete_records([TopicPartition(stopped.settings.activities_topic, 0, 7)]).values():
        deleted.result()
    code, shown = said("restore", "a", "--replace")
    assert code == 3
    assert "begins at offset 7, and the group is to go on at 5: the activities between have been" in shown


def test_another_funnel_under_the_same_number_is_refused(
    stopped: Stopped, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said("snapshot", "a")[0] == 0
    other = moved(stopped, monkeypatch, activities_topic=stopped.settings.activities_topic)
    Stopped(other, stopped.directory).publish(FUNNEL.replace("add: 8", "add: 9"))
    code, shown = said("restore", "a", "--group", other.group)
    assert (code, f"version 1 of the funnel of {other.group} is another one" in shown) == (3, True)


def test_what_does_not_fit_together_is_not_kept(stopped: Stopped, said: Said) -> None:
    with closing(
        Consumer(kafka_clients.reader(stopped.settings) | {"group.id": stopped.settings.group})
    ) as one:
        one.commit(offsets=[TopicPartition(stopped.settings.activities_topic, 0, 3)], asynchronous=False)
    code, shown = said("snapshot", "a")
    assert (code, "the group's committed offset is 3, but the changelog" in shown) == (3, True)
    assert list(stopped.directory.iterdir()) == []


def test_a_group_whose_input_was_made_anew_is_kept_and_goes_on_there(stopped: Stopped, said: Said) -> None:
    stopped.work(6, {}, topic_id="of-before")
    with pytest.raises(Refused, match="it has been created anew"):
        opened(stopped.settings)
    assert said("snapshot", "a")[0] == 0
    code, shown = said("restore", "a", "--replace")
    assert (code, "is not the topic that the group had read" in shown) == (2, True)
    (stopped.directory / "offsets.json").write_text('{"0": 2, "1": 0}')
    assert said("restore", "a", "--replace", "--offsets", "offsets.json")[0] == 0
    one = opened(stopped.settings)[0]
    assert (one.position, one.meta and one.meta.funnel_from, dict(one.table.items())) == (2, 2, LEADS)


def test_what_others_have_written_into_the_changelog_is_left_out(stopped: Stopped, said: Said) -> None:
    producer = Producer(kafka_clients.producer(stopped.settings))
    producer.produce(stopped.settings.changelog, b"at all", b"not ours", 0)
    assert producer.flush(30) == 0
    with pytest.raises(Refused, match="has not written, such as the one at offset"):
        opened(stopped.settings)
    assert said("snapshot", "a")[0] == 0
    assert said("restore", "a", "--replace")[0] == 0
    assert dict(opened(stopped.settings)[0].table.items()) == LEADS


def test_a_changelog_whose_beginning_was_deleted_takes_no_snapshot_and_gives_none(
    stopped: Stopped, said: Said
) -> None:
    assert said("snapshot", "a")[0] == 0
    admin, changelog = AdminClient(kafka_clients.admin(stopped.settings)), stopped.settings.changelog
    for policy in ("delete", "compact"):
        entry = ConfigEntry("cleanup.policy", policy, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ConfigResource.Type.TOPIC, changelog, incremental_configs=[entry])
        admin.incremental_alter_configs([resource])[resource].result()
        if policy == "delete":
            delete_before(admin, [TopicPartition(changelog, 0, 1)])
    for command in (["snapshot", "b"], ["restore", "a", "--replace"]):
        code, shown = said(*command)
        assert (code, "does not begin at its beginning any more (partition 0 at offset 1)" in shown) == (
            3,
            True,
        )


@pytest.mark.parametrize("command", ["snapshot", "restore"])
def test_topics_that_are_not_there_are_told(
    command: str, stopped: Stopped, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said("snapshot", "a")[0] == 0
    monkeypatch.setenv("LEADGATE_SIGNALS_TOPIC", "nowhere")
    code, shown = said(command, "a")
    assert (code, "nowhere: does not exist" in shown) == (3, True)


@pytest.mark.parametrize("command", ["snapshot", "restore"])
def test_a_broker_that_is_not_there_is_told(
    command: str, stopped: Stopped, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said("snapshot", "a")[0] == 0
    monkeypatch.setenv("LEADGATE_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    code, shown = said(command, "a")
    assert (code, "Kafka at 127.0.0.1:1 cannot be used" in shown) == (3, True)


def test_a_damaged_file_is_refused_before_anything_is_done(stopped: Stopped, said: Said) -> None:
    assert said("snapshot", "a")[0] == 0
    file = stopped.directory / "a"
    file.write_bytes(file.read_bytes()[:-1])
    code, shown = said("restore", "a", "--replace")
    assert (code, "a is cut off, at byte" in shown) == (2, True)
    assert opened(stopped.settings)[0].position == POSITION
