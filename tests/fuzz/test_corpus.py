"""What the fuzzing has found worth keeping, once more: nothing is raised, and the work is bounded."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.fuzz.corpus import HERE, kept
from tests.fuzz.targets import TARGETS, check_of

CALLS, CALLS_A_BYTE = 50_000, 500
"""More than any input has needed: what takes for ever, or grows faster than its input, needs more yet."""


def calls(check: Callable[[bytes], None], data: bytes) -> int:
    """How many functions are called for an input. Raises AssertionError once it is too many."""
    most, made = CALLS + CALLS_A_BYTE * len(data), 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal made
        made += event in ("call", "c_call")
        assert made < most, f"{len(data)} bytes need more than {most} calls"

    sys.setprofile(count)
    try:
        check(data)
    finally:
        sys.setprofile(None)
    return made


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_found_once_is_still_no_fault(target: str) -> None:
    check = check_of(target)
    inputs = kept(target)
    assert inputs
    for data in inputs:
        check(data)


@pytest.mark.parametrize("target", TARGETS)
def test_an_input_costs_what_its_length_explains(target: str) -> None:
    check = check_of(target)
    for data in kept(target):
        check(data)  # what is made once, is made
        assert calls(check, data) > 0


def test_every_file_of_the_corpus_is_of_a_target() -> None:
    assert {path.stem for path in HERE.glob("*.txt")} == set(TARGETS)
