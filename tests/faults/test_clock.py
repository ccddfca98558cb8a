"""Clocks that are wrong: the workers', which jump, and the producers', where their word is taken."""

import json
import time
from pathlib import Path

import pytest

from schemas.moments import HOUR, MINUTE, SECOND, format_moment
from tests.faults import oracle
from tests.faults.load import Live, activity, history
from tests.faults.nightly import nightly
from tests.faults.waiting import begin, die, quiet, release
from tests.faults.workers import Group, GroupMaker
from tests.faults.wrong_clock import let_be_wrong_by

A_WHILE_SECONDS = 4


def test_the_wall_clock_jumps_forward_and_back(group: GroupMaker, tmp_path: Path) -> None:
    """Silent leads are moved early, which nobody can know, but once; no clock of a partition goes back."""
    wrong = tmp_path / "wrong-by"
    wrong.write_text("0")
    workers = group("live", grace="2s")
    load = Live(workers, seed=95, leads=150, rate=100)
    load.start()
    jumping = workers.start(clock=str(wrong))
    workers.start()
    begin(workers)
    for ms in (-HOUR, 30 * SECOND, -MINUTE, 0):
        let_be_wrong_by(wrong, ms)
        time.sleep(A_WHILE_SECONDS)
    jumping.kill()
    workers.start()
    load.end()
    quiet(workers)
    workers.stop()
    recomputed = workers.check()
    assert any(one.get("rule") == "gone-quiet" for said in recomputed.decisions.values() for one in said)


@nightly
def test_the_clocks_of_two_workers_differ(group: GroupMaker, tmp_path: Path) -> None:
    """A partition that goes to and fro between them goes by whichever is ahead."""
    workers = group("live", grace="2s")
    load = Live(workers, seed=96, leads=150, rate=100)
    load.start()
    for name, ms in (("ahead", 20 * SECOND), ("behind", -20 * SECOND)):
        (tmp_path / name).write_text(str(ms))
    ahead = workers.start(clock=str(tmp_path / "ahead"))
    workers.start(clock=str(tmp_path / "behind"))
    begin(workers)
    time.sleep(A_WHILE_SECONDS)
    ahead.terminate()
    assert ahead.wait(30) == 0, workers.logs()
    time.sleep(A_WHILE_SECONDS)
    workers.start(clock=str(tmp_path / "ahead"))
    time.sleep(A_WHILE_SECONDS)
    load.end()
    quiet(workers)
    workers.stop()
    assert workers.check().decisions


def test_producers_whose_word_is_taken_are_ahead_and_behind(group: GroupMaker) -> None:
    """A record of the future is a dead letter, and lets no clock go on; the others move it, never back."""
    workers = group("live", grace="2s", timestamps="create")
    workers.configure(workers.settings.activities_topic, {"message.timestamp.type": "CreateTime"})
    skews = (0, -20 * SECOND, 20 * SECOND, HOUR, -MINUTE)
    workers.start()
    sent = _send_skewed(workers, skews, seconds=8)
    workers.start()
    sent += _send_skewed(workers, skews, seconds=8)
    quiet(workers)
    workers.stop()
    recomputed = workers.check()
    letters = oracle.read_all(workers.bootstrap, workers.settings.dead_letters_topic)
    assert len(letters) == recomputed.dead_letters.total() == sent // len(skews)
    assert {dict(one.headers)["kafka_dlt-exception-fqcn"] for one in letters} == {b"leadgate.future"}


@nightly
@pytest.mark.parametrize("point", ["after_offsets", "in_recovery"])
def test_a_calendar_through_both_changes_of_clocks(group: GroupMaker, point: str) -> None:
    """Business hours in Berlin, over the year of history: both are in it. One dies, another one goes on."""
    workers = group("calendar", hold_clock="true", max_pass_records="200")
    workers.send(history(seed=97, activities=6_000, leads=200))
    die(workers, workers.start(point=point, times="3"))
    workers.start()
    release(workers)
    workers.stop()
    recomputed = workers.check()
    rules = [one.get("rule") for said in recomputed.decisions.values() for one in said]
    assert rules.count("not-accepted-in-time") > 20


def _send_skewed(workers: Group, skews: tuple[int, ...], seconds: float) -> int:
    """Activities of this moment, by producers whose clocks are wrong by so many ms, in turns; how many."""
    import random

    chance, producer = random.Random(98), workers.producer()
    number, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        for skew in skews:
            now = time.time_ns() // 1_000_000
            key, value = activity(chance, number, f"lead-{number % 50}", now)
            dated = json.loads(value or b"") | {"id": f"{seconds}-{now}-{number}"}
            dated["occurred_at"] = format_moment(min(now, now + skew))
            producer.produce(
                workers.settings.activities_topic,
                key=key,
                value=json.dumps(dated).encode(),
                timestamp=now + skew,
            )
            number += 1
        producer.flush()
        time.sleep(0.1)
    return number
