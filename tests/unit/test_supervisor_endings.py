"""What a member's end means for all, how long it stays away, and how many of them there are."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streams.supervisor.cores import cores
from streams.supervisor.endings import DELAYS, LIVED_SECONDS, BackOff, ends_all

YES, NO = True, False
ENDINGS = [
    # code, it had come up, another has: all end
    *((code, NO, NO, YES) for code in (1, 2, 3, 70)),
    *((code, NO, NO, NO) for code in (0, -9, -15)),
    *((code, NO, YES, NO) for code in (0, 1, 2, 3, 70, -9)),
    *((code, YES, YES, YES) for code in (2, 3)),
    *((code, YES, YES, NO) for code in (0, 1, 70, -9)),
]


@pytest.mark.parametrize(("code", "came_up", "any_came_up", "all_end"), ENDINGS)
def test_what_an_end_means_for_all(code: int, came_up: bool, any_came_up: bool, all_end: bool) -> None:
    assert ends_all(code, came_up, any_came_up) is all_end


SHORT, LONG = LIVED_SECONDS - 0.1, LIVED_SECONDS


@pytest.mark.parametrize(
    ("lives", "delays"),
    [
        ([SHORT] * 9, [0.5, 1, 2, 4, 8, 16, 30, 30, 30]),
        ([0, 0, LONG, 0, 0], [0.5, 1, 0.5, 1, 2]),
        ([LONG] * 3, [0.5, 0.5, 0.5]),
        ([0] * 8 + [LONG], [*DELAYS, 30, 0.5]),
    ],
)
def test_the_delay_grows_until_a_life_was_long(lives: list[float], delays: list[float]) -> None:
    back_off = BackOff()
    assert [back_off.delay(lived) for lived in lives] == delays


@pytest.mark.parametrize(
    ("quota", "most"),
    [
        ("max 100000\n", 4),
        ("200000 100000\n", 2),
        ("250000 100000\n", 2),
        ("50000 100000\n", 1),
        ("900000 100000\n", 4),
    ],
)
def test_a_containers_quota_bounds_the_cores(
    quota: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 3}, raising=False)
    file = tmp_path / "cpu.max"
    file.write_text(quota)
    assert cores(file) == most
    assert cores(tmp_path / "none") == 4


HOLDS = """
import time
from streams.supervisor.lifeline import hold
hold(0)
print("holds", flush=True)
time.sleep(60)
"""


def test_a_member_ends_when_the_lifeline_does() -> None:
    member = subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert member.stdin is not None
    assert member.stdout is not None
    with member.stdout:
        member.stdout.readline()
        assert member.poll() is None
        member.stdin.close()
        assert member.wait(30) == -signal.SIGTERM
