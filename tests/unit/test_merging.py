"""`lead_merged` and `lead_erased`: a lead becomes part of another, or is forgotten."""

from collections.abc import Callable
from typing import Any

import pytest

from qualifiers.merging import KEPT_ABSORBED
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.decision import Place
from schemas.lead_state import encode_lead
from schemas.moments import HOUR
from tests.unit.story import START, Leads, hours

TO_B = {"to": "b", "when": {"did": "asked"}}
TO_C = {"to": "c", "when": {"did": "agreed"}}
QUIET = {"name": "quiet", "from": ["a", "b"], "to": "out", "when": {"quiet": "10d"}}


def score(**more: Any) -> dict[str, Any]:
    return {"interest": {"points": [{"on": "seen", "add": 10} | more]}}


# Merging ----------------------------------------------------------------------------------------------


def test_the_further_stage_wins_with_its_entry() -> None:
    leads = Leads(transitions=[TO_B, TO_C]).does("anon", "asked", 1).does("anna", "seen", 5)
    leads.merges("anon", "anna", 8)
    assert leads.of("anna") == [(1, "created", "a"), (2, "merged", "b")]
    change = leads.said[-1]
    assert (hours(change), change.late, change.previous_stage_seconds) == (1, False, 0)
    assert change.reason == "Merged with anon, which was in b"
    assert change.evidence[0].activity_id == "activity-3"
    assert leads.view("anna").created == START + HOUR
    assert "anon" not in leads.replay.leads


def test_an_equal_stage_keeps_the_survivors_entry() -> None:
    leads = (
        Leads(transitions=[TO_B]).does("anon", "seen", 1).does("anna", "seen", 5).merges("anon", "anna", 8)
    )
    assert leads.of("anna") == [(1, "created", "a")]
    assert leads.view("anna").since == START + 5 * HOUR


@pytest.mark.parametrize(
    ("anon", "anna", "merged"),
    [
        ("out", "a", False),
        ("a", "out", True),
        ("won", "c", True),
        ("lost", "c", True),
        ("c", "won", False),
        ("won", "lost", True),  # both final: further along the path
        ("c", "b", True),
        ("b", "b", False),
    ],
)
def test_final_beats_path_beats_off_path_then_further_along(anon: str, anna: str, merged: bool) -> None:
    leads = Leads(
        stages=["a", "b", "c", "won"],
        off_path=["out", "lost"],
        final=["won", "lost"],
        transitions=[TO_B],
    )
    leads.does("anon", "stage_assigned", to=anon).does("anna", "stage_assigned", to=anna).merges(
        "anon", "anna"
    )
    assert [rule for _, rule, _ in leads.of("anna")].count("merged") == merged


def test_a_survivor_that_does_not_exist_yet_is_created() -> None:
    leads = Leads(transitions=[TO_B]).does("anon", "asked", 1).merges("anon", "anna", 8)
    assert leads.of("anna") == [(1, "created", "a"), (2, "merged", "b")]


def test_a_lead_that_is_not_known_leaves_the_mark_only() -> None:
    leads = Leads(transitions=[TO_B]).merges("anon", "anna", 1)
    assert leads.said == []
    leads.does("anon", "asked", 2)
    assert leads.of("anna") == [(1, "created", "a"), (2, "to-b", "b")]


def test_later_activities_are_forwarded_along_all_marks() -> None:
    leads = Leads(transitions=[TO_B]).does("one", "seen").merges("one", "two").merges("two", "three")
    assert leads.does("one", "asked", 1).of("three")[-1] == (2, "to-b", "b")


def test_what_both_did_counts_together() -> None:
    twice = {"to": "b", "when": {"did": "seen", "times": 2}}
    leads = (
        Leads(transitions=[twice]).does("anon", "seen", 1).does("anna", "seen", 5).merges("anon", "anna", 8)
    )
    assert leads.of("anna")[-1] == (2, "to-b", "b")
    assert hours(leads.said[-1]) == 8


def test_the_stay_that_goes_on_is_that_of_the_further_lead() -> None:
    called = {"to": "c", "when": {"did": "called", "since": "entry"}}
    leads = Leads(transitions=[TO_B, called]).does("anna", "asked", 1).does("anon", "seen", 1)
    leads.does("anon", "called", 2).merges("anon", "anna", 3)
    assert leads.view("anna").stage == "b", "what the other did is no part of the stay"
    assert leads.does("anon", "called", 4).view("anna").stage == "c"


@pytest.mark.parametrize(
    ("more", "seen", "points"),
    [
        ({}, (3, 4), 70),
        ({"at_most": 30}, (3, 4), 30),
        ({"at_most": 30}, (1, 1), 20),
        ({"at_most": 30, "per": "24h"}, (3, 4), 30),
        ({"add": -10, "at_most": 30}, (3, 4), -30),
    ],
)
def test_points_add_up_inside_their_bounds(more: dict[str, Any], seen: tuple[int, int], points: int) -> None:
    leads = Leads(transitions=[TO_B], scores=score(**more))
    for lead_id, times in zip(("anon", "anna"), seen, strict=True):
        for _ in range(times):
            leads.does(lead_id, "seen")
    assert leads.merges("anon", "anna").view("anna").scores == {"interest": points}


def test_traits_keep_the_newest() -> None:
    leads = Leads(transitions=[TO_B])
    leads.does("anon", "seen", 5, traits={"title": "cto", "company": {"size": 5}})
    leads.does("anna", "seen", 3, traits={"title": "dev", "company": {"size": 7, "city": "Oslo"}})
    leads.does("anna", "seen", 6, traits={"company": {"size": 9}}).merges("anon", "anna", 8)
    assert leads.view("anna").traits == {"title": "cto", "company": {"size": 9, "city": "Oslo"}}


def test_ids_of_both_are_known() -> None:
    leads = (
        Leads(transitions=[TO_B]).does("anon", "seen", 1).does("anna", "seen", 5).merges("anon", "anna", 8)
    )
    repeat = Activity("activity-1", "anon", "asked", START + 9 * HOUR)
    assert leads.replay.apply(repeat, Place()) == []
    assert leads.replay.duplicates == 1


def test_what_is_due_for_either_comes_first() -> None:
    leads = Leads(transitions=[TO_B, QUIET]).does("anon", "seen", 0).does("anna", "seen", 0)
    leads.merges("anon", "anna", 24 * 11)
    assert leads.of("anon") == [(1, "created", "a"), (2, "quiet", "out")]
    assert leads.of("anna") == [(1, "created", "a"), (2, "quiet", "out")]
    assert [hours(one) for one in leads.said if one.rule == "quiet"] == [240, 240]


def test_a_move_of_a_persons_waits_on_with_the_stay_that_won() -> None:
    leads = Leads(transitions=[TO_B, TO_C | {"when": {"did": "asked"}}]).does("anon", "asked", 0)
    leads.does("anon", "stage_assigned", 1, to="b").does("anna", "seen", 2).merges("anon", "anna", 3)
    assert leads.of("anna")[-1] == (2, "merged", "b")


def test_a_signal_is_not_given_again_in_the_stay_that_goes_on() -> None:
    signal = {"name": "hot", "in": "b", "when": {"did": "asked"}}
    leads = Leads(transitions=[TO_B], signals=[signal]).does("anon", "asked", 1).does("anna", "seen", 2)
    leads.merges("anon", "anna", 3)
    assert [one.lead_id for one in leads.signals] == ["anon"]


def test_it_is_late_where_the_survivor_has_seen_more() -> None:
    leads = (
        Leads(transitions=[TO_B]).does("anon", "asked", 1).does("anna", "seen", 9).merges("anon", "anna", 8)
    )
    assert leads.said[-1].late


@pytest.mark.parametrize(
    "merged",
    [
        lambda leads: leads.merges("anna", "anna"),
        lambda leads: leads.does("b", "seen").merges("anna", "b").merges("b", "anna"),
        lambda leads: leads.merges("x", "anna").merges("anna", "x"),
        lambda leads: leads.does("b", "seen").merges("anna", "b").merges("b", "c").merges("c", "anna"),
    ],
)
def test_a_circle_is_a_dead_letter(merged: Callable[[Leads], Leads]) -> None:
    leads = Leads(transitions=[TO_B]).does("anna", "seen")
    with pytest.raises(Unreadable, match="circle") as raised:
        merged(leads)
    assert raised.value.reason == "merge_circle"


def test_saying_it_again_changes_nothing() -> None:
    leads = (
        Leads(transitions=[TO_B]).does("anon", "seen").does("b", "seen").merges("anon", "b").merges("b", "c")
    )
    state = encode_lead(leads.replay.leads["c"])
    leads.merges("anon", "b", 1).merges("anon", "c", 1).merges("b", "c", 1)
    assert encode_lead(leads.replay.leads["c"]) == state


def test_a_merged_lead_may_be_merged_on() -> None:
    leads = Leads(transitions=[TO_B]).does("anon", "asked").merges("anon", "b").merges("anon", "c", 1)
    assert list(leads.replay.leads) == ["c"]


def test_a_lead_remembers_so_many_that_are_part_of_it() -> None:
    leads = Leads(transitions=[TO_B]).does("anna", "seen")
    for number in range(KEPT_ABSORBED + 3):
        leads.merges(f"anon-{number}", "anna")
    assert len(leads.replay.leads["anna"].absorbed) == KEPT_ABSORBED


@pytest.mark.parametrize(
    ("properties", "reason"),
    [({}, "missing_member"), ({"into": ""}, "missing_member"), ({"into": 7}, "wrong_type")],
)
def test_a_merge_says_into_which(properties: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unreadable, match="into") as raised:
        Leads(transitions=[TO_B]).does("anna", "lead_merged", **properties)
    assert raised.value.reason == reason


# Erasing ----------------------------------------------------------------------------------------------


def test_an_erased_lead_is_forgotten_and_may_come_again() -> None:
    leads = Leads(transitions=[TO_B]).does("anna", "asked", 1)
    first = leads.said[0].id
    leads.does("anna", "lead_erased", 2)
    assert leads.replay.leads == {}
    leads.does("anna", "seen", 3)
    assert leads.of("anna")[2:] == [(1, "created", "a")]
    assert leads.said[-1].id != first


def test_its_ids_are_forgotten_too() -> None:
    leads = Leads(transitions=[TO_B]).does("anna", "seen", 1).does("anna", "lead_erased", 2)
    again = Activity("activity-1", "anna", "seen", START + 3 * HOUR)
    assert len(leads.replay.apply(again, Place())) == 1


def test_what_was_due_before_is_said() -> None:
    leads = Leads(transitions=[TO_B, QUIET]).does("anna", "seen", 0).does("anna", "lead_erased", 24 * 11)
    assert leads.of("anna")[-1] == (2, "quiet", "out")


def test_a_suppressed_lead_never_comes_again() -> None:
    leads = Leads(transitions=[TO_B]).does("anna", "seen").does("anna", "lead_erased", suppress=True)
    leads.does("anna", "asked", 1).does("anna", "stage_assigned", 2, to="b")
    assert (leads.replay.leads, leads.replay.suppressed) == ({}, 2)
    assert leads.does("b", "asked").merges("b", "anna").replay.leads == {}


def test_erasing_what_was_merged_reaches_the_survivor() -> None:
    leads = Leads(transitions=[TO_B]).does("anon", "seen").does("anna", "seen").merges("anon", "anna")
    leads.does("anon", "lead_erased", suppress=True)
    assert leads.replay.leads == {}
    leads.does("anon", "asked", 1).does("anna", "asked", 1)
    assert leads.replay.leads == {}


def test_erasing_the_survivor_forgets_who_was_part_of_it() -> None:
    leads = Leads(transitions=[TO_B]).does("anon", "seen").does("anna", "seen").merges("anon", "anna")
    leads.does("anna", "lead_erased").does("anon", "asked", 1)
    assert list(leads.replay.leads) == ["anon"]


def test_whom_nobody_knows_can_be_erased() -> None:
    leads = Leads(transitions=[TO_B]).does("anna", "lead_erased", suppress=True).does("anna", "seen")
    assert leads.said == []


def test_suppress_is_a_boolean() -> None:
    with pytest.raises(Unreadable, match="suppress"):
        Leads(transitions=[TO_B]).does("anna", "lead_erased", suppress="yes")
