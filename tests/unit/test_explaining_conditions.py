"""Each form of condition, explained: wanted and actual, until when, and how far it is."""

from typing import Any

import pytest

from qualifiers import explain
from qualifiers.explaining_conditions import FACTS
from qualifiers.facts import Fact
from schemas.conditions import CONDITIONS
from schemas.explanation import ExplainedCondition
from schemas.moments import HOUR, SECOND
from tests.unit.story import START, Story, tell

SCORES = {
    "s": {"points": [{"on": "up", "add": 10}, {"on": "down", "add": -5}]},
    "cooling": {"half_life": "10h", "points": [{"on": "up", "add": 40}]},
}
COMBINATIONS = {"all", "any", "none", "at_least"}
NOT_YET = {"did": "never_done"}
"""Of a rule that is not to fire, so that there is something to explain."""


def explained(condition: Any, story: Story, at: float) -> ExplainedCondition:
    """The condition as the only one that lacks nothing but `NOT_YET` beside it."""
    assert story.lead is not None
    told = explain(story.funnel, "lead", story.lead, START + round(at * HOUR))
    [transition] = told.transitions
    return transition.condition.parts[0]


def lived(condition: Any, *steps: tuple[Any, ...], **parts: Any) -> Story:
    """A lead that has done these things: type, hours, properties or (of `identified`) traits."""
    story = tell({"all": [condition, NOT_YET]}, scores=SCORES, **parts)
    for kind, hours, *more in steps:
        known = more[0] if more else {}
        if kind == "identified":
            story.knows(hours, **known)
        else:
            story.does(kind, hours, **known)
    return story


def test_every_form_is_explained() -> None:
    assert {form for form, _ in FACTS.values()} | COMBINATIONS | {"use"} == CONDITIONS.keys()
    assert set(Fact.__subclasses__()) == FACTS.keys()


def about(hours: float) -> Any:
    """Decay is looked at to the sixth decimal of a score."""
    return pytest.approx(hours, abs=1e-5)


ONCE = {"did": "x"}
LATELY = {"did": "x", "within": "4h"}
VALUES = {"did": "x", "distinct": "p", "times": 2}
TITLED = {"trait": "title", "has_word": "head"}
KNOWN = {"has": ["budget", "need"]}
NO_Y = {"quiet": {"for": "8h", "of": ["y"]}}
UP, DOWN = [("up", 0)], [("down", 0)]
BUDGET = [("identified", 0, {"budget": 5})]
THRICE = {"did": ["x", "y"], "times": 3, "within": "10h"}
SUM = {"sum": "n", "of": "x", "at_least": 50, "within": "10h"}
IN_ORDER = {"sequence": ["x", "y", "z"], "span": "10h", "within": "4h"}
OFFICE = {"zone": "UTC", "hours": "mon-fri 09:00-17:00"}


@pytest.mark.parametrize(
    ("condition", "steps", "at", "told"),
    [
        # told: actual, value, holds, share, until, since
        (ONCE, [("y", 0)], 1, ("never", 0, False, 0, None, None)),
        (ONCE, [("x", 2)], 3, ("done", 1, True, 1, None, 2)),
        (LATELY, [("x", 2)], 3, ("done", 1, True, 1, 6, 2)),
        (LATELY, [("x", 2)], 6, ("longer ago", 0, False, 0, None, 2)),
        (THRICE, [("x", 0), ("y", 4)], 5, ("2 of 3", 2, False, 2 / 3, None, 4)),
        (THRICE, [("x", 0), ("y", 4)], 10, ("1 of 3", 1, False, 1 / 3, None, 4)),
        (THRICE, [("x", 0), ("y", 4), ("x", 5), ("x", 6)], 7, ("3 of 3", 3, True, 1, 14, 6)),
        (VALUES, [("x", 0, {"p": "a"}), ("x", 1, {"p": "A "})], 2, ("1 of 2", 1, False, 0.5, None, 1)),
        (SUM, [("y", 0)], 1, ("0 of 50", 0, False, 0, None, None)),
        (SUM, [("x", 0, {"n": 30}), ("x", 4, {"n": 12.5})], 5, ("42.5 of 50", 42.5, False, 0.85, None, None)),
        (SUM, [("x", 0, {"n": 30}), ("x", 4, {"n": 60})], 5, ("90 of 50", 90, True, 1, 14, None)),
        (IN_ORDER, [("z", 0)], 1, ("0 of 3 steps", 0, False, 0, None, None)),
        (IN_ORDER, [("x", 0), ("y", 4)], 5, ("2 of 3 steps", 2, False, 2 / 3, None, None)),
        (IN_ORDER, [("x", 0), ("y", 4)], 10, ("0 of 3 steps", 0, False, 0, None, None)),
        (IN_ORDER, [("x", 0), ("y", 4), ("z", 6)], 7, ("3 of 3 steps", 3, True, 1, 10, 6)),
        (IN_ORDER, [("x", 5), ("y", 6), ("z", 7)], 11, ("2 of 3 steps", 2, False, 2 / 3, None, 7)),
        ({"score": "s", "at_least": 40}, UP, 1, ("10 of 40", 10, False, 0.25, None, None)),
        ({"score": "s", "at_least": 10}, UP, 1, ("10 of 10", 10, True, 1, None, None)),
        ({"score": "s", "at_least": 0}, DOWN, 1, ("-5 of 0", -5, False, 0, None, None)),
        ({"score": "s", "below": 5}, UP, 1, ("10", 10, False, 0.5, None, None)),
        ({"score": "s", "between": [20, 30]}, UP, 1, ("10 of 20", 10, False, 0.5, None, None)),
        ({"score": "cooling", "at_least": 20}, UP, 0, ("40 of 20", 40, True, 1, about(10), None)),
        ({"score": "cooling", "below": 10}, UP, 10, ("20", 20, False, 0.5, about(20), None)),
        (TITLED, [("identified", 0, {"title": "Founder"})], 1, ("Founder", "Founder", False, 0, None, None)),
        ({"trait": "a.b", "above": 7}, [("x", 0)], 1, ("missing", None, False, 0, None, None)),
        (
            {"trait": "a.b", "above": 7},
            [("identified", 0, {"a": {"b": 8}})],
            1,
            ("8", 8, True, 1, None, None),
        ),
        (KNOWN, BUDGET, 1, ("need missing", {"budget": 5, "need": None}, False, 0.5, None, None)),
        ({"has": "budget"}, BUDGET, 1, ("known", 5, True, 1, None, None)),
        ({"in_stage": "8h"}, [("x", 0)], 2, ("2 h", 7200, False, 0.25, 8, 0)),
        ({"in_stage": "8h"}, [("x", 0)], 8, ("8 h", 28_800, True, 1, None, 0)),
        ({"quiet": "8h"}, [("x", 0), ("x", 3.5)], 5, ("1 h 30 min", 5400, False, 0.1875, 11.5, 3.5)),
        (NO_Y, [("x", 0), ("x", 3)], 8, ("8 h", 28_800, True, 1, None, 0)),
        ({"visited": "out"}, [("x", 0)], 1, ("never", False, False, 0, None, None)),
        ({"visited": "a"}, [("x", 0)], 1, ("visited", True, True, 1, None, None)),
    ],
)
def test_a_fact_is_told_with_what_there_is_of_it(
    condition: Any, steps: list[Any], at: float, told: tuple[Any, ...]
) -> None:
    found = explained(condition, lived(condition, *steps), at)
    assert (found.form, found.name, found.needs, found.parts) == (next(iter(condition)), None, None, [])
    actual, value, holds, share, until, since = told
    assert (found.actual, found.value, found.holds) == (actual, value, holds)
    assert found.share == pytest.approx(share, abs=1e-4)
    assert (hours_of(found.until), hours_of(found.since)) == (until, since)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (ONCE, "x"),
        (THRICE, "x or y 3 times within 10 hours"),
        (VALUES, "x with 2 different p"),
        (SUM, "n of x adds up to at least 50 within 10 hours"),
        (IN_ORDER, "x, then y, then z in the span of 10 hours within 4 hours"),
        ({"score": "s", "at_least": 40}, "s at least 40"),
        ({"score": "s", "at_least": 40, "below": 50}, "s at least 40 and below 50"),
        ({"score": "s", "between": [20, 30]}, "s between 20 and 30"),
        (TITLED, "title has the word head"),
        (KNOWN, "has budget and need"),
        ({"in_stage": "8h"}, "in stage for 8 hours"),
        ({"quiet": "8h"}, "no activity for 8 hours"),
        (NO_Y, "no y for 8 hours"),
        ({"visited": "out"}, "visited out"),
    ],
)
def test_a_fact_is_told_as_it_is_wanted(condition: Any, words: str) -> None:
    assert explained(condition, lived(condition, ("w", 0)), 0).wanted == words


def hours_of(moment: int | None) -> float | None:
    return None if moment is None else (moment - START) / HOUR


def test_business_hours_are_told_as_they_pass() -> None:
    # 2026-01-01 is a Thursday: from 00:00 to Friday 10:00 nine of its hours have passed.
    story = lived({"in_stage": "12bh"}, ("x", 0), calendar=OFFICE)
    told = explained({"in_stage": "12bh"}, story, 34)
    nine = "9 h of business hours"
    assert (told.wanted, told.actual, told.share) == ("in stage for 12 business hours", nine, 0.75)
    assert hours_of(told.until) == 24 + 13


@pytest.mark.parametrize(
    ("at", "actual"),
    [
        (24 * 5, "24 h of business hours"),
        (24 * 6.5, "35 h of business hours"),
        (9.25, "15 min of business hours"),
    ],
)
def test_business_hours_are_not_told_as_days(at: float, actual: str) -> None:
    story = lived({"in_stage": "40bh"}, ("x", 0), calendar=OFFICE)
    assert explained({"in_stage": "40bh"}, story, at).actual == actual


def test_what_no_date_can_say_is_never() -> None:
    condition = {"in_stage": "36525d"}
    late = 24 * 365.25 * 7_900  # from 9925 on, the hundred years end after 9999
    told = explained(condition, lived(condition, ("x", late)), late)
    assert (told.holds, told.until) == (False, None)


TWO_OF = {"at_least": 2, "of": [ONCE, {"did": "y"}, NOT_YET]}


@pytest.mark.parametrize(
    ("condition", "wanted", "needs", "actual", "holds", "share"),
    [
        ({"all": [ONCE, {"did": "y"}]}, "all of these", 2, "1 of 2 true", False, 0.5),
        ({"all": [ONCE]}, "all of these", 1, "1 of 1 true", True, 1),
        ({"any": [ONCE, {"did": "y"}]}, "any of these", 1, "1 of 2 true", True, 1),
        ({"any": [{"did": "y"}, {"did": "x", "times": 2}]}, "any of these", 1, "0 of 2 true", False, 0.5),
        ({"none": [{"did": "y"}]}, "none of these", 0, "0 of 1 true", True, 1),
        ({"none": [ONCE, {"did": "y"}]}, "none of these", 0, "1 of 2 true", False, 0),
        (TWO_OF, "at least 2 of these", 2, "1 of 3 true", False, 0.5),
    ],
)
def test_a_combination_keeps_its_shape(
    condition: Any, wanted: str, needs: int, actual: str, holds: bool, share: float
) -> None:
    told = explained(condition, lived(condition, ("x", 0)), 1)
    assert (told.form, told.wanted, told.needs) == (next(iter(condition)), wanted, needs)
    assert (told.actual, told.holds, told.share) == (actual, holds, share)
    assert len(told.parts) == len(next(value for value in condition.values() if isinstance(value, list)))


def test_a_combination_turns_when_time_turns_it() -> None:
    condition = {"all": [{"quiet": "8h"}, {"none": [{"did": "x", "within": "5h"}]}]}
    told = explained(condition, lived(condition, ("x", 1)), 2)
    assert [hours_of(part.until) for part in (told, *told.parts)] == [9, 9, 6]


def test_a_condition_that_has_a_name_keeps_it() -> None:
    condition = {"use": "keen"}
    story = lived(
        condition, ("x", 0), define={"keen": {"any": [{"use": "asked"}, ONCE]}, "asked": {"did": "y"}}
    )
    told = explained(condition, story, 1)
    assert (told.form, told.name) == ("any", "keen")
    assert [(part.form, part.name, part.wanted) for part in told.parts] == [
        ("did", "asked", "y"),
        ("did", None, "x"),
    ]


def test_it_is_worded_as_the_evidence_of_a_decision_is() -> None:
    conditions = [
        ONCE | {"times": 2, "within": "4h"},
        {"sum": "n", "of": "x", "at_least": 5},
        {"sequence": ["x", "x"]},
        {"score": "s", "between": [-5, 5]},
        {"trait": "t", "exists": True},
        {"has": ["t"]},
        {"in_stage": "1h"},
        {"quiet": "1h"},
        {"visited": "a"},
    ]
    when = {"all": conditions}
    story = tell(when, scores=SCORES).knows(0, t=1).does("x", 1, n=3).does("x", 2, n=3)
    assert story.lead is not None
    [transition] = explain(story.funnel, "lead", story.lead, story.lead.clock + SECOND).transitions
    evidence = story.waits(3).last.evidence
    assert [one.condition for one in evidence] == [part.wanted for part in transition.condition.parts]
    assert len(evidence) == len(FACTS)
