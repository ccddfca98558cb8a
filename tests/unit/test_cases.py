"""Cases, run: what passes, and how that which is not as it should be is told."""

import pytest

from qualifiers import compile_funnel, load_funnel
from qualifiers.cases import Failure, load_cases, run_case
from schemas.explanation import BLOCKS

FUNNEL = """
funnel: f
stages: [lead, mql, sql]
off_path: [recycled]
scores:
  interest: {half_life: 10d, points: [{on: ebook_downloaded, add: 10}]}
hold: {when: {trait: consent, is: withdrawn}}
transitions:
  - {to: mql, when: {did: demo_requested}}
  - {to: sql, when: {all: [{has: budget}, {did: demo_completed, times: 2}]}}
  - {name: asked, from: recycled, to: sql, when: {any: [{did: sales_contacted}, {has: timeline}]}}
  - {name: too-slow, from: mql, to: recycled, when: {in_stage: 16bh}}
  - {name: back, from: recycled, to: mql, when: {did: demo_requested, since: entry}, again_after: 30d}
signals:
  - {name: large, in: [mql, sql], when: {sum: value, of: rfp_received, at_least: 10}}
calendar: {zone: Europe/Oslo, hours: mon-fri 09:00-17:00}
"""


def failures(story: str, expected: str = "") -> tuple[Failure, ...]:
    """What is not as it should be of a case with this story, a line a line."""
    lines = "".join(f"      - {line}\n" for line in story.strip().splitlines())
    more = "".join(f"    {line}\n" for line in expected.splitlines())
    file = load_funnel(FUNNEL)
    funnel = compile_funnel(file)
    text = f"cases:\n  - name: n\n    story:\n{lines}{more}"
    [case] = load_cases(text, "f.cases.yaml", funnel, file.calendar)
    outcome = run_case(case, funnel)
    assert outcome.passed == (not outcome.failures)
    return outcome.failures


def told(story: str, expected: str = "") -> list[str]:
    """The same, in words."""
    return [failure.message for failure in failures(story, expected)]


PASSES = [
    ("a stage is entered at a line", "{did: demo_requested, becomes: mql, rule: to-mql}", ""),
    ("and is still the lead's later", "{did: demo_requested}\n{at: +1d, stage: mql, rule: to-mql}", ""),
    ("time moves a lead at its moment", "{did: demo_requested}\n{at: +16bh, becomes: recycled}", ""),
    ("a line without a moment is at that of the line before", "{did: demo_requested}\n{becomes: mql}", ""),
    ("nothing", "{did: x}", "moves: [lead]\nsignals: []\nnever: [mql, sql]"),
    ("all that happens", "{did: demo_requested}\n{at: +9d, stage: recycled}", "moves: [lead, mql, recycled]"),
    ("what is never so", "{did: x}", "never: {stage: [mql], rule: to-mql, signal: large}"),
    ("a score", "{did: ebook_downloaded, score: {interest: 10}}\n{at: +10d, score: {interest: 5}}", ""),
    ("a score to 4 decimals", "{did: ebook_downloaded}\n{at: +5d, score: {interest: 7.0711}}", ""),
    (
        "a score's bounds",
        "{did: ebook_downloaded, score: {interest: {at_least: 10, below: 11, between: [9, 10]}}}",
        "",
    ),
    (
        "a signal",
        "{did: demo_requested}\n{at: +1h, did: rfp_received, properties: {value: 12}, signal: large}",
        "signals: [large]",
    ),
    ("a move by a person", "{did: x}\n{moved_to: sql, becomes: sql, rule: manual}", ""),
    ("a repeat", "{did: demo_completed, id: a}\n{did: demo_requested, id: a}", "moves: [lead]"),
    ("a late activity", "{at: day 9, did: x}\n{at: day 2, did: demo_requested, becomes: mql}", ""),
    (
        "what is learnt",
        "{did: demo_requested}\n{traits: {consent: withdrawn}}\n{did: rfp_received}",
        "moves: [lead, mql]",
    ),
    (
        "leads by name",
        "{did: demo_requested}\n{lead: bert, did: x, becomes: lead}\n{lead: bert, stage: lead}",
        "moves: [lead, mql]",
    ),
    (
        "leads that are one",
        "{did: x}\n{lead: bert, did: demo_requested}\n{lead: bert, merged_into: lead}\n{rule: merged}",
        "moves: [lead, mql]",
    ),
]


@pytest.mark.parametrize(("story", "expected"), [one[1:] for one in PASSES], ids=[one[0] for one in PASSES])
def test_it_is_as_it_should_be(story: str, expected: str) -> None:
    assert told(story, expected) == []


FAILS = [
    ("{did: x, becomes: mql}", "", "it should become `mql`, and is in `lead`"),
    (
        "{did: demo_requested}\n{at: +1d, becomes: mql}",
        "",
        "it should become `mql` now, and has been in it since Mon 2026-01-05 09:00",
    ),
    (
        "{did: demo_requested}\n{at: day 5, moved_to: sql}\n{at: day 1, did: x, becomes: sql}",
        "",
        "it should become `sql` now, and has been in it since Fri 2026-01-09 09:00",
    ),
    ("{did: x, stage: mql}", "", "it should be in `mql`, and is in `lead`"),
    (
        "{did: x}\n{moved_to: mql, rule: to-mql}",
        "",
        "`to-mql` should have moved it, and the last that did is `manual`, to `mql`",
    ),
    ("{did: demo_requested, signal: large}", "", "`large` should be given now, and is not"),
    (
        "{did: demo_requested}\n{did: rfp_received, properties: {value: 12}}\n{at: +1s, signal: large}",
        "",
        "`large` should be given now, and is not",
    ),
    ("{did: x, score: {interest: 3}}", "", "`interest` should be 3, and is 0"),
    ("{did: x, score: {interest: {at_least: 3}}}", "", "`interest` should be at least 3, and is 0"),
    ("{did: x, score: {interest: {below: 0}}}", "", "`interest` should be below 0, and is 0"),
    ("{did: x, score: {interest: {between: [2, 3]}}}", "", "`interest` should be between 2 and 3, and is 0"),
    (
        "{did: demo_requested}",
        "moves: [lead]",
        "it should go through `lead`, and went through `lead` and `mql`",
    ),
    (
        "{did: demo_requested}",
        "signals: [large]",
        "the signals should be `large`, and are none",
    ),
    (
        "{did: demo_requested}",
        "never: mql",
        "it should never be in `mql`, and `to-mql` moves it there: Demo requested",
    ),
    (
        "{did: demo_requested}",
        "never: {rule: to-mql}",
        "`to-mql` should never move it, and does, to `mql`: Demo requested",
    ),
    (
        "{did: demo_requested}\n{did: rfp_received, properties: {value: 12}}",
        "never: {signal: large}",
        "`large` should never be given, and is: Value of rfp received adds up to at least 10 (12)",
    ),
    ("{lead: bert, did: x}\n{stage: lead}", "", "`lead` has not done anything by then"),
    ("{did: x}\n{did: lead_erased}\n{stage: lead}", "", "`lead` has been erased by then"),
    (
        "{did: x}\n{lead: bert, did: x}\n{merged_into: bert}\n{stage: lead}",
        "",
        "`lead` is a part of `bert` by then",
    ),
    ("{lead: bert, did: x, stage: mql}", "", "bert: it should be in `mql`, and is in `lead`"),
    (
        "{did: x}\n{did: stage_assigned, stage: lead}",
        "",
        "this can't be done: a stage_assigned names the stage in its properties: `to`",
    ),
    (
        "{did: x}\n{merged_into: lead, stage: lead}",
        "",
        "this can't be done: `lead` is `lead` already: a merge can't go in a circle",
    ),
]


@pytest.mark.parametrize(("story", "expected", "said"), FAILS, ids=[one[2] for one in FAILS])
def test_what_is_not_as_it_should_be_is_told(story: str, expected: str, said: str) -> None:
    assert told(story, expected) == [said]


def test_a_failure_has_its_place_its_moment_and_what_happened() -> None:
    [failure] = failures("{at: day 2 10:00, did: demo_requested}\n{at: +2h, did: x, becomes: sql}")
    assert (failure.line, failure.column) == (5, 36)
    assert failure.at == "Tue 2026-01-06 12:00"
    assert failure.happened == (
        "Tue 2026-01-06 10:00 lead, by created: First activity: demo requested",
        "Tue 2026-01-06 10:00 mql, by to-mql: Demo requested",
    )


MISSING = [
    ("{did: x, stage: mql}", ("for `to-mql`: demo requested (never)",)),
    (
        "{did: demo_requested}\n{did: demo_completed, becomes: sql}",
        ("for `to-sql`: demo completed 2 times (1 of 2) and has budget (budget missing)",),
    ),
    ("{did: x, stage: sql}", ("no transition leads from `lead` to `sql`",)),
    (
        "{did: demo_requested, rule: to-sql}",
        ("for `to-sql`: has budget (budget missing) and demo completed 2 times (never)",),
    ),
    ("{did: demo_requested, rule: back}", ("`back` does not lead out of `mql`",)),
    ("{did: x, signal: large}", ("`large` is not given in `lead`",)),
    (
        "{did: demo_requested}\n{did: rfp_received, properties: {value: 4}, signal: large}",
        ("for `large`: value of rfp received adds up to at least 10 (4 of 10)",),
    ),
    (
        "{did: demo_requested}\n{did: rfp_received, properties: {value: 12}}\n{at: +1h, signal: large}",
        ("for `large`: it has been given, and is true since",),
    ),
    (
        "{traits: {consent: withdrawn}}\n{did: demo_requested, becomes: mql}",
        (f"for `to-mql`: held back: {BLOCKS['hold']}",),
    ),
    (
        "{did: demo_requested}\n{at: +9d, rule: asked}",
        ("for `asked`: sales contacted (never), or another of its ways",),
    ),
    # It has been there: nothing was missing, and what happened says why it is elsewhere.
    ("{did: demo_requested}\n{at: +9d, stage: mql}", ()),
]


@pytest.mark.parametrize(("story", "missing"), MISSING, ids=[one[0] for one in MISSING])
def test_a_failure_says_which_condition_was_missing(story: str, missing: tuple[str, ...]) -> None:
    [failure] = failures(story)
    assert failure.missing == missing


def test_of_the_whole_the_next_step_says_what_it_lacks() -> None:
    [short] = failures("{did: demo_requested}", "moves: [lead, mql, sql]")
    assert short.missing == ("for `to-sql`: has budget (budget missing) and demo completed 2 times (never)",)
    [other] = failures("{did: demo_requested}", "moves: [lead, sql]")
    assert other.missing == ()
    [signals] = failures("{did: demo_requested}", "signals: [large]")
    assert signals.missing == ("for `large`: value of rfp received adds up to at least 10 (0 of 10)",)


def test_what_should_not_be_is_told_at_its_own_moment() -> None:
    [failure] = failures("{did: demo_requested}\n{at: +9d, stage: recycled}", "never: recycled")
    assert failure.at == "Tue 2026-01-06 17:00"


def test_what_is_known_comes_with_the_leads_own_first_activity_also_where_a_merge_has_made_it() -> None:
    story = (
        "{lead: bert, did: demo_requested}\n{lead: bert, merged_into: lead}\n" + "{did: demo_completed}\n" * 2
    )
    assert told(story, "traits: {budget: 9}\nmoves: [lead, mql, sql]") == []


def test_all_failures_of_a_case_are_told() -> None:
    assert len(told("{did: x, stage: mql, score: {interest: 4}}", "moves: [lead, mql]\nnever: lead")) == 4


def test_what_is_known_from_the_first_activity_on_gives_way_to_what_that_tells() -> None:
    demos = "\n{did: demo_completed}\n{did: demo_completed}"
    story = "{did: demo_requested, traits: {budget: 9, company: {size: 3}}}" + demos
    assert told(story, "traits: {budget: null, company: {name: A}}\nmoves: [lead, mql, sql]") == []
    assert told(story.replace("budget: 9, ", ""), "traits: {budget: 9}\nmoves: [lead, mql, sql]") == []
