"""A funnel file is read as YAML 1.2, and refused with every fault at its line and column."""

import textwrap
from typing import Any

import pytest

from qualifiers.faults import Fault, FunnelFaults
from qualifiers.loader import load_funnel
from qualifiers.loader_nodes import plain_scalar
from tests.unit.fault_cases.case import HEAD, RULE, rules, when


def faults_of(text: str | bytes) -> list[Fault]:
    with pytest.raises(FunnelFaults) as caught:
        load_funnel(text)
    return list(caught.value.faults)


def test_all_faults_at_once_by_place() -> None:
    text = textwrap.dedent("""\
        funnel: f
        stages: [lead, mql, mql]
        scores:
          s: {half_life: 3, points: [{on: x, add: 0}]}
        transitions:
          - {to: mqk, when: {did: x, tims: 3}}
          - {to: lead, when: {score: z}}
        """)
    assert [(fault.line, fault.code) for fault in faults_of(text)] == [
        (2, "duplicate-stage"),
        (4, "bad-duration"),
        (4, "adds-nothing"),
        (6, "unknown-stage"),
        (6, "unknown-key"),
        (7, "from-needed"),
        (7, "no-operator"),
        (7, "unknown-score"),
    ]


def test_faults_call_the_file_by_its_name() -> None:
    with pytest.raises(FunnelFaults, match=r"^mine\.yml:1:1 "):
        load_funnel("", "mine.yml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("NO", "NO"), ("yes", "yes"), ("Off", "Off"), ("y", "y"),
        ("true", True), ("TRUE", True), ("tRUE", "tRUE"), ("null", None), ("~", None), ("", None),
        ("nULL", "nULL"),
        ("12", 12), ("-12", -12), ("+12", 12), ("007", 7), ("0o14", 12),
        ("014", 14), ("0x1F", 31), ("0b1", "0b1"),
        ("1_000", "1_000"), ("1:30", "1:30"), ("2026-01-31", "2026-01-31"),
        ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), ("-1.5E-3", -0.0015), ("1.2.3", "1.2.3"),
        (".", "."),
        (".inf", float("inf")), ("-.INF", float("-inf")), (".iNF", ".iNF"), ("<<", "<<"), ("=", "="),
    ],
)  # fmt: skip
def test_plain_scalars_are_read_by_the_core_schema(text: str, value: Any) -> None:
    read = plain_scalar(text)
    assert (type(read), read) == (type(value), value)


def test_not_a_number_is_a_number() -> None:
    assert str(plain_scalar(".NaN")) == "nan"


def test_words_stay_words_in_a_funnel() -> None:
    funnel = load_funnel(when("{trait: country, in: [NO, on, 'yes', 0x1F]}"))
    assert funnel.transitions[0].when.model_dump(by_alias=True)["in"] == ["NO", "on", "yes", 31]


def test_an_anchor_may_be_used_again() -> None:
    funnel = load_funnel(HEAD + "define: {a: &c {did: Demo Requested}, b: *c}\ntransitions: [" + RULE + "]")
    assert funnel.define["a"] == funnel.define["b"]


def test_a_byte_order_mark_does_no_harm() -> None:
    assert load_funnel(b"\xef\xbb\xbf" + rules(RULE).encode()).funnel == "f"


NOT_CIRCLES = [
    ("one step needs an activity of the stay", "{did: x, since: entry}", "{in_stage: 1d}"),
    (
        "in all its ways",
        "{any: [{did: x, since: entry}, {all: [{did: y, since: entry}, {has: z}]}]}",
        "{quiet: 9d}",
    ),
    ("a cascade does not come back to where it began", "{did: x}", "{in_stage: 1d}"),
    ("a score does not rise by time", "{score: s, at_least: 3}", "{in_stage: 1d}"),
    ("an old deed does not come back by time", "{did: x, within: 3d}", "{none: [{did: x, within: 3d}]}"),
]


@pytest.mark.parametrize(
    ("out", "back"), [case[1:] for case in NOT_CIRCLES], ids=[case[0] for case in NOT_CIRCLES]
)
def test_a_circle_that_time_alone_cannot_turn_is_fine(out: str, back: str) -> None:
    text = rules(f"{{to: mql, when: {out}}}", f"{{to: lead, from: mql, when: {back}}}")
    load_funnel(text + "scores: {s: {half_life: 3d, points: [{on: x, add: 1}]}}")


CIRCLES = [
    ("two deadlines", "{in_stage: 2d}", "{in_stage: 1d}", "{did: never, since: entry}"),
    ("a deed stands for ever", "{did: x}", "{in_stage: 1d}", "{in_stage: 2d}"),
    ("what fades turns none true", "{has: x}", "{none: [{did: x, within: 2d}]}", "{in_stage: 2d}"),
    ("a score sinks", "{has: x}", "{score: s, below: 2}", "{in_stage: 2d}"),
    ("by way of a definition", "{use: d}", "{in_stage: 2d}", "{use: d}"),
    ("a score that sinks is none", "{has: x}", "{none: [{score: s, at_least: 2}]}", "{in_stage: 2d}"),
    ("none of a definition's", "{has: x}", "{none: [{use: fades}]}", "{in_stage: 2d}"),
    ("none of none", "{has: x}", "{none: [{any: [{none: [{in_stage: 2d}]}]}]}", "{in_stage: 2d}"),
    ("in business hours", "{in_stage: 4bh}", "{quiet: 4bh}", "{none: [{did: x, within: 8bh}]}"),
]


@pytest.mark.parametrize(
    ("one", "two", "three"), [case[1:] for case in CIRCLES], ids=[case[0] for case in CIRCLES]
)
def test_a_circle_that_time_alone_can_turn_is_a_fault(one: str, two: str, three: str) -> None:
    text = rules(
        f"{{to: mql, when: {one}}}",
        f"{{to: recycled, from: mql, when: {two}}}",
        f"{{to: lead, name: again, from: recycled, when: {three}}}",
        "{to: lead, from: mql, name: down, when: {in_stage: 2d}}",
    )
    text += "scores: {s: {half_life: 3d, points: [{on: x, add: 1}]}}\n"
    text += "define: {d: {at_least: 1, of: [{in_stage: 1d}]}, fades: {did: x, within: 2d}}\n"
    text += "calendar: {hours: mon-fri 09:00-17:00}"
    assert {fault.code for fault in faults_of(text)} == {"time-circle"}
