"""A group that is stopped, written to a file and put back goes on as if nothing had been."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from streams import kafka_clients, topics
from streams.cli import run
from streams.settings import load_settings
from streams.snapshots import summarize
from tests.doubles.deleting import delete_before
from tests.faults import oracle
from tests.faults.keeping import alone, differences, end, lose, restore, settings_file, snapshot, unmerged
from tests.faults.load import history
from tests.faults.nightly import often
from tests.faults.waiting import die, release
from tests.faults.workers import PARTITIONS, Group, GroupMaker

GONE = 100
"""So many activities of each partition, which the group has not read, are deleted."""


@pytest.mark.parametrize("point", often(["", "after_offsets"], "after_offsets"))
def test_after_all_was_lost_but_the_input_it_goes_on_where_the_snapshot_stood(
    group: GroupMaker, tmp_path: Path, point: str
) -> None:
    """In the midst of the input, with merged leads on their way; or where a killed worker has been."""
    workers = group("history", hold_clock="true", max_pass_records="200")
    workers.send(history(seed=41, activities=6_000, leads=200))
    file = stopped_midway(workers, tmp_path, point)
    workers.send(history(seed=42, activities=2_000, leads=200))
    lose(workers)
    restore(workers, file)
    workers.start()
    release(workers)
    workers.stop()
    assert workers.check().merged > 20


@pytest.mark.parametrize("times", often([1, 3, PARTITIONS + 2], 3))
def test_a_restore_that_was_killed_is_found_out_and_run_again(
    group: GroupMaker, tmp_path: Path, times: int
) -> None:
    workers = group("history", hold_clock="true", max_pass_records="200")
    workers.send(history(seed=43, activities=3_000, leads=150))
    file = stopped_midway(workers, tmp_path)
    lose(workers)
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
        alone(workers)
    restore(workers, file)
    workers.start()
    release(workers)
    workers.stop()
    workers.check()


def test_under_another_group_it_goes_on_in_the_same_topic(group: GroupMaker, tmp_path: Path) -> None:
    workers = group("history", hold_clock="true")
    workers.send(history(seed=44, activities=3_000, leads=150))
    first = workers.start()
    workers.settle()
    end(workers, first)
    file = snapshot(workers, tmp_path)
    workers.send(history(seed=45, activities=3_000, leads=150))
    other = f"{workers.name}-moved"
    workers.environment |= {"LEADGATE_GROUP": other, "LEADGATE_FUNNELS_TOPIC": f"{other}.funnels"}
    workers.settings = load_settings(settings_file(workers, tmp_path))
    workers.name = other
    topics.create(workers.settings)
    assert run(["restore", str(file), "--settings", str(tmp_path / "settings.env")]) == 2
    restore(workers, file, "--group", other)
    workers.start()
    release(workers)
    workers.stop()
    assert workers.check().merged > 20


def test_in_another_topic_it_goes_on_where_the_offset_map_says(group: GroupMaker, tmp_path: Path) -> None:
    here, there = group("history", hold_clock="true"), group("history", hold_clock="true")
    here.send(unmerged(history(seed=46, activities=3_000, leads=150)))
    first = here.start()
    here.settle()
    end(here, first)
    file = snapshot(here, tmp_path)
    here.send(unmerged(history(seed=47, activities=3_000, leads=150)))

    # The other topic has a few of the activities that are in the snapshot, and all that came later.
    positions = {each.head.number: each.head.position for each in summarize(file).partitions}
    records = oracle.read_all(here.bootstrap, here.settings.activities_topic)
    copied = [record for record in records if record.offset >= positions[record.partition] - 10]
    there.send((record.key, record.value) for record in copied)
    offsets = tmp_path / "offsets.json"
    offsets.write_text(json.dumps(dict.fromkeys(positions, 10)))

    restore(there, file, "--group", there.name, "--offsets", str(offsets))
    there.start()
    release(there)
    there.stop()
    assert not differences(here, there, records)


def test_what_retention_has_deleted_is_passed_over_once_that_is_said(
    group: GroupMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workers = group("history", hold_clock="true")
    workers.send(unmerged(history(seed=48, activities=3_000, leads=150)))
    first = workers.start()
    workers.settle()
    end(workers, first)
    file = snapshot(workers, tmp_path)
    stood = {each.head.number: each.head.position for each in summarize(file).partitions}
    workers.send(unmerged(history(seed=49, activities=3_000, leads=150)))
    records = oracle.read_all(workers.bootstrap, workers.settings.activities_topic)
    left = {number: position + GONE for number, position in stood.items()}
    overtake(workers, left)

    stuck = workers.start()
    assert stuck.wait(60) == 3, workers.logs()
    told = workers.said_by(stuck).splitlines()[-1]
    assert "leadgate snapshot" in told
    assert any(f"(the first that is left here is {offset})" in told for offset in left.values())
    alone(workers)
    file = snapshot(workers, tmp_path)
    settings = str(settings_file(workers, tmp_path))
    assert run(["restore", str(file), "--settings", settings, "--replace"]) == 3
    offsets = tmp_path / "offsets.yaml"
    offsets.write_text("".join(f"{number}: {offset}\n" for number, offset in left.items()))
    capsys.readouterr()
    restore(workers, file, "--replace", "--offsets", str(offsets))
    assert capsys.readouterr().out.count(f"{GONE} on from where the group stood") == PARTITIONS

    workers.start()
    release(workers)
    workers.stop()
    kept = [one for one in records if not stood[one.partition] <= one.offset < left[one.partition]]
    assert not differences(workers, workers, kept)


def stopped_midway(workers: Group, directory: Path, point: str = "") -> Path:
    """Its snapshot, after a worker has been ended while there was more to do, or killed at a point."""
    if point:
        die(workers, workers.start(point=point, times="8"))
        alone(workers)
    else:
        first = workers.start(point="after_commit", times="4", signal="TERM")
        assert first.wait(60) == 0, workers.logs()
        alone(workers)
    file = snapshot(workers, directory)
    partitions = summarize(file).partitions
    assert any(each.head.position < each.head.end for each in partitions), "it was too quick"
    assert any(each.leads for each in partitions)
    return file


def overtake(workers: Group, offsets: dict[int, int]) -> None:
    """Delete what lies before these offsets of the activities, by partition."""
    topic = workers.settings.activities_topic
    places = [TopicPartition(topic, number, offset) for number, offset in offsets.items()]
    delete_before(AdminClient(kafka_clients.admin(workers.settings)), places)
