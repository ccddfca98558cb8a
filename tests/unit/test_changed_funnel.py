"""A lead under a changed funnel: what is kept, what fires, what is said, what is called otherwise."""

from typing import Any

import pytest

from qualifiers import UnknownStage
from schemas.decision import Place, StageChangeDocument, encode_decision
from schemas.lead import funnel_mark
from tests.unit.story import START, Story, funnel, hours, tell

# What is kept --------------------------------------------------------------------------------------


def test_what_still_has_a_meaning_is_kept() -> None:
    before = tell({"all": [{"did": "x", "times": 2}, {"did": "y"}, {"did": "z", "within": "9h"}]})
    before.does("x").does("x", 1).knows(1, n=5)
    after = before.comes_under(tell({"all": [{"did": "x", "times": 2, "within": "30d"}, {"did": "w"}]}))
    assert after.does("w", 2).stage == "b"
    assert after.view.traits == {"n": 5}
    assert after.lead is not None
    assert after.lead.funnel == funnel_mark(after.funnel.hash)
    assert {type(kept) for kept in after.lead.kept.values()} == {int, list}


def test_a_counter_that_needs_more_or_less_goes_on_with_what_there_is() -> None:
    once = tell({"all": [{"did": "x"}, {"did": "never"}]}).does("x")
    assert once.comes_under(tell({"did": "x", "times": 2})).does("x", 1).stage == "b"
    twice = tell({"did": "x", "times": 3}).does("x").does("x", 1)
    less = tell({"all": [{"did": "x", "within": "4h"}, {"did": "y"}]})
    assert twice.comes_under(less).does("y", 4).stage == "b"


def test_what_was_kept_of_a_stay_goes_where_its_stage_does_not_ask_for_it() -> None:
    """Else it would be found again in a later stay, of which it is no part."""

    def tried(asking: str, other: str) -> Story:
        asks = {
            "name": "asks",
            "from": asking,
            "to": "out",
            "when": {"did": "x", "times": 2, "since": "entry"},
        }
        steps = [{"to": "b", "when": {"did": "go"}}, {"to": "c", "when": {"did": "y"}}]
        signals = [{"name": "said", "in": asking, "when": {"did": "x"}}]
        return tell(transitions=[*steps, asks], signals=[*signals, {**signals[0], "name": other, "in": "a"}])

    before = tried("b", "one").does("go").does("x", 1)
    after = before.comes_under(tried("c", "other"), 1)
    assert after.does("y", 2).does("x", 3).stage == "c"
    assert [(one.signal, one.stage) for one in after.signals] == [("said", "c")]
    assert after.does("x", 4).stage == "out"
    same = before.comes_under(tried("b", "other"), 1)
    assert same.does("x", 4).stage == "out", "where it is asked still, it goes on"


def test_a_score_goes_on_with_its_points_whether_they_decay_now_or_not() -> None:
    def scored(**score: str) -> Story:
        return tell({"did": "never"}, scores={"s": {"points": [{"on": "x", "add": 8}], **score}})

    lasting = scored(half_life="24h").does("x").comes_under(scored())
    assert lasting.does("y", 48).view.scores == {"s": 8.0}
    cooling = scored().does("x").comes_under(scored(half_life="24h"))
    assert cooling.does("y", 48).view.scores == {"s": 2.0}


def test_what_is_kept_of_a_sequence_and_of_points_in_a_span_goes_on() -> None:
    """Found by properties: these have forms of their own."""

    def asking(name: str) -> Story:
        points = [{"on": "x", "add": 2, "at_most": 3, "per": "9h"}]
        return tell({"sequence": ["x", "y"]}, funnel=name, scores={"s": {"points": points}})

    after = asking("one").does("x").does("x", 1).comes_under(asking("another"))
    assert after.does("x", 2).view.scores == {"s": 3.0}
    assert after.does("y", 3).stage == "b"


# What fires ----------------------------------------------------------------------------------------


def test_what_is_true_now_fires_at_the_leads_clock_and_names_the_change() -> None:
    before = tell({"all": [{"did": "x"}, {"did": "never"}]}).does("x").does("y", 2)
    after = before.comes_under(tell({"did": "x"}), 9)
    assert after.stage == "b"
    assert hours(after.last) == 2
    change = StageChangeDocument.model_validate_json(encode_decision(after.last))
    assert change.cause.model_dump() == {
        "funnel_changed": before.funnel.hash[:16],
        "topic": "in",
        "partition": 3,
        "before_offset": 70,
    }
    assert change.funnel_hash == after.funnel.hash


def test_what_was_passed_over_is_true_now_and_fires() -> None:
    rules = [
        {"to": "b", "when": {"did": "x"}},
        {"name": "back", "from": "b", "to": "a", "when": {"did": "x"}},
    ]
    story = tell(transitions=rules).does("x")
    assert story.stage == "b"
    after = story.comes_under(tell(transitions=rules, off_path=["out", "other"]))
    assert after.moves[-1] == ("back", "a")


def test_what_would_have_been_due_fires_up_to_where_silence_was_judged_and_no_further() -> None:
    before = tell({"did": "never"}).does("x")
    patient = {"name": "off", "from": "any", "to": "out", "when": {"quiet": "30h"}}
    after = before.comes_under(tell(transitions=[patient]), 29)
    assert after.stage == "a"
    assert "due" in encode_decision(after.waits(31).last).decode().partition('"cause"')[2]
    after = before.comes_under(tell(transitions=[patient]), 30)
    assert (after.stage, hours(after.last)) == ("out", 30)
    assert "funnel_changed" in encode_decision(after.last).decode()


def test_signals_take_their_present_value_in_silence() -> None:
    signals = [
        {"name": "early", "in": "a", "when": {"did": "x"}},
        {"name": "later", "in": "a", "when": {"quiet": "10h"}},
        {"name": "after", "in": "a", "when": {"quiet": "20h"}},
    ]
    before = tell({"all": [{"did": "x"}, {"did": "never"}]}).does("x")
    after = before.comes_under(tell({"did": "never"}, signals=signals), 15)
    assert after.signals == []
    after.waits(40)
    assert [(one.signal, hours(one)) for one in after.signals] == [("after", 20)]
    after.does("x", 41).waits(60)
    assert [(one.signal, hours(one)) for one in after.signals[1:]] == [("later", 51)]


def test_a_lead_that_is_shown_before_it_has_been_read_again_is_shown_under_the_new_funnel() -> None:
    before = tell({"did": "never"}).does("x")
    assert before.lead is not None
    now = funnel({"did": "x"}, stages=["one", "b"])
    view = now.view("lead", before.lead, renamed={"a": "one"})
    assert (view.stage, view.funnel_hash, before.stage) == ("one", now.hash, "a")


# Stages with another name --------------------------------------------------------------------------


def test_a_stage_with_another_name_is_the_same_stay() -> None:
    steps = [
        {"to": "b", "when": {"did": "x", "since": "entry"}},
        {"to": "c", "when": {"did": "y", "times": 2, "since": "entry"}},
    ]
    seen = {"name": "back", "from": "c", "to": "a", "when": {"visited": "b"}}
    before = tell(transitions=[*steps, seen]).does("x").does("y", 1)
    steps = [
        {"to": "two", "when": {"did": "x", "since": "entry"}},
        {"to": "c", "when": {"did": "y", "times": 2, "since": "entry"}},
    ]
    seen = {"name": "back", "from": "c", "to": "a", "when": {"all": [{"visited": "two"}, {"did": "z"}]}}
    renamed = tell(stages=["a", "two", "c"], renamed={"b": "two"}, transitions=[*steps, seen])
    after = before.comes_under(renamed, 5, **renamed.funnel.renamed)
    assert after.lead is not None
    assert (after.stage, after.lead.seq, len(after.said)) == ("two", 2, 2)
    assert after.lead.history[-1] == ("to-b", "two", START)
    assert after.does("y", 6).stage == "c"
    assert after.last.previous_stage_seconds == 6 * 3600
    assert after.does("z", 7).moves[-1] == ("back", "a")


@pytest.mark.parametrize("name", [{}, {"name": "to-b"}])
def test_a_rule_that_is_called_by_its_stage_is_the_same_rule(name: dict[str, str]) -> None:
    def rules(to: str) -> list[dict[str, Any]]:
        there = {"to": to, "when": {"did": "x", "since": "entry"}, "again_after": "10h"} | name
        known = {"name": "known", "from": to, "to": "a", "when": {"did": "back", "since": "entry"}}
        return [there, known]

    now = tell(stages=["a", "two", "c"], renamed={"b": "two"}, transitions=rules("two"))
    story = tell(transitions=rules("b")).does("y").does("x", 1).does("back", 2)
    after = story.comes_under(now, 2, b="two").does("x", 3)
    assert (after.stage, hours(after.waits(20).last)) == ("a", 11), "it waits for `again_after`"

    now = tell(
        stages=["a", "two", "c"], renamed={"b": "two"}, transitions=[{"to": "two", "when": {"did": "x"}}]
    )
    story = tell({"did": "x"}).does("x").does("stage_assigned", 1, to="a")
    assert story.comes_under(now, 2, b="two").does("y", 3).stage == "a", "a person's move still holds it back"


def test_a_stage_that_the_funnel_does_not_have_is_refused() -> None:
    story = tell({"did": "x"}).does("x")
    other = funnel(stages=["a", "c"], transitions=[{"to": "c", "when": {"did": "x"}}])
    assert story.lead is not None
    with pytest.raises(UnknownStage, match="stage b, which funnel tried lacks"):
        other.reread("lead", story.lead, START, Place())


def test_the_hash_knows_what_has_been_renamed_and_nothing_of_an_empty_list() -> None:
    plain = funnel({"did": "x"})
    assert funnel({"did": "x"}, renamed={}).hash == plain.hash
    assert funnel({"did": "x"}, renamed={"z": "a"}).hash != plain.hash
