"""A funnel file is read as YAML 1.2, and refused with every fault at its line and column."""

import textwrap
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualifiers.faults import FAULTS, Fault, FunnelFaults
from qualifiers.loader import load_funnel
from qualifiers.loader_nodes import plain_scalar
from qualifiers.loader_yaml import MAX_BYTES

HEAD = "funnel: f\nstages: [lead, mql, sql]\noff_path: [recycled]\nfinal: [sql]\n"
RULE = "  - {to: mql, when: {did: x}}\n"
TO_B = "transitions: [{to: b, when: {did: x}}]"


def faults_of(text: str | bytes) -> list[Fault]:
    with pytest.raises(FunnelFaults) as caught:
        load_funnel(text)
    return list(caught.value.faults)


def rules(*lines: str) -> str:
    """A funnel whose transitions are these lines, the first of them line 6."""
    return HEAD + "transitions:\n" + "".join(f"  - {line}\n" for line in lines)


def when(condition: str) -> str:
    """A funnel whose first condition, on line 6, begins at column 20."""
    return rules("{to: mql, when: " + condition + "}")


def scores(*lines: str) -> str:
    """A funnel with a score `s`, whose lines are these; the first is line 9."""
    return (
        rules("{to: mql, when: {score: s, at_least: 1}}")
        + "scores:\n  s:\n"
        + "".join(f"    {line}\n" for line in lines)
    )


TWO_SIGNALS = """signals:
  - {name: s, in: mql, when: {did: x}}
  - {name: s, in: sql, when: {did: y}}
"""
CASES: list[tuple[str, str | bytes, int, int, str]] = [
    # code, file, line, column, something that the message or hint says
    ("not-utf8", "funnel: f\nstages: [å".encode() + b"\xff]", 2, 11, "0xff"),
    ("control-character", "funnel: f\nstages: [\x07]", 2, 10, "U+0007"),
    ("too-large", " " * (MAX_BYTES + 1), 1, 1, "1,048,576"),
    (
        "too-large",
        "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(
            f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
            for old, new in zip("abcdef", "bcdefg", strict=True)
        ),
        5,
        35,
        "100,000",
    ),
    (
        "too-large",
        rules("{to: mql, when: {use: d14}}")
        + "define:\n  d0: {did: x}\n"
        + "".join(f"  d{n}: {{all: [{{use: d{n - 1}}}, {{use: d{n - 1}}}]}}\n" for n in range(1, 15)),
        20,
        8,
        "`d12`",
    ),
    ("too-deep", "a: " + "[" * 100 + "]" * 100, 1, 63, "60 levels"),
    ("too-deep", "a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 30 + "*a" + "]" * 30, 2, 34, "60 levels"),
    ("not-yaml", HEAD + "\ttransitions: []", 5, 1, "spaces, not with tabs"),
    ("not-yaml", "funnel: f\nstages: [lead}", 2, 14, "YAML"),
    ("not-yaml", "funnel: a: b", 1, 10, "YAML"),
    ("empty-file", "", 1, 1, "preset"),
    ("empty-file", "# only a comment\n---\n", 1, 1, "preset"),
    ("many-documents", "funnel: f\n---\nfunnel: g\n", 2, 1, "second document"),
    ("unknown-tag", HEAD + "transitions: !!seq\n" + RULE, 5, 14, "tag"),
    ("unknown-alias", HEAD + "define: {d: &deal {did: x}, e: *dael}", 5, 32, "did you mean `deal`?"),
    ("unknown-alias", "a: &a [*a]", 1, 8, "`*a`"),
    ("duplicate-key", rules("{to: mql, when: {did: x}, to: sql}"), 6, 31, "the first is at 6:6"),
    ("bad-key", when("{did: x, where: {2024: y}}"), 6, 38, "`2024`"),
    ("number-out-of-range", when("{trait: x, is: .inf}"), 6, 36, "finite"),
    ("number-out-of-range", when("{trait: x, is: 12345678901234567890}"), 6, 36, "quotes"),
    ("number-out-of-range", when("{trait: x, is: " + "9" * 5000 + "}"), 6, 36, "finite"),
    ("no-value", when("{did: x, within: }"), 6, 30, "`within`"),
    ("no-value", when("{trait: x, is: null}"), 6, 32, "`exists: false`"),
    ("no-value", when("{did: [x, ~]}"), 6, 31, "no value"),
    ("no-value", HEAD + "transitions:\n", 5, 1, "`transitions`"),
    ("unknown-key", "stagse: [a]\n" + rules(RULE.strip(" -\n")), 1, 1, "did you mean `stages`?"),
    ("unknown-key", rules("{to: mql, wen: {did: x}}"), 6, 15, "did you mean `when`?"),
    ("unknown-key", when("{did: x, times: 2, withing: 3d}"), 6, 40, "did you mean `within`?"),
    ("unknown-key", when("{trait: x, starts-with: y}"), 6, 32, "did you mean `starts_with`?"),
    ("unknown-key", when("{did: x, where: {y: {abov: 3}}}"), 6, 42, "did you mean `above`?"),
    ("unknown-key", when("{quiet: {fro: 3d, for: 3d}}"), 6, 30, "did you mean `for`?"),
    ("unknown-key", when("{did: x, score: s}"), 6, 30, "under `all"),
    ("unknown-key", scores("halflife: 3d", "points: [{on: x, add: 1}]"), 9, 5, "did you mean `half_life`?"),
    ("unknown-key", scores("points: [{on: x, add: 1, atmost: 3}]"), 9, 30, "did you mean `at_most`?"),
    ("unknown-key", "calender: {zone: UTC}\n" + rules("{to: mql, when: {did: x}}"), 1, 1, "`calender`"),
    (
        "unknown-key",
        "hold: {when: {has: x}, until: 3d}\n" + rules("{to: mql, when: {did: x}}"),
        1,
        24,
        "when",
    ),
    ("missing-key", rules("{to: mql}"), 6, 5, "`when`"),
    ("missing-key", "stages: [a]\ntransitions: [{from: any, when: {did: x}, to: a}]", 1, 1, "`funnel`"),
    ("missing-key", when("{at_least: 1}"), 6, 21, "`of`"),
    ("unknown-condition", when("{dit: x}"), 6, 22, "did you mean `did`?"),
    ("unknown-condition", when("{frequency: 3}"), 6, 22, "`frequency`"),
    ("bad-count", when("{sequence: [x]}"), 6, 32, "at least 2"),
    ("unknown-key", when("{sequence: [x, {did: y, times: 2}]}"), 6, 45, "`times`"),
    ("unknown-condition", when("{}"), 6, 21, "says nothing"),
    ("unknown-condition", scores("points: [{onn: x, add: 1}]"), 9, 15, "did you mean `on`?"),
    ("not-a-condition", when("[{did: x}]"), 6, 21, "`all: […]`"),
    ("not-a-condition", when("demo"), 6, 21, "`demo`"),
    ("not-a-condition", when("{all: [{did: x}, y]}"), 6, 38, "`y`"),
    ("wrong-type", "- a\n", 1, 1, "mapping"),
    ("wrong-type", HEAD + "transitions: 3", 5, 14, "a list"),
    ("wrong-type", when("{did: x, times: two}"), 6, 37, "a whole number"),
    ("wrong-type", when("{did: x, times: true}"), 6, 37, "a whole number"),
    ("wrong-type", when("{trait: x, is: [a, b]}"), 6, 36, "`in`"),
    ("wrong-type", when("{trait: x, above: true}"), 6, 39, "a number or text"),
    ("wrong-type", when("{trait: x, exists: yes}"), 6, 40, "`true` or `false`"),
    ("wrong-type", when("{trait: x, starts_with: 47}"), 6, 45, "quotes"),
    ("wrong-type", scores("points: [{on: x, add: many}]"), 9, 27, "a number"),
    ("bad-duration", when("{in_stage: 3 days}"), 6, 32, "30d"),
    ("bad-duration", when("{in_stage: 0d}"), 6, 32, "above zero"),
    ("bad-duration", when("{in_stage: 4bh}"), 6, 32, "30d"),
    ("bad-duration", when("{in_stage: 30}"), 6, 32, "30d"),
    ("bad-duration", when("{in_stage: 99999999w}"), 6, 32, "hundred years"),
    ("bad-name", "funnel: My Funnel\nstages: [a, b]\n" + TO_B, 1, 9, "a-z"),
    ("bad-name", HEAD + "transitions:\n" + RULE + "define: {Ready Now: {did: x}}", 7, 10, "a-z"),
    ("bad-path", when("{trait: company..size, is: 1}"), 6, 29, "`company..size`"),
    ("bad-path", when("{did: x, where: {.y: 1}}"), 6, 38, "`.y`"),
    ("bad-activity-type", when("{did: '--'}"), 6, 27, "no letter or digit"),
    ("bad-value", when("{did: x, since: stage}"), 6, 37, "`entry`"),
    ("bad-count", when("{did: x, times: 65}"), 6, 37, "64"),
    ("bad-count", when("{did: x, times: 0}"), 6, 37, "1"),
    ("bad-count", when("{all: []}"), 6, 27, "at least 1"),
    ("bad-count", scores("limits: [1, 2, 3]", "points: [{on: x, add: 1}]"), 9, 13, "2"),
    ("bad-count", scores("limits: [1]", "points: [{on: x, add: 1}]"), 9, 13, "pair"),
    ("unknown-stage", rules("{to: mqll, when: {did: x}}"), 6, 10, "did you mean `mql`?"),
    ("unknown-stage", rules("{to: mql, from: [lead, leed], when: {did: x}}"), 6, 28, "did you mean `lead`?"),
    ("unknown-stage", rules("{to: mql, from: [any], when: {did: x}}"), 6, 22, "`from: any`"),
    ("unknown-stage", when("{visited: recycle}"), 6, 31, "did you mean `recycled`?"),
    ("unknown-stage", "funnel: f\nstages: [a, b]\nfinal: [c]\n" + TO_B, 3, 9, "a, b"),
    ("unknown-score", when("{any: [{score: sx, below: 3}]}"), 6, 36, "no score in this file"),
    ("unknown-score", rules("{to: mql, when: {did: x}, resets: [s]}"), 6, 40, "no score in this file"),
    (
        "unknown-score",
        "hold: {when: {score: s, below: 3}}\n" + rules("{to: mql, when: {did: x}}"),
        1,
        22,
        "`s`",
    ),
    ("bad-duration", rules("{to: mql, when: {did: x}, again_after: soon}"), 6, 44, "30d"),
    (
        "unknown-stage",
        rules("{to: mql, when: {did: x}}") + "signals: [{name: s, in: mlq, when: {did: x}}]",
        7,
        25,
        "`mql`",
    ),
    (
        "missing-key",
        rules("{to: mql, when: {did: x}}") + "signals: [{name: s, when: {did: x}}]",
        7,
        11,
        "`in`",
    ),
    ("duplicate-signal", rules("{to: mql, when: {did: x}}") + TWO_SIGNALS, 9, 12, "8:12"),
    (
        "unknown-score",
        rules("{to: mql, when: {did: x}}") + "signals: [{name: s, in: mql, when: {score: t, below: 1}}]",
        7,
        44,
        "`t`",
    ),
    ("unknown-definition", when("{use: redy}") + "define: {ready: {did: x}}", 6, 27, "`ready`"),
    ("duplicate-stage", "funnel: f\nstages: [a, b]\noff_path: [b]\n" + TO_B, 3, 12, "2:13"),
    (
        "duplicate-transition",
        rules(*["{to: mql, when: {did: x}}"] * 2),
        7,
        10,
        "`to-mql` (the first at 6:10)",
    ),
    (
        "duplicate-transition",
        rules("{to: mql, when: {did: x}}", "{to: mql, name: to-mql, when: {did: y}}"),
        7,
        21,
        "6:10",
    ),
    (
        "reserved-name",
        "funnel: f\nstages: [a, any]\ntransitions: [{to: any, when: {did: x}}]",
        2,
        13,
        "`any`",
    ),
    ("reserved-name", rules("{to: mql, name: created, when: {did: x}}"), 6, 21, "`created`"),
    (
        "define-circle",
        when("{use: a}") + "define:\n  a: {use: b}\n  b: {none: [{use: a}]}",
        9,
        20,
        "a → b → a",
    ),
    ("define-circle", when("{use: a}") + "define: {a: {use: a}}", 7, 19, "a → a"),
    ("from-needed", rules("{to: recycled, when: {did: x}}"), 6, 10, "off the path"),
    ("from-needed", rules("{to: lead, when: {did: x}}"), 6, 10, "first stage"),
    ("from-nowhere", rules("{to: recycled, from: earlier, when: {did: x}}"), 6, 26, "`recycled`"),
    ("from-nowhere", rules("{to: mql, from: mql, when: {did: x}}"), 6, 21, "to itself"),
    ("from-final", rules("{to: mql, from: [lead, sql], when: {did: x}}"), 6, 28, "`sql`"),
    (
        "time-circle",
        rules("{to: mql, when: {in_stage: 1d}}", "{to: lead, from: mql, when: {quiet: 1d}}"),
        7,
        5,
        "lead → mql → lead",
    ),
    ("no-operator", when("{trait: x}"), 6, 21, "at_least"),
    ("no-operator", when("{score: s}") + "scores: {s: {points: [{on: x, add: 1}]}}", 6, 21, "`below`"),
    ("no-operator", when("{did: x, where: {y: {}}}"), 6, 41, "is_not"),
    ("no-operator", when("{did: x, source: {}}"), 6, 38, "is_not"),
    ("bad-pattern", when("{trait: x, matches: '(a'}"), 6, 41, "missing )"),
    (
        "bad-pattern",
        scores("points: [{on: x, add: 1, where: {y: {matches: '(?=a)'}}}]"),
        9,
        51,
        "look-around",
    ),
    ("blank-text", when("{trait: x, has_word: [a, ' ']}"), 6, 46, "`has_word`"),
    ("reversed-bounds", scores("limits: [100, 0]", "points: [{on: x, add: 1}]"), 9, 13, "`100` is above `0`"),
    ("reversed-bounds", when("{trait: x, between: ['10', 9]}"), 6, 41, "`10`"),
    ("unlike-bounds", when("{trait: x, between: [1, b]}"), 6, 41, "text"),
    ("too-many-needed", when("{at_least: 3, of: [{has: x}, {has: y}]}"), 6, 32, "2 listed"),
    ("not-on-traits", scores("points: [{if: {any: [{did: x}, {has: x}]}, add: 1}]"), 9, 32, "`did`"),
    ("not-on-traits", scores("points: [{if: {use: d}, add: 1}]") + "define: {d: {quiet: 1d}}", 9, 25, "`d`"),
    ("adds-nothing", scores("points: [{on: x, add: 0}]"), 9, 27, "0 points"),
    ("per-without-bound", scores("points: [{on: x, add: 1, per: 7d}]"), 9, 35, "`at_most"),
    ("bound-too-wide", scores("points: [{on: x, add: -1, at_most: 65}]"), 9, 40, "64"),
]


@pytest.mark.parametrize(("code", "text", "line", "column", "says"), CASES)
def test_a_fault_has_its_code_and_place(
    code: str, text: str | bytes, line: int, column: int, says: str
) -> None:
    faults = faults_of(text)
    here = [fault for fault in faults if (fault.code, fault.line, fault.column) == (code, line, column)]
    assert here, f"expected {code} at {line}:{column}, among\n" + "\n".join(f"{f.code} {f}" for f in faults)
    assert says in str(here[0])
    assert str(here[0]).startswith(f"funnel.yaml:{line}:{column} ")


def test_every_code_has_a_case() -> None:
    assert {code for code, *_ in CASES} == set(FAULTS)


def test_a_case_is_wrong_in_one_way_only() -> None:
    told_once = {
        code: {fault.code for fault in faults_of(text)} for code, text, *_ in CASES if code != "bad-key"
    }
    assert {code: codes for code, codes in told_once.items() if len(codes) > 2} == {}


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
    funnel = load_funnel(HEAD + "define: {a: &c {did: Demo Requested}, b: *c}\ntransitions:\n" + RULE)
    assert funnel.define["a"] == funnel.define["b"]


def test_a_byte_order_mark_does_no_harm() -> None:
    assert load_funnel(b"\xef\xbb\xbf" + rules("{to: mql, when: {did: x}}").encode()).funnel == "f"


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
    text += "define: {d: {at_least: 1, of: [{in_stage: 1d}]}}"
    assert {fault.code for fault in faults_of(text)} == {"time-circle"}


def judged(text: str | bytes) -> tuple[Fault, ...]:
    """The faults of a text that may have none; any other exception is what these tests look for."""
    try:
        load_funnel(text)
    except FunnelFaults as error:
        return error.faults
    return ()


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_text_that_does_nothing_but_open_is_too_deep(opening: str) -> None:
    assert [fault.code for fault in judged(opening * 20_000)] == ["too-deep"]


PIECES = st.sampled_from(
    [
        *"{}[]:,-?&*!|>'\"#%@` \n\t\ufeffåa1",
        "funnel: f\n",
        "stages: [lead, mql]\n",
        "transitions:\n",
        RULE,
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
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join) | st.binary(max_size=40))
@settings(max_examples=400, deadline=None)
def test_whatever_comes_is_a_funnel_or_faults(text: str | bytes) -> None:
    assert all(fault.line >= 1 and fault.column >= 1 and fault.code in FAULTS for fault in judged(text))


FULL = (
    rules(
        "{to: mql, from: [lead, recycled], when: {any: [{did: [a, b], where: {p: {above: 1}}, within: 3d}]}}",
        "{to: sql, from: earlier, when: {at_least: 1, of: [{score: s, between: [1, 2]}, {use: d}]}}",
    )
    + "define: {d: {quiet: {for: 2d, of: [a]}}}\n"
    + "scores: {s: {half_life: 3d, limits: [0, 9], points: "
    + "[{on: a, add: 1, at_most: 3, per: 2d}, {if: {has: t}, add: 2}]}}\n"
)
SCALARS = st.sampled_from(
    ["null", "true", "3", "-1", "1e400", "x", "''", "[]", "{}", "[x, 3]", "{a: {b: c}}", "[[1]]"]
)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_any_word_of_a_funnel_may_be_anything(data: st.DataObject) -> None:
    tokens = FULL.replace("{", " { ").replace("}", " } ").split(" ")
    at = data.draw(st.integers(0, len(tokens) - 1))
    text = " ".join([*tokens[:at], data.draw(SCALARS), *tokens[at + 1 :]])
    assert {fault.code for fault in judged(text)} <= set(FAULTS)
