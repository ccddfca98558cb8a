"""What two leads kept, united: each lived its own time, and one goes on as if it had done it all."""

import pytest

from qualifiers.merging import _ids
from tests.unit.story import Leads, hours

TO_B = {"to": "b", "when": {"did": "asked"}}


def test_different_values_of_both_count_together() -> None:
    leads = Leads(transitions=[{"to": "b", "when": {"did": "x", "distinct": "page", "times": 3}}])
    leads.does("anon", "x", 0, page="p").does("anon", "x", 1, page="q").does("anna", "x", 2, page="q")
    assert leads.merges("anon", "anna", 3).does("anna", "x", 4, page="p").view("anna").stage == "a"
    assert leads.does("anna", "x", 5, page="r").view("anna").stage == "b"


def test_a_bound_holds_for_both_however_long_ago_one_of_them_had_points() -> None:
    score = {"points": [{"on": "x", "add": 5, "at_most": 5, "per": "1d"}]}
    leads = Leads(scores={"s": score}, transitions=[{"to": "b", "when": {"score": "s", "at_least": 90}}])
    leads.does("anon", "x", 0).does("anna", "x", 240).merges("anon", "anna", 241)
    assert leads.does("anna", "x", 242).view("anna").scores == {"s": 10}
    assert leads.does("anna", "x", 265).view("anna").scores == {"s": 15}


def test_points_stay_where_the_other_lead_was_given_none() -> None:
    """Late points may have been given past what a span holds, looking back from their own moment."""
    score = {"points": [{"on": "x", "add": 5, "at_most": 5, "per": "1d"}]}
    for first, other in (("anon", "anna"), ("anna", "anon")):
        leads = Leads(scores={"s": score}, transitions=[{"to": "b", "when": {"score": "s", "at_least": 90}}])
        leads.does(first, "x", 2).does(first, "x", 1).does(other, "seen", 2)
        assert leads.view(first).scores == {"s": 10}
        assert leads.merges("anon", "anna", 3).view("anna").scores == {"s": 10}


def test_what_is_over_a_bound_that_is_united_is_taken_at_its_worth_by_then() -> None:
    score = {"half_life": "1d", "points": [{"on": "x", "add": 5, "at_most": 5, "per": "2d"}]}
    leads = Leads(scores={"s": score}, transitions=[{"to": "b", "when": {"score": "s", "at_least": 90}}])
    leads.does("anon", "x", 0).does("anna", "x", 0).merges("anon", "anna", 24)
    assert leads.view("anna").scores == {"s": 2.5}


def test_where_either_has_been_the_one_has() -> None:
    seen = {"name": "seen", "from": "b", "to": "c", "when": {"all": [{"visited": "out"}, {"did": "agreed"}]}}
    leads = Leads(transitions=[TO_B, seen]).does("anon", "stage_assigned", to="out")
    leads.does("anna", "asked").merges("anon", "anna", 1)
    assert leads.does("anna", "agreed", 2).view("anna").stage == "c"


def test_a_rule_has_last_fired_when_it_did_for_either() -> None:
    again = {"to": "b", "when": {"did": "asked", "since": "entry"}, "again_after": "10h"}
    back = {"name": "back", "from": "b", "to": "a", "when": {"did": "back", "since": "entry"}}
    for first, other in (("anon", "anna"), ("anna", "anon")):
        leads = Leads(transitions=[again, back])
        leads.does(first, "asked", 0).does(first, "back", 1).does(other, "asked", 5).does(other, "back", 6)
        leads.merges("anon", "anna", 7).does("anna", "asked", 8).does("anna", "seen", 16)
        assert hours(leads.said[-1]) == 15


def test_what_the_survivor_did_is_no_part_of_the_stay_that_goes_on() -> None:
    twice = {"did": "called", "times": 2, "since": "entry"}
    called = {"name": "called", "from": ["a", "b"], "to": "c", "when": twice}
    signal = {"name": "seen", "in": ["a", "b"], "when": {"did": "seen"}}
    leads = Leads(transitions=[TO_B, called], signals=[signal])
    leads.does("anna", "called", 1).does("anna", "seen", 1).does("anon", "asked", 2).merges("anon", "anna", 3)
    assert leads.does("anna", "called", 4).view("anna").stage == "b"
    assert [(one.stage, one.n, hours(one)) for one in leads.signals] == [("a", 1, 1), ("b", 1, 3)]
    assert leads.does("anna", "called", 5).view("anna").stage == "c"


def test_the_stay_has_lasted_since_the_entry_that_won() -> None:
    leads = Leads(transitions=[TO_B, {"to": "c", "when": {"in_stage": "10h"}}])
    leads.does("anon", "asked", 1).does("anna", "seen", 5).merges("anon", "anna", 6).does("anna", "seen", 12)
    assert (leads.of("anna")[-1], hours(leads.said[-1])) == ((3, "to-c", "c"), 11)


def test_what_is_known_with_the_merge_is_known_of_the_lead_that_is_merged() -> None:
    leads = Leads(transitions=[TO_B]).does("anon", "seen").does("anna", "seen")
    assert leads.merges("anon", "anna", 1, traits={"name": "Anna"}).view("anna").traits == {"name": "Anna"}


def test_what_was_passed_over_is_let_in() -> None:
    rules = [TO_B, {"name": "back", "from": "b", "to": "a", "when": {"did": "asked"}}]
    leads = Leads(transitions=rules).does("anna", "asked").does("anon", "seen")
    assert leads.of("anna")[-1] == (2, "to-b", "b"), "to where the cascade began it does not go back"
    assert leads.merges("anon", "anna", 1).of("anna")[-1] == (3, "back", "a")


def test_a_sequence_goes_by_time_and_what_comes_with_a_merge_has_arrived_later() -> None:
    steps = {"to": "b", "when": {"sequence": ["one", "two", "three"]}}
    leads = Leads(transitions=[steps]).does("anon", "one", 0).does("anon", "two", 1).does("anna", "seen", 2)
    assert leads.merges("anon", "anna", 3).does("anna", "three", 4).view("anna").stage == "b"
    leads = Leads(transitions=[steps]).does("anna", "one", 0).does("anon", "two", 1).does("anna", "three", 2)
    assert leads.merges("anon", "anna", 3).view("anna").stage == "b"
    for came, stage in (("one", "a"), ("two", "b")):  # at one moment: which of them has come first?
        there = {"one": "two", "two": "one"}[came]
        leads = Leads(transitions=[steps]).does("anna", "seen").does("anna", there, 1).does("anon", came, 1)
        leads.merges("anon", "anna", 3).does("anna", "three", 4)
        assert leads.view("anna").stage == stage


def test_activities_of_one_moment_stay_in_the_order_in_which_they_came() -> None:
    steps = {"to": "b", "when": {"sequence": ["one", "two"], "span": "30m"}}
    for twice, stage in ((("two", "one"), "a"), (("one", "two"), "b")):
        leads = Leads(transitions=[steps]).does("anna", "one", 2).does("anon", "one", 0)
        for kind in twice:
            leads.does("anon", kind, 1)
        assert leads.merges("anon", "anna", 3).view("anna").stage == stage


def test_a_chain_that_was_begun_is_gone_on_with_however_much_has_come_since() -> None:
    steps = {"to": "b", "when": {"sequence": ["one", "two", "three"]}}
    leads = Leads(transitions=[steps]).does("anon", "one", 0).does("anon", "two", 1)
    for at in range(20):
        leads.does("anon", "one", 2 + at)
    leads.does("anna", "two", 2).merges("anon", "anna", 30)
    assert leads.does("anna", "three", 31).view("anna").stage == "b"


def test_of_equal_values_the_newest_moment_counts() -> None:
    varied = {"to": "b", "when": {"did": "seen", "distinct": "page", "times": 2, "within": "10h"}}
    leads = Leads(transitions=[varied]).does("anon", "seen", 0, page="x").does("anna", "seen", 5, page="x")
    leads.merges("anon", "anna", 6)
    assert leads.does("anna", "seen", 14, page="y").view("anna").stage == "b"


def test_a_sum_keeps_no_more_of_two_than_of_one() -> None:
    much = {"to": "b", "when": {"sum": "n", "of": "paid", "at_least": 81, "within": "5d"}}
    leads = Leads(transitions=[much])
    for at in range(40):
        leads.does("anon", "paid", at, n=1).does("anna", "paid", at, n=1)
    leads.merges("anon", "anna", 41)
    (kept,) = leads.replay.leads["anna"].kept.values()
    assert len(kept) == 2 * 64
    assert leads.does("anna", "paid", 42, n=1).view("anna").stage == "b", "all are still counted"


def test_who_was_part_of_the_merged_lead_is_part_of_the_survivor() -> None:
    leads = Leads(transitions=[TO_B]).does("one", "seen").does("two", "seen").does("three", "seen")
    leads.merges("one", "two").merges("two", "three").does("three", "lead_erased", 1)
    assert list(leads.does("one", "seen", 2).replay.leads) == ["one"]


@pytest.mark.parametrize(
    ("mine", "theirs", "kept"),
    [
        (32, 32, (16, 16)),
        (1, 32, (1, 31)),
        (32, 1, (31, 1)),
        (20, 20, (16, 16)),
        (10, 30, (10, 22)),
        (3, 4, (3, 4)),
        (0, 5, (0, 5)),
    ],
)
def test_of_the_room_for_ids_at_least_half_is_for_each(mine: int, theirs: int, kept: tuple[int, int]) -> None:
    of_mine = b"".join(b"mine%02d" % number for number in range(mine))
    of_theirs = b"".join(b"them%02d" % number for number in range(theirs))
    newest = (of_theirs[len(of_theirs) - 6 * kept[1] :], of_mine[len(of_mine) - 6 * kept[0] :])
    assert _ids(of_mine, of_theirs) == b"".join(newest)
