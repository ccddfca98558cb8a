"""A lead explained: where it is and why, each kind of block, its signals, and what lacks."""

from typing import Any

import pytest

from qualifiers import explain
from qualifiers.engine import UnknownStage
from schemas.explanation import BLOCKS, Blocked, ExplainedTransition, Explanation
from schemas.lead_state import encode_lead
from schemas.moments import HOUR
from tests.unit.story import START, Leads, Story, funnel, tell

TO_B = {"to": "b", "when": {"did": "x"}}
BACK = {"name": "back", "from": "b", "to": "a", "when": {"did": "back", "since": "entry"}}


def explained(story: Story, at: float | None = None) -> Explanation:
    """The story's lead at a moment (hours), which stays as it is."""
    assert story.lead is not None
    before = encode_lead(story.lead)
    told = explain(story.funnel, "lead", story.lead, None if at is None else START + round(at * HOUR))
    assert encode_lead(story.lead) == before
    return told


def transition(told: Explanation, rule: str) -> ExplainedTransition:
    return next(one for one in told.transitions if one.rule == rule)


def blocks(blocked: list[Blocked]) -> list[tuple[str, float | None]]:
    """What keeps a rule, and until when, in hours."""
    assert all(one.why == BLOCKS[one.by] for one in blocked)
    return [(one.by, None if one.until is None else (one.until - START) / HOUR) for one in blocked]


# Where it is ----------------------------------------------------------------------------------------


def test_it_tells_where_the_lead_is_and_since_when() -> None:
    told = explained(tell({"did": "y"}).does("x", 1), 5)
    assert (told.lead_id, told.funnel, told.stage, told.seq) == ("lead", "tried", "a", 1)
    assert (told.at - START, told.since - START) == (5 * HOUR, HOUR)
    assert not told.to_reread


def test_it_is_told_of_no_moment_before_the_lead_s_own_clock() -> None:
    story = tell({"did": "y"}).does("x", 1).does("x", 7)
    assert explained(story, 5).at == explained(story).at == START + 7 * HOUR


def test_the_first_activity_brought_it_here() -> None:
    entry = explained(tell(TO_B["when"]).does("y", 1)).entry
    assert (entry.rule, entry.from_, entry.at, entry.why) == (
        "created",
        None,
        START + HOUR,
        "Its first activity",
    )


def test_a_rule_brought_it_here() -> None:
    entry = explained(tell({"did": "x", "times": 2}).does("x").does("x", 3)).entry
    assert (entry.rule, entry.from_, entry.at, entry.why) == ("to-b", "a", START + 3 * HOUR, "X 2 times")


def test_a_person_brought_it_here() -> None:
    entry = explained(tell(TO_B["when"]).does("y").does("stage_assigned", 1, to="c")).entry
    assert (entry.rule, entry.from_, entry.why) == ("manual", "a", "A person moved it")


def test_a_merge_brought_it_here() -> None:
    leads = Leads(transitions=[TO_B]).does("other", "x").does("lead", "y", 1).merges("other", "lead", 2)
    entry = explain(leads.replay.funnel, "lead", leads.replay.leads["lead"]).entry
    assert (entry.rule, entry.from_, entry.why) == ("merged", "a", "A lead that was merged into it was there")


def test_a_rule_that_is_no_longer_in_the_file_brought_it_here() -> None:
    before = tell(transitions=[TO_B | {"name": "gone"}]).does("x")
    assert explained(before.comes_under(tell(transitions=[TO_B]))).entry.why is None


def test_a_stage_that_no_rule_leads_out_of_has_no_transitions() -> None:
    assert explained(tell(TO_B["when"], final=["b"]).does("x")).transitions == []


# What is open to it ---------------------------------------------------------------------------------


def test_each_transition_out_of_the_stage_is_told_in_file_order_with_what_lacks() -> None:
    rules = [
        {"name": "two", "from": "a", "to": "c", "when": {"all": [{"did": "x"}, {"did": "y"}, {"did": "z"}]}},
        {"name": "one", "from": "a", "to": "out", "when": {"any": [{"did": "x", "times": 4}, {"did": "y"}]}},
        BACK,
    ]
    told = explained(tell(transitions=rules).does("x"))
    assert [(one.rule, one.to) for one in told.transitions] == [("two", "c"), ("one", "out")]
    assert [[lacking.fact.wanted for lacking in one.lacking] for one in told.transitions] == [
        ["y", "z"],
        ["x 4 times"],
    ]
    assert all(one.blocked == [] and not one.condition.holds for one in told.transitions)


def test_a_lead_that_another_funnel_has_left_is_told_as_this_one_will_find_it() -> None:
    story = tell({"did": "y"}).does("x")
    assert story.lead is not None
    other = funnel({"did": "x"}, stages=["start", "b", "c"])
    with pytest.raises(UnknownStage):
        explain(other, "lead", story.lead)
    before = encode_lead(story.lead)
    told = explain(other, "lead", story.lead, renamed={"a": "start"})
    assert encode_lead(story.lead) == before
    assert (told.stage, told.to_reread, told.transitions[0].condition.wanted) == ("start", True, "x")


# What keeps a rule ----------------------------------------------------------------------------------


def again() -> Story:
    """It fired at 1, and is true again since 3."""
    rule = {"to": "b", "when": {"did": "x", "since": "entry"}, "again_after": "48h"}
    return tell(transitions=[rule, BACK]).does("y").does("x", 1).does("back", 2).does("x", 3)


@pytest.mark.parametrize(
    ("at", "blocked"), [(3, [("again_after", 49)]), (48.999, [("again_after", 49)]), (49, [])]
)
def test_again_after(at: float, blocked: list[Any]) -> None:
    told = transition(explained(again(), at), "to-b")
    assert told.condition.holds
    assert told.lacking == []
    assert blocks(told.blocked) == blocked


def test_a_rule_that_has_not_fired_is_not_kept_by_again_after() -> None:
    rule = TO_B | {"again_after": "48h"}
    assert transition(explained(tell(transitions=[rule]).does("y")), "to-b").blocked == []


HOLD = {"when": {"any": [{"did": "paused", "within": "10h"}, {"trait": "consent", "is": "no"}]}}


def test_hold_keeps_what_leads_forward_and_says_until_when() -> None:
    out = {"name": "out", "from": "a", "to": "out", "when": {"did": "y", "times": 2}}
    story = tell(transitions=[TO_B, out], hold=HOLD).does("paused", 1).does("x", 2)
    told = explained(story)
    forward = transition(told, "to-b")
    assert forward.condition.holds
    assert blocks(forward.blocked) == [("hold", 11)]
    assert forward.blocked[0].condition is not None
    assert [part.holds for part in forward.blocked[0].condition.parts] == [True, False]
    assert transition(told, "out").blocked == []
    assert transition(explained(story, 11), "to-b").blocked == []


def test_a_hold_that_time_does_not_end() -> None:
    told = explained(tell(transitions=[TO_B], hold=HOLD).knows(1, consent="no").does("x", 2))
    assert blocks(transition(told, "to-b").blocked) == [("hold", None)]


def moved_by_hand(when: Any) -> Story:
    return (
        tell(transitions=[TO_B | {"when": when}])
        .does("y")
        .does("x", 1)
        .does("stage_assigned", 2, to="a", hold="48h")
    )


@pytest.mark.parametrize(("when", "until"), [({"did": "x"}, 50), ({"did": "x", "within": "10h"}, 11)])
def test_what_a_person_has_undone_waits(when: Any, until: float) -> None:
    told = transition(explained(moved_by_hand(when)), "to-b")
    assert told.condition.holds
    assert blocks(told.blocked) == [("moved_by_hand", until)]


def test_what_a_person_has_undone_waits_no_longer_than_that() -> None:
    assert transition(explained(moved_by_hand({"did": "x"}), 50), "to-b").blocked == []


@pytest.mark.parametrize(("within", "until"), [({}, None), ({"within": "10h"}, 11)])
def test_what_would_go_round_is_passed_over(within: Any, until: float | None) -> None:
    round_ = {"name": "round", "from": "b", "to": "a", "when": {"did": "x"} | within}
    story = tell(transitions=[TO_B, round_]).does("y").does("x", 1)
    told = transition(explained(story), "round")
    assert told.condition.holds
    assert blocks(told.blocked) == [("passed_over", until)]
    assert explained(story.does("z", 2)).stage == "a", "the next activity lets it in"


def test_several_things_may_keep_a_rule() -> None:
    rule = {"to": "b", "when": {"did": "x", "since": "entry"}, "again_after": "48h"}
    story = tell(transitions=[rule, BACK], hold=HOLD)
    story.does("y").does("x", 1).does("back", 2).does("paused", 3).does("x", 4)
    told = transition(explained(story), "to-b")
    assert blocks(told.blocked) == [("again_after", 49), ("hold", 13)]
    assert {by for by, _ in blocks(told.blocked)} < set(BLOCKS)


# Signals --------------------------------------------------------------------------------------------


def signalling(**parts: Any) -> Story:
    hot = {"name": "hot", "in": "a", "when": {"did": "x", "within": "10h"}}
    return tell({"did": "never_done"}, signals=[hot, hot | {"name": "elsewhere", "in": "b"}], **parts)


def test_signals_of_the_stage_are_told() -> None:
    [hot] = explained(signalling().does("y")).signals
    assert (hot.signal, hot.given, hot.said, hot.blocked) == ("hot", 0, False, [])
    assert [lacking.fact.wanted for lacking in hot.lacking] == ["x within 10 hours"]


def test_a_signal_that_is_true_has_been_said() -> None:
    [hot] = explained(signalling().does("x", 1)).signals
    assert (hot.given, hot.said, hot.condition.holds, hot.lacking) == (1, True, True, [])


def test_a_signal_that_has_ended_may_be_said_again() -> None:
    story = signalling().does("x", 1).waits(20)
    [hot] = explained(story, 20).signals
    assert (hot.given, hot.said, hot.condition.holds) == (1, False, False)


def test_hold_keeps_a_signal_that_has_not_been_said() -> None:
    [hot] = explained(signalling(hold=HOLD).does("paused", 1).does("x", 2)).signals
    assert (hot.given, hot.said, blocks(hot.blocked)) == (0, False, [("hold", 11)])
    [hot] = explained(signalling(hold=HOLD).does("x", 2).does("paused", 3)).signals
    assert (hot.given, hot.said, hot.blocked) == (1, True, [])
