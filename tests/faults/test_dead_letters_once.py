"""A dead letter is replayed once, wherever the command is killed and however many run it."""

import subprocess
import sys

import pytest

from streams.dead_letters import Operator, Overtaken, Selection, dead_letters
from tests.faults.letters import command, environment, listed, made, marks, replayed
from tests.faults.operator import POINTS
from tests.faults.waiting import die
from tests.faults.workers import Group, GroupMaker

A_POINT = 3
"""Letters that each point is tried with."""


def each_once(workers: Group, where: list[str]) -> None:
    """Each letter has been sent once and has one mark."""
    sent = [dict(record.headers)["leadgate-replayed"].decode() for record in replayed(workers)]
    assert sorted(sent) == where
    assert sorted(marks(workers)) == [(place, "replayed") for place in where]
    assert listed(workers) == []


def test_a_command_that_is_killed_is_run_again(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true")
    where = sorted(made(workers, A_POINT * len(POINTS)).values())
    for number, point in enumerate(POINTS):
        mine = where[number * A_POINT :][:A_POINT]
        killed = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.operator", *mine],
            env=environment(workers) | {"FAULT_POINT": point},
        )
        die(workers, killed)
        again = command(workers, "replay", *mine)
        said = again.stdout.decode()
        done = [line for line in said.splitlines() if line.endswith(" is replayed")]
        already = [line for line in said.splitlines() if "it was replayed already" in line]
        # All or none had been sent before; whether a commit that is under way counts, only Kafka knows.
        assert sorted([len(done), len(already)]) == [0, A_POINT], (point, said, again.stderr)
        if point != "in_commit":
            assert len(already) == (A_POINT if point == "after_commit" else 0), point
    each_once(workers, where)


def test_two_at_once_replay_each_letter_once(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true")
    where = sorted(made(workers, 250).values())
    arguments = [sys.executable, "-m", "streams", "dead-letters", "replay", "--all"]
    both = [
        subprocess.Popen(arguments, env=environment(workers), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120) for process in both]
    codes = [process.returncode for process in both]
    assert set(codes) <= {0, 3}, said
    assert 0 in codes, "whoever has the turn last ends well"
    for code, (_, complaint) in zip(codes, said, strict=True):
        assert (b"has the turn" in complaint) == (code == 3), complaint
    each_once(workers, where)


def test_whoever_comes_later_has_the_turn(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true")
    where = sorted(made(workers, 250).values())
    with dead_letters(workers.settings) as letters, dead_letters(workers.settings) as of_the_other:
        first = Operator(workers.settings, letters).replay(Selection())
        told = [next(first)]  # a transaction of its has been committed, and there are more to come
        other = list(Operator(workers.settings, of_the_other).replay(Selection()))
        assert {outcome.done for outcome in other} == {"replayed"}
        with pytest.raises(Overtaken, match="has the turn"):
            told.extend(first)
    assert len({outcome.place for outcome in [*told, *other]}) == len(told) + len(other) == len(where)
    each_once(workers, where)
