"""A group that is stopped, written to a file and put back goes on as if nothing had been."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from streams import kafka_clients, members, topics
from streams.cli import run
from streams.settings import load_settings
from streams.snapshots import summarize
from tests.faults import oracle
from tests.faults.load import Pair, history
from tests.faults.recomputing import Recomputing
from tests.faults.versions import Versions
from tests.faults.waiting import begin, die, release
from tests.faults.workers import PARTITIONS, Group, GroupMaker

GONE = 100
"""So many activities of each partition, which the group has not read, are deleted."""


@pytest.mark.parametrize("point", ["", "after_offsets"])
def test_after_all_was_lost_but_the_input_it_goes_on_where_the_snapshot_stood(
    group: GroupMaker, tmp_path: Path, point: str
) -> None:
    """In the midst of the input, with merged leads on their way; or where a killed worker has been."""
    workers = group("history", hold_clock="true", max_pass_records="200")
    workers.send(history(seed=41, activities=6_000, leads=200))
    file = _stopped_midway(workers, tmp_path, point)
    workers.send(history(seed=42, activities=2_000, leads=200))
    _lose(workers)
    _restore(workers, file)
    workers.start()
    release(workers)
    workers.stop()
    assert workers.check().merged > 20


@pytest.mark.parametrize("times", [1, 3, PARTITIONS + 2])
def test_a_restore_that_was_killed_is_found_out_and_run_again(
    group: GroupMaker, tmp_path: Path, times: int
) -> None:
    workers = group("history", hold_clock="true", max_pass_records="200")
    workers.send(history(seed=43, activities=3_000, leads=150))
    file = _stopped_midway(workers, tmp_path)
    _lose(workers)
    died = subprocess.run(
        [sys.executable, "-m", "tests.faults.restorer", str(file), str(times)],
        env=os.environ | workers.environment,
        capture_output=True,
    )
    assert died.returncode == -9, died.stderr
    if times > 1:  # the first time nothing has been done yet
        refused = workers.start()
        assert refused.wait(60) == 3, workers.logs()
        assert "run leadgate restore again" in workers.said_by(refused).splitlines()[-1]
        _alone(workers)
    _restore(workers, file)
    workers.start()
    release(workers)
    workers.stop()
    workers.check()


def test_under_another_group_it_goes_on_in_the_same_topic(group: GroupMaker, tmp_path: Path) -> None:
    workers = group("history", hold_clock="true")
    workers.send(history(seed=44, activities=3_000, leads=150))
    first = workers.start()
    workers.settle()
    _end(workers, first)
    file = _snapshot(workers, tmp_path)
    workers.send(history(seed=45, activities=3_000, leads=150))
    other = f"{workers.name}-moved"
    workers.environment |= {"LEADGATE_GROUP": other, "LEADGATE_FUNNELS_TOPIC": f"{other}.funnels"}
    workers.settings = load_settings(_settings_file(workers, tmp_path))
    workers.name = other
    topics.create(workers.settings)
    assert run(["restore", str(file), "--settings", str(tmp_path / "settings.env")]) == 2
    _restore(workers, file, "--group", other)
    workers.start()
    release(workers)
    workers.stop()
    assert workers.check().merged > 20


def test_in_another_topic_it_goes_on_where_the_offset_map_says(group: GroupMaker, tmp_path: Path) -> None:
    here, there = group("history", hold_clock="true"), group("history", hold_clock="true")
    here.send(_unmerged(history(seed=46, activities=3_000, leads=150)))
    first = here.start()
    here.settle()
    _end(here, first)
    file = _snapshot(here, tmp_path)
    here.send(_unmerged(history(seed=47, activities=3_000, leads=150)))

    # The other topic has a few of the activities that are in the snapshot, and all that came later.
    positions = {each.head.number: each.head.position for each in summarize(file).partitions}
    records = oracle.read_all(here.bootstrap, here.settings.activities_topic)
    copied = [record for record in records if record.offset >= positions[record.partition] - 10]
    there.send((record.key, record.value) for record in copied)
    offsets = tmp_path / "offsets.json"
    offsets.write_text(json.dumps(dict.fromkeys(positions, 10)))

    _restore(there, file, "--group", there.name, "--offsets", str(offsets))
    there.start()
    release(there)
    there.stop()
    assert not _differences(here, there, records)


def test_what_retention_has_deleted_is_passed_over_once_that_is_said(
    group: GroupMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workers = group("history", hold_clock="true")
    workers.send(_unmerged(history(seed=48, activities=3_000, leads=150)))
    first = workers.start()
    workers.settle()
    _end(workers, first)
    file = _snapshot(workers, tmp_path)
    stood = {each.head.number: each.head.position for each in summarize(file).partitions}
    workers.send(_unmerged(history(seed=49, activities=3_000, leads=150)))
    records = oracle.read_all(workers.bootstrap, workers.settings.activities_topic)
    left = {number: position + GONE for number, position in stood.items()}
    _delete_before(workers, left)

    stuck = workers.start()
    assert stuck.wait(60) == 3, workers.logs()
    told = workers.said_by(stuck).splitlines()[-1]
    assert "leadgate snapshot" in told
    assert any(f"(the first that is left here is {offset})" in told for offset in left.values())
    _alone(workers)
    file = _snapshot(workers, tmp_path)
    settings = str(_settings_file(workers, tmp_path))
    assert run(["restore", str(file), "--settings", settings, "--replace"]) == 3
    offsets = tmp_path / "offsets.yaml"
    offsets.write_text("".join(f"{number}: {offset}\n" for number, offset in left.items()))
    capsys.readouterr()
    _restore(workers, file, "--replace", "--offsets", str(offsets))
    assert capsys.readouterr().out.count(f"{GONE} on from where the group stood") == PARTITIONS

    workers.start()
    release(workers)
    workers.stop()
    kept = [one for one in records if not stood[one.partition] <= one.offset < left[one.partition]]
    assert not _differences(workers, workers, kept)


def _differences(begun: Group, ended: Group, records: list[Any]) -> list[str]:
    """How what a group has said, begun as one and ended as another, differs from what must come of these."""
    bootstrap = begun.bootstrap
    versions = Versions(
        oracle.read_all(bootstrap, ended.settings.funnels_topic),
        oracle.read_all(bootstrap, begun.settings.changelog),
    )
    clocks = oracle.final_clocks(bootstrap, ended.settings.changelog)
    said = [
        record
        for settings in {one.name: one.settings for one in (begun, ended)}.values()
        for topic in (settings.stage_changes_topic, settings.signals_topic)
        for record in oracle.read_all(bootstrap, topic)
    ]
    return oracle.differences(said, Recomputing(versions, PARTITIONS, None).run(records, clocks))


# What is done to a group ----------------------------------------------------------------------


def _stopped_midway(workers: Group, directory: Path, point: str = "") -> Path:
    """Its snapshot, after a worker has been ended while there was more to do, or killed at a point."""
    if point:
        die(workers, workers.start(point=point, times="8"))
        _alone(workers)
    else:
        first = workers.start()
        begin(workers)
        _end(workers, first)
    file = _snapshot(workers, directory)
    partitions = summarize(file).partitions
    assert any(each.head.position < each.head.end for each in partitions), "it was too quick"
    assert any(each.leads for each in partitions)
    return file


def _end(workers: Group, process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    assert process.wait(30) == 0, workers.logs()
    _alone(workers)


def _alone(workers: Group) -> None:
    """Wait until nobody is a member any more."""
    workers.wait(lambda: not members.present(workers.settings), "it stays a member", seconds=30)


def _settings_file(workers: Group, directory: Path) -> Path:
    file = directory / "settings.env"
    file.write_text("\n".join(f"{name}={value}" for name, value in workers.environment.items()))
    return file


def _snapshot(workers: Group, directory: Path) -> Path:
    file = directory / "leads.snapshot"
    assert run(["snapshot", str(file), "--settings", str(_settings_file(workers, directory))]) == 0
    return file


def _restore(workers: Group, file: Path, *more: str) -> None:
    settings = _settings_file(workers, file.parent)
    assert run(["restore", str(file), "--settings", str(settings), *more]) == 0


def _lose(workers: Group) -> None:
    """All that the group knows goes: leads, versions of the funnel, the clock's word, offsets."""
    admin = AdminClient(kafka_clients.admin(workers.settings))
    settings = workers.settings
    lost = [settings.changelog, settings.funnels_topic, settings.control]
    for deleted in admin.delete_topics(lost).values():
        deleted.result()
    for deleted in admin.delete_consumer_groups([settings.group]).values():
        deleted.result()

    def made_again() -> bool:
        try:
            return topics.create(settings) == lost
        except (topics.TopicRefused, KafkaException):
            return False  # the old one is not quite gone

    workers.wait(made_again, "the topics were not made again", seconds=30)


def _delete_before(workers: Group, offsets: dict[int, int]) -> None:
    """As retention does, by partition."""
    admin, topic = AdminClient(kafka_clients.admin(workers.settings)), workers.settings.activities_topic
    places = [TopicPartition(topic, number, offset) for number, offset in offsets.items()]
    for deleted in admin.delete_records(places).values():
        deleted.result()


def _unmerged(pairs: Iterable[Pair]) -> list[Pair]:
    """Without merges: what travels from one partition to another is in the topic that it travelled on."""
    return [pair for pair in pairs if b"lead_merged" not in (pair[1] or b"")]
