"""The incremental engine says what the brute force says, and says it however it is driven."""

from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.activity import Activity
from schemas.decision import Place, moves
from schemas.lead_state import due_and_stage, encode_lead
from schemas.moments import DAY, parse_moment
from tests.profiles import share
from tests.properties.brute_force import BruteForce, Given, Move
from tests.properties.driving import (
    Driven,
    assert_same,
    by_brute_force,
    by_engine,
    compiled,
    end_of,
    loaded,
)
from tests.properties.strategies import (
    Case,
    assigned_cases,
    cases,
    departing_cases,
    general_cases,
    returning_cases,
    scored_cases,
    timely_cases,
)
from tests.properties.strategies_streams import MAX_LEADS

all_cases = st.one_of(cases, cases, departing_cases)
wakes = st.lists(st.tuples(st.integers(0, MAX_LEADS - 1), st.floats(0, 1)), min_size=1, max_size=40)
"""Before one activity each: which lead is woken, and how far on the way to what limits it."""


@settings(max_examples=share(2))
@given(general_cases)
def test_the_engine_says_what_the_brute_force_says(case: Case) -> None:
    assert_same(by_engine(case).said, by_brute_force(case))


@settings(max_examples=share(2))
@given(scored_cases)
def test_the_engine_scores_as_the_brute_force_does(case: Case) -> None:
    assert_same(by_engine(case).said, by_brute_force(case))


@settings(max_examples=share(2))
@given(st.one_of(timely_cases, returning_cases))
def test_time_alone_moves_leads_as_the_brute_force_does(case: Case) -> None:
    assert_same(by_engine(case).said, by_brute_force(case))


@given(assigned_cases)
def test_what_a_person_moves_is_held_back_as_the_brute_force_says(case: Case) -> None:
    assert_same(by_engine(case).said, by_brute_force(case))


@settings(max_examples=share(2))
@given(departing_cases)
def test_leads_are_merged_and_erased_as_the_brute_force_does_it(case: Case) -> None:
    assert_same(by_engine(case).said, by_brute_force(case))


@given(all_cases, wakes)
def test_what_comes_after_time_has_passed_it_is_late(case: Case, wakes: list[tuple[int, float]]) -> None:
    """Live, the clock may have moved a lead past what is still on its way."""
    driven, brute = Driven(compiled(case)), BruteForce(loaded(case))
    said: list[Move | Given] = []
    started, end = case.activities[0].occurred_at, case.activities[-1].occurred_at + 8 * DAY
    waiting = iter(wakes)
    for activity in case.activities:
        lead_number, fraction = next(waiting, (0, 0.5))
        woken = f"lead-{lead_number}"
        if woken in driven.leads:
            moment = started + int((end - started) * fraction)
            driven.advance(woken, moment)
            said += brute.advance(woken, moment)
        driven.apply(activity)
        said += brute.apply(activity) or []
    assert_same(driven.said, said)


@settings(max_examples=share(0.5))
@given(all_cases)
def test_a_replay_says_the_same_word_for_word(case: Case) -> None:
    first, second = by_engine(case), by_engine(case)
    assert first.by_lead() == second.by_lead()
    assert [one.id for one in first.said] == [one.id for one in second.said]
    assert {name: encode_lead(lead) for name, lead in first.leads.items()} == {
        name: encode_lead(lead) for name, lead in second.leads.items()
    }


@given(all_cases, st.data())
def test_a_state_stored_and_loaded_between_any_two_activities_changes_nothing(
    case: Case, data: st.DataObject
) -> None:
    driven = Driven(compiled(case))
    cuts = data.draw(st.sets(st.integers(0, len(case.activities)))) if data.draw(st.booleans()) else None
    for number, activity in enumerate(case.activities):
        if cuts is None or number in cuts:
            driven.store_and_load(activity.lead_id)
        driven.apply(activity)
    for lead_id in driven.leads:
        driven.store_and_load(lead_id)
    assert driven.fall_silent(case.activities).by_lead() == by_engine(case).by_lead()


@settings(max_examples=share(0.5))
@given(cases, st.randoms(use_true_random=False))
def test_what_one_lead_does_never_changes_what_another_gets(case: Case, random: Any) -> None:
    by_lead: dict[str, list[Activity]] = {}
    for activity in case.activities:
        by_lead.setdefault(activity.lead_id, []).append(activity)
    turns = [activity.lead_id for activity in case.activities]
    random.shuffle(turns)
    mixed = Driven(compiled(case)).apply_all(by_lead[lead_id].pop(0) for lead_id in turns)
    assert mixed.fall_silent(case.activities).by_lead() == by_engine(case).by_lead()


@given(cases, wakes)
def test_waking_a_lead_before_its_next_activity_changes_nothing(
    case: Case, wakes: list[tuple[int, float]]
) -> None:
    """Live, a clock wakes leads at moments of its own; history knows activities alone."""
    driven = Driven(compiled(case))
    waiting = iter(wakes)
    for number, activity in enumerate(case.activities):
        lead_number, fraction = next(waiting, (0, 0.5))
        woken = f"lead-{lead_number}"
        if woken in driven.leads:
            upcoming = (one for one in case.activities[number:] if one.lead_id == woken)
            limit = next(upcoming, None)
            moment = limit.occurred_at if limit else end_of(case.activities)
            started = case.activities[0].occurred_at
            driven.advance(woken, started + int((moment - started) * fraction))
        driven.apply(activity)
    assert driven.fall_silent(case.activities).by_lead() == by_engine(case).by_lead()


@settings(max_examples=share(0.5))
@given(all_cases)
def test_the_due_moment_is_never_too_late_and_each_can_be_met_alone(case: Case) -> None:
    """Whoever wakes each lead at its due moment alone, one after the other, hears everything."""
    driven = Driven(compiled(case)).apply_all(case.activities)
    end = end_of(case.activities)
    for lead_id in sorted(driven.leads):
        while (due := driven.leads[lead_id].due) <= end:
            said = len(driven.said)
            driven.advance(lead_id, due - 1)
            assert len(driven.said) == said, "something happened before the lead was due"
            driven.advance(lead_id, due)
            assert driven.leads[lead_id].due > due, "a lead is due twice at one moment"
    assert driven.by_lead() == by_engine(case).by_lead()


@settings(max_examples=share(0.5))
@given(cases, st.lists(st.tuples(st.integers(1, 32), st.integers(-(10**9), 10**9)), min_size=1))
def test_a_repeat_changes_nothing_whatever_it_carries(case: Case, repeats: list[tuple[int, int]]) -> None:
    """The id alone makes a repeat. Neither the state nor what is said later changes by a bit."""
    driven = Driven(compiled(case))
    applied: dict[str, list[Activity]] = {}
    for number, activity in enumerate(case.activities):
        if driven.apply(activity) == "applied":
            applied.setdefault(activity.lead_id, []).append(activity)
        of_the_lead = applied.get(activity.lead_id)
        if of_the_lead is None:
            continue  # a dead letter came first: there is nothing to repeat
        ago, off = repeats[number % len(repeats)]
        before = of_the_lead[-min(ago, len(of_the_lead))]
        state = encode_lead(driven.leads[activity.lead_id])
        repeat = activity.but(id=before.id, occurred_at=activity.occurred_at + off, type="deal")
        assert driven.apply(repeat) == "duplicate"
        assert encode_lead(driven.leads[activity.lead_id]) == state
    assert driven.fall_silent(case.activities).by_lead() == by_engine(case).by_lead()


@settings(max_examples=share(0.5))
@given(cases)
def test_what_is_said_fits_together(case: Case) -> None:
    """Without any oracle: seq without gaps, each from is the to before, time never runs back."""
    driven = by_engine(case)
    for lead_id, lead in driven.leads.items():
        said = moves(one for one in driven.said if one.lead_id == lead_id)
        assert [one.seq for one in said] == list(range(1, len(said) + 1))
        assert said[0].from_ is None
        for before, after in pairwise(said):
            assert after.from_ == before.to
            stayed = parse_moment(after.occurred_at) - parse_moment(before.occurred_at)
            assert stayed >= 0
            assert after.previous_stage_seconds == stayed / 1000
        assert len({one.id for one in said}) == len(said)
        assert due_and_stage(encode_lead(lead)) == (lead.due, said[-1].to)
        view = driven.funnel.view(lead_id, lead)
        assert (view.stage, view.since, view.seq) == (
            said[-1].to,
            parse_moment(said[-1].occurred_at),
            len(said),
        )


@settings(max_examples=share(0.5))
@given(cases)
def test_a_funnel_that_is_accepted_comes_to_rest(case: Case) -> None:
    """Time alone moves a lead on a few times at most: no circle turns for ever, unless it is slowed."""
    if any(rule.again_after is not None for rule in loaded(case).transitions):
        return
    driven = Driven(compiled(case)).apply_all(case.activities)
    for lead_id in driven.leads:
        before = len(driven.said)
        driven.advance(lead_id, end_of(case.activities))
        assert len(moves(driven.said[before:])) <= 2 * len(driven.funnel.stages)


@settings(max_examples=share(0.2))
@given(cases)
def test_a_decision_names_the_place_where_it_was_made(case: Case) -> None:
    driven = Driven(compiled(case))
    for line, activity in enumerate(case.activities, start=1):
        before = len(driven.said)
        driven.apply(activity, Place(line=line))
        for change in driven.said[before:]:
            cause = msgspec.to_builtins(change.cause)
            assert cause == {"activity_id": activity.id, "line": line} or (
                cause.keys() == {"due", "before_line"} and cause["before_line"] == line
            )
