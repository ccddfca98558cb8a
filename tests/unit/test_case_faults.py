"""Every fault that a file of cases can have: its code, its place, what is said and what to do."""

from typing import Any

import pytest

from qualifiers import compile_funnel, load_funnel
from qualifiers.case_fault_codes import CASE_FAULTS
from qualifiers.cases import CaseFaults, load_cases
from tests.unit.fault_cases.case import Case

FUNNEL = """
funnel: f
stages: [lead, mql, sql]
scores: {interest: {points: [{on: ebook_downloaded, add: 10}]}}
transitions: [{to: mql, when: {did: demo_requested}}]
signals: [{name: overdue, in: mql, when: {in_stage: 2d}}]
"""


def faults_of(text: str | bytes, funnel: str = FUNNEL) -> list[Any]:
    """The faults of a file of cases, which is called funnel.yaml here, as `Case` has it."""
    file = load_funnel(funnel)
    try:
        load_cases(text, "funnel.yaml", compile_funnel(file), file.calendar)
    except CaseFaults as error:
        return list(error.faults)
    return []


def cases(case: str) -> str:
    """A file of one case."""
    return f"cases:\n  - {{name: n, {case}}}\n"


def line(line: str) -> str:
    """A file of a case that has this line, and expects something."""
    return cases(f"story: [{line}], moves: [lead]")


MOMENT = "a moment is written as `day 3 10:00`, `monday 10:00`, `+2h` or `2026-01-31 10:00`"
START = "a case starts at a moment such as `2026-01-31 10:00`, `monday 10:00` or 2026-01-31T09:30:00Z"
DURATION = "a duration is a whole number above zero with a unit: 90s, 15m, 4h, 30d, 2w, 4bh"

CASES = [
    # As in any file
    Case("empty-file", "▸", "the file is empty", "start from a preset: startup, consulting or agency"),
    Case("not-yaml", "cases: [▸", "this cannot be read as YAML: did not find expected node content"),
    Case("wrong-type", "▸- 1", "a file of cases is a mapping that begins with `cases:`"),
    Case(
        "wrong-type",
        "▸funnel: f\nstages: [lead, mql]",
        "this is a funnel file, and no file of cases",
        "name the file of its cases",
    ),
    Case("missing-key", "▸{}", "`cases` is missing here"),
    Case("wrong-type", "cases: ▸{name: n}", "a list is needed for `cases`"),
    Case("bad-count", "cases: ▸[]", "`cases` needs at least 1"),
    Case("missing-key", "cases: [▸{name: n, moves: [lead]}]", "`story` is missing here"),
    Case(
        "unknown-key",
        cases("▸storry: [{did: x}], moves: [lead]"),
        "unknown key `storry`",
        "did you mean `story`?",
    ),
    Case("unknown-key", line("{did: x, ▸tarits: {a: 1}}"), "unknown key `tarits`", "did you mean `traits`?"),
    Case("no-value", line("{▸did: }"), "`did` has no value", "write one, or take the key out"),
    Case("wrong-type", line("{did: ▸1}"), "text is needed for `did`", "put it in quotes"),
    Case(
        "wrong-type",
        line("{did: x, score: {interest: ▸much}}"),
        "`interest`: a number is needed here, or bounds such as {at_least: 40}",
    ),
    Case(
        "unknown-key",
        line("{did: x, score: {interest: {▸atleast: 4}}}"),
        "unknown key `atleast`",
        "did you mean `at_least`?",
    ),
    # Moments
    Case("bad-moment", line("{at: ▸tomorrow, did: x}"), f"`at`: {MOMENT}"),
    Case("bad-moment", line("{at: ▸12, did: x}"), f"`at`: {MOMENT}"),
    Case("bad-moment", line("{at: ▸+2 days, did: x}"), f"`at`: {DURATION}"),
    Case("bad-moment", line("{at: ▸2026-02-30, did: x}"), "`at`: there is no date 2026-02-30"),
    Case(
        "bad-moment",
        line("{at: ▸9999-12-31, did: x}"),
        "`at`: a moment of a case lies in the years 1970 to 9999",
    ),
    Case("bad-moment", cases("starts: ▸day 3, story: [{did: x}], moves: [lead]"), f"`starts`: {START}"),
    Case(
        "bad-moment",
        cases("starts: ▸1960-01-01, story: [{did: x}], moves: [lead]"),
        "`starts`: a moment of a case lies in the years 1970 to 9999",
    ),
    Case(
        "calendar-needed",
        line("{at: ▸+4bh, did: x}"),
        "`+4bh` needs a `calendar`, and the funnel has none",
        "count in hours: +4h",
    ),
    Case(
        "moment-before",
        line("{at: day 3, did: x}, {at: ▸day 2, stage: lead}"),
        "this is before Wed 2026-01-07 09:00, to which the lines above have come",
        "only what is done may come late; put an expectation where its moment is",
    ),
    Case(
        "moment-before",
        line("{at: day 3, did: x}, {at: day 2, did: y}, ▸{stage: lead}"),
        "this is before Wed 2026-01-07 09:00, to which the lines above have come",
        "only what is done may come late; put an expectation where its moment is",
    ),
    # What a line says
    Case(
        "no-line",
        line("▸{at: day 3}"),
        "the line says neither what is done nor what is expected",
        "add one of: did, moved_to, merged_into, traits, becomes, stage, rule, signal, score",
    ),
    Case(
        "several-deeds",
        line("{did: x, ▸moved_to: mql}"),
        "a line says one thing that is done, and here are `did` and `moved_to`",
        "give each a line of its own",
    ),
    Case(
        "not-of-a-deed",
        line("{▸properties: {a: 1}, moved_to: mql}"),
        "`properties` is an activity's, and there is no `did` here",
        "add `did`, or take it out",
    ),
    Case(
        "no-expectation",
        "cases: [▸{name: n, story: [{did: x}]}]",
        "the case expects nothing, so it can't fail",
        "add `moves: […]`, or `stage` to a line",
    ),
    Case(
        "no-expectation",
        cases("story: [{did: x}], never: ▸{}"),
        "`never` names nothing that must not be",
        "name a stage, a rule or a signal, or take it out",
    ),
    Case(
        "no-expectation",
        cases("story: [{lead: visitor, did: x}], ▸never: mql"),
        "`never` is about `lead`, and no line is",
        "leave `lead` out of the lines about it",
    ),
    Case(
        "no-operator",
        line("{did: x, score: {interest: ▸{}}}"),
        "nothing says what `interest` is to be",
        "write a number, or bounds such as {at_least: 40}",
    ),
    Case("bad-count", line("{did: x, score: ▸{}}"), "`score` needs at least 1"),
    Case(
        "no-value",
        "cases: [{name: ▸'', story: [{did: x}], moves: [lead]}]",
        "`name` is empty",
        "write one, or take the key out",
    ),
    Case("no-value", line("{did: x, id: ▸''}"), "`id` is empty", "write one, or take the key out"),
    Case(
        "duplicate-case",
        "cases:\n- {name: n, story: [{did: x}], never: sql}\n- {name: ▸n, story: [{did: x}], never: sql}",
        "the case `n` is there twice (the first is at 2:10)",
        "give one of them another name",
    ),
    # Names
    Case("unknown-stage", line("{did: x, stage: ▸mqll}"), "unknown stage `mqll`", "did you mean `mql`?"),
    Case("unknown-stage", line("{moved_to: ▸no}"), "unknown stage `no`", "there are: lead, mql, sql"),
    Case("unknown-stage", line("{did: x, becomes: ▸sqll}"), "unknown stage `sqll`", "did you mean `sql`?"),
    Case(
        "unknown-stage",
        cases("story: [{did: x}], moves: [lead, ▸sqll]"),
        "unknown stage `sqll`",
        "did you mean `sql`?",
    ),
    Case(
        "unknown-stage",
        cases("story: [{did: x}], never: ▸sqll"),
        "unknown stage `sqll`",
        "did you mean `sql`?",
    ),
    Case("unknown-rule", line("{did: x, rule: ▸to-mq}"), "unknown rule `to-mq`", "did you mean `to-mql`?"),
    Case(
        "unknown-rule",
        cases("story: [{did: x}], never: {rule: ▸quiet}"),
        "unknown rule `quiet`",
        "there are: created, manual, merged, to-mql",
    ),
    Case(
        "unknown-signal",
        line("{did: x, signal: ▸overdo}"),
        "unknown signal `overdo`",
        "did you mean `overdue`?",
    ),
    Case(
        "unknown-signal",
        cases("story: [{did: x}], signals: [▸late]"),
        "unknown signal `late`",
        "there are: overdue",
    ),
    Case("unknown-score", line("{did: x, score: {▸fit: 1}}"), "unknown score `fit`", "there are: interest"),
    Case(
        "odd-activity",
        line("{did: ebook_download}, {did: ▸demo_requestet}"),
        "no rule asks for `demo_requestet`, and it is one letter from `demo_requested`",
        "did you mean `demo_requested`?",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_is_told_alone_in_its_place_with_what_to_do(case: Case) -> None:
    assert faults_of(case.text) == [case.fault]


def test_every_code_has_a_case() -> None:
    assert set(CASE_FAULTS) <= {case.code for case in CASES}


def test_all_faults_are_told_at_once() -> None:
    text = """
cases:
  - name: one
    story:
      - {at: later, did: x, stage: mqll}
      - {did: x, did: y}
  - {name: one, story: [{}]}
"""
    assert [(fault.line, fault.code) for fault in faults_of(text)] == [
        (5, "bad-moment"),
        (5, "unknown-stage"),
        (6, "duplicate-key"),
        (7, "no-expectation"),
        (7, "duplicate-case"),
        (7, "no-line"),
    ]


def test_a_lead_may_do_nothing_but_turn_out_to_be_the_one_that_the_case_is_about() -> None:
    story = "story: [{lead: visitor, did: x}, {lead: visitor, merged_into: lead}], moves: [lead]"
    assert faults_of(cases(story)) == []


def test_what_an_activity_has_may_be_null() -> None:
    assert faults_of(line("{did: x, properties: {a: null}, traits: {b: {c: null}, d: [null]}}")) == []


def test_a_type_that_no_rule_asks_for_is_fine() -> None:
    assert faults_of(line("{did: newsletter_opened}, {did: step_2}")) == []


def test_a_type_that_no_rule_need_ask_for_may_be_misspelt_too() -> None:
    [fault] = faults_of(line("{did: lead_erasd}"))
    assert (fault.code, fault.hint) == ("odd-activity", "did you mean `lead_erased`?")


def test_what_is_in_business_hours_needs_a_calendar_that_there_is() -> None:
    assert faults_of(line("{at: +4bh, did: x}"), FUNNEL + "calendar: {hours: mon-fri 09:00-17:00}\n") == []
