"""`leadgate diff` and `leadgate backtest` over any stream under any funnels, beside what is decided alone."""

from collections import Counter, defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qualifiers import load_funnel
from qualifiers.backtest import Tally
from qualifiers.changes import changes
from qualifiers.meaning import funnel_hash
from qualifiers.parting import Parting
from qualifiers.starting_empty import starting_empty
from schemas.activity import Activity
from schemas.backtest_report import History
from schemas.dead_letter import Unreadable
from schemas.decision import Decision, Place, StageChange
from schemas.funnel_file import FunnelFile
from tests.profiles import share
from tests.properties.driving import Driven, compiled, loaded
from tests.properties.strategies import Case, cases, departing_cases

HISTORY = History(name="drawn", activities=1, duplicates=0, broken=0, leads=1, begins=None, ends=None)
any_cases = st.one_of(cases, departing_cases)


def decided(file_case: Case, activities: list[Activity]) -> tuple[Driven, list[Decision]]:
    """What one funnel decides by itself, time ended at the newest activity."""
    driven = Driven(compiled(file_case)).apply_all(activities)
    return driven, [*driven.said, *driven.replay.finish(Place())]


def by_lead(decisions: list[Decision]) -> dict[str, list[tuple[Any, ...]]]:
    """What two funnels can say otherwise."""
    found: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for one in decisions:
        if isinstance(one, StageChange):
            found[one.lead_id].append((one.from_, one.to, one.rule, one.occurred_at))
        else:
            found[one.lead_id].append((one.signal, one.stage, one.occurred_at))
    return found


def parted(old: FunnelFile, new: FunnelFile, activities: list[Activity]) -> Parting:
    parting = Parting(old, new)
    for activity in activities:
        try:
            parting.apply(activity, Place())
        except Unreadable:
            continue
    return parting


@settings(max_examples=share(0.5))
@given(any_cases, any_cases)
def test_the_leads_that_part_are_those_of_which_something_else_is_decided(case: Case, other: Case) -> None:
    old, old_said = decided(case, case.activities)
    new, new_said = decided(other, case.activities)
    parting = parted(loaded(case), loaded(other), case.activities)
    end = parting.finish(None)
    assert end is not None
    leads = parting.leads(HISTORY, HISTORY, end)
    was, now = by_lead(old_said), by_lead(new_said)
    differ = {lead for lead in was.keys() | now.keys() if was.get(lead) != now.get(lead)}
    assert {lead.lead_id for lead in leads.parted} == differ
    for lead in leads.parted:
        stages = [
            None if (kept := driven.leads.get(lead.lead_id)) is None else kept.stage for driven in (old, new)
        ]
        assert [lead.old_stage, lead.new_stage] == stages
        assert lead.elsewhere == (stages[0] != stages[1])
        assert lead.old_said != lead.new_said
    assert leads.elsewhere == sum(lead.elsewhere for lead in leads.parted)


@given(any_cases)
def test_no_lead_parts_under_the_same_funnel(case: Case) -> None:
    file = loaded(case)
    parting = parted(file, file, case.activities)
    end = parting.finish(None)
    assert end is not None
    leads = parting.leads(HISTORY, HISTORY, end)
    assert (leads.parted, leads.elsewhere, leads.at_once, leads.stranded) == ([], 0, [], {})
    assert changes(file, file) == []


@settings(max_examples=share(0.5))
@given(any_cases)
def test_no_lead_parts_where_a_stage_has_another_name(case: Case) -> None:
    old = loaded(case)
    new = load_funnel(case.text.replace("mql", "prospect") + "renamed: {mql: prospect}\n")
    parting = parted(old, new, case.activities)
    end = parting.finish(None)
    assert end is not None
    leads = parting.leads(HISTORY, HISTORY, end)
    assert (leads.parted, leads.elsewhere, leads.stranded) == ([], 0, {})
    assert [(one.part, one.name) for one in changes(old, new)] == [("renamed", "mql")]
    assert starting_empty(old, new) == []


@settings(max_examples=share(0.5))
@given(cases, cases)
def test_there_are_changes_where_the_hashes_differ(case: Case, other: Case) -> None:
    old, new = loaded(case), loaded(other)
    assert bool(changes(old, new)) == (funnel_hash(old) != funnel_hash(new))


@given(any_cases)
def test_a_backtest_counts_what_is_decided(case: Case) -> None:
    driven, said = decided(case, case.activities)
    tally = Tally(loaded(case))
    tally.take(said)
    report = tally.report(HISTORY, driven.leads, driven.replay.merged)
    moves = [one for one in said if isinstance(one, StageChange)]
    assert {(one.from_, one.to, one.rule): one.count for one in report.moves} == Counter(
        (one.from_, one.to, one.rule) for one in moves
    )
    assert {one.stage: one.leads for one in report.stages if one.leads} == Counter(
        lead.stage for lead in driven.leads.values()
    )
    assert {one.signal: one.given for one in report.signals if one.given} == Counter(
        one.signal for one in said if not isinstance(one, StageChange)
    )
    fired = Counter(one.rule for one in moves)
    assert all(one.fired == fired[one.rule] for one in report.rules)
    for one in report.conversions:
        assert one.went_on <= one.reached
    assert sum(one.entered for one in report.stages) == len(moves)
