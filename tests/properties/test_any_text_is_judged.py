"""Whatever the bytes, a funnel or its faults come out: each at a place in the file, after bounded work."""

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualifiers import load_funnel
from qualifiers.comparing import compile_pattern
from qualifiers.presets import PRESETS, preset_text
from schemas.conditions import TraitIs
from tests.fuzz.funnels import check, judged
from tests.profiles import share

TEXTS = [preset_text(preset) for preset in PRESETS]


PIECES = st.sampled_from(
    [
        *"{}[]:,-?&*!|>'\"#%@` \n\r\t\0\ufeff\x85å1",
        "“x”",
        "funnel: f\n",
        "stages: [lead, mql]\n",
        "transitions:\n",
        "  - {to: mql, when: {did: x}}\n",
        "when: ",
        "{did: x}",
        "<<: ",
        "null",
        "&a ",
        "*a",
        "---\n",
        "define: ",
        "scores: ",
        "points: ",
        "- ",
        "? ",
        "{use: a}",
        "10,5",
        "1e999",
        "3d",
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join) | st.binary(max_size=40) | st.text(max_size=40))
@settings(max_examples=share(2))
def test_whatever_comes_is_a_funnel_or_faults(text: str | bytes) -> None:
    check(text)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A preset, in which lines or characters are cut, swapped, put in or replaced, a few times over."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 5))):
        parts = list(text) if draw(st.booleans()) else text.splitlines(keepends=True)
        if len(parts) < 2:
            break
        at, other = draw(st.integers(0, len(parts) - 1)), draw(st.integers(0, len(parts) - 1))
        match draw(st.sampled_from(["cut", "swap", "insert", "replace", "copy"])):
            case "cut":
                del parts[at : at + draw(st.integers(1, 3))]
            case "swap":
                parts[at], parts[other] = parts[other], parts[at]
            case "insert":
                parts.insert(at, draw(PIECES))
            case "replace":
                parts[at] = draw(PIECES)
            case "copy":
                parts.insert(at, parts[other])
        text = "".join(parts)
    return text


@given(mutated())
@settings(max_examples=share(2))
def test_a_preset_that_was_mistyped_is_a_funnel_or_faults(text: str) -> None:
    check(text)


WORD = re.compile(r"[\w.-]+")
VALUES = st.sampled_from(
    ["null", "true", "3", "-1", "1e400", "x", "''", "[]", "{}", "[x, 3]", "{a: {b: c}}", "[[1]]"]
)


@given(st.sampled_from(TEXTS), st.integers(0), VALUES)
@settings(max_examples=share(2))
def test_any_word_of_a_preset_may_be_anything(text: str, number: int, value: str) -> None:
    words = list(WORD.finditer(text))
    word = words[number % len(words)]
    check(text[: word.start()] + value + text[word.end() :])


HEAD = "funnel: f\nstages: [lead, mql]\n"
RULES = "transitions: [{to: mql, when: {did: x}}]\n"


def each(line: str, count: int) -> str:
    return "".join(line.replace("#", str(number)) for number in range(count))


LARGE: dict[str, Callable[[int], str]] = {
    "names that lead nowhere": lambda n: HEAD + RULES + "define:\n" + each(" d#: {use: e#}\n", n),
    "stages that are none": lambda n: HEAD + "transitions:\n" + each(" - {to: m#, when: {did: x}}\n", n),
    "unknown keys": lambda n: RULES + each("stage#: [a]\n", n),
    "a chain of definitions": lambda n: (
        HEAD
        + RULES
        + "define:\n"
        + "".join(f" d{k}: {{use: d{k + 1}}}\n" for k in range(n))
        + " d: {did: x}\n"
    ),
    "a circle of definitions": lambda n: (
        HEAD + RULES + "define:\n" + "".join(f" d{k}: {{use: d{(k + 1) % n}}}\n" for k in range(n))
    ),
    "a large definition, used again and again": lambda n: (
        HEAD
        + f"define: {{d: {{any: [{', '.join(['{in_stage: 1d}'] * n)}]}}}}\ntransitions:\n"
        + each(" - {name: t#, to: mql, when: {use: d}}\n", min(n, 1000))
    ),
    "values of a wrong kind": lambda n: HEAD + f"transitions: [{{to: mql, when: {{did: [{'3, ' * n}]}}}}]",
    "an endless name": lambda n: HEAD + "transitions: [{to: " + "m" * n + ", when: {did: x}}]",
}


def work(text: str) -> int:
    """How many functions are called to judge a text."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        judged(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("kind", LARGE)
def test_a_file_twice_as_large_is_twice_the_work(kind: str) -> None:
    text = LARGE[kind]
    judged(text(10))  # what is made once, is made
    assert work(text(1_000)) < 2.5 * work(text(500))


PATTERNS = ["(a+)+$", "(a|aa)+$", "(.*)*b", "^(a|a?)+$", "([a-z]+)*[A-Z]"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_that_would_take_for_ever_elsewhere_takes_no_time(pattern: str) -> None:
    # Python's own `re` would try each of some 2 ** 100_000 ways to read the text.
    text = HEAD + f"transitions: [{{to: mql, when: {{trait: t, matches: '{pattern}'}}}}]"
    when = load_funnel(text).transitions[0].when
    assert isinstance(when, TraitIs)
    assert when.matches is not None
    matches = compile_pattern(when.matches)
    assert matches("a" * 100_000 + "!") is False
