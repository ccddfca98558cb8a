"""What became of the leads that a rule moved on."""

from collections import Counter
from typing import Any

import pytest

from qualifiers.outcomes import NEXT, OUTCOMES, Journeys
from schemas.decision import DIRECTIONS
from schemas.moments import MINUTE, SECOND
from streams.metrics.catalogue import PREFIX
from tests.doubles.engines import Bench, lead_of
from tests.unit.story import Leads, Story, tell

PATH: dict[str, Any] = {
    "stages": ["lead", "mql", "sql", "won"],
    "off_path": ["recycled", "lost"],
    "final": ["won", "lost"],
    "transitions": [
        {"to": "won", "from": ["lead", "mql", "sql"], "when": {"did": "bought", "since": "entry"}},
        {"name": "to-lost", "from": "any", "to": "lost", "when": {"did": "refused", "since": "entry"}},
        {"name": "warm", "to": "mql", "when": {"did": "demo", "since": "entry"}},
        {"name": "hot", "to": "sql", "when": {"did": "call", "since": "entry"}},
        {"name": "slow", "to": "sql", "when": {"in_stage": "20d"}},
        {"name": "no", "from": ["mql", "sql"], "to": "recycled", "when": {"did": "no", "since": "entry"}},
        {"name": "cold", "from": ["mql", "sql"], "to": "recycled", "when": {"quiet": "10d"}},
        {"name": "again", "from": "recycled", "to": "mql", "when": {"did": "demo", "since": "entry"}},
        {"name": "down", "from": "sql", "to": "mql", "when": {"did": "doubted", "since": "entry"}},
    ],
}  # fmt: skip
NO_QUIET = PATH | {"transitions": [one for one in PATH["transitions"] if one.get("name") != "cold"]}
DAY = 24


def judged(told: Story | Leads) -> dict[tuple[str, str], int]:
    """How often each outcome of each rule came, told change by change."""
    funnel = told.funnel if isinstance(told, Story) else told.replay.funnel
    return dict(Counter(Journeys(funnel.outcomes).judged(told.said)))


def lived(*days: str | tuple[str, dict[str, Any]], under: dict[str, Any] = PATH) -> Story:
    """A lead that does one thing a day; `-` is a fortnight in which it does nothing."""
    story, hours = tell(**under), 0.0
    for day in days:
        hours += DAY
        if day == "-":
            hours += 14 * DAY
            story.waits(hours)
        elif isinstance(day, str):
            story.does(day, hours)
        else:
            story.does(day[0], hours, **day[1])
    return story


def moved_to(stage: str) -> tuple[str, dict[str, Any]]:
    return "stage_assigned", {"to": stage, "by": "Ada"}


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (["demo"], {}),
        (["demo", "call"], {("warm", "accepted"): 1}),
        (["demo", moved_to("sql")], {("warm", "accepted"): 1}),
        (["demo", "no"], {("warm", "rejected"): 1}),
        (["demo", "call", "doubted"], {("warm", "accepted"): 1, ("hot", "rejected"): 1}),
        (["demo", moved_to("recycled")], {("warm", "rejected"): 1}),
        (["demo", moved_to("lead")], {("warm", "rejected"): 1}),
        (["demo", "-"], {("warm", "ignored"): 1}),
        (["demo", "bought"], {("warm", "accepted"): 1, ("warm", "won"): 1}),
        (["demo", "refused"], {("warm", "rejected"): 1, ("warm", "lost"): 1}),
        (["x", "bought"], {}),
        (["x", moved_to("mql"), "call"], {}),
    ],
)
def test_what_comes_next(days: list[Any], said: dict[tuple[str, str], int]) -> None:
    assert judged(lived(*days)) == said


def test_the_end_is_that_of_every_rule_of_the_way() -> None:
    assert judged(lived("x", "demo", "call", "bought")) == {
        ("warm", "accepted"): 1,
        ("hot", "accepted"): 1,
        ("warm", "won"): 1,
        ("hot", "won"): 1,
    }
    assert judged(lived("x", "demo", moved_to("sql"), "refused"))["warm", "lost"] == 1


def test_what_the_lead_has_fallen_behind_does_not_stand() -> None:
    said = judged(lived("x", "demo", "call", "doubted", "bought"))
    assert said["warm", "won"] == 1
    assert ("hot", "won") not in said


def test_a_return_begins_another_way() -> None:
    said = judged(lived("x", "demo", "no", "demo", "bought"))
    assert (said["warm", "rejected"], said["again", "accepted"], said["again", "won"]) == (1, 1, 1)
    assert ("warm", "won") not in said


def test_an_end_is_told_once() -> None:
    said = judged(lived("x", "demo", "bought", moved_to("lost"), moved_to("won")))
    assert said == {("warm", "accepted"): 1, ("warm", "won"): 1, ("to-won", "rejected"): 1}


def test_time_alone_accepts_nothing() -> None:
    assert judged(lived("x", "demo", "-", "-", under=NO_QUIET)) == {}


def test_a_stage_that_is_passed_through_judges_nobody() -> None:
    chain = [
        {"name": "warm", "to": "mql", "when": {"did": "demo"}},
        {"name": "hot", "to": "sql", "when": {"did": "demo"}},
        {"to": "won", "when": {"did": "bought"}},
    ]
    said = judged(lived("x", "demo", "bought", under=PATH | {"transitions": chain}))
    assert said == {("hot", "accepted"): 1, ("warm", "won"): 1, ("hot", "won"): 1}
    at_once = [*chain[:2], {"to": "won", "when": {"did": "demo"}}]
    assert judged(lived("x", "demo", under=PATH | {"transitions": at_once})) == {}


def test_a_merge_is_no_answer() -> None:
    leads = Leads(**PATH)
    for lead, kind, hour in [
        ("a", "x", 0),
        ("a", "demo", 1),
        ("b", "x", 0),
        ("b", "call", 1),
        ("b", "demo", 2),
    ]:
        leads.does(lead, kind, hour)
    leads.does("b", "call", 3).merges("b", "a", 5)
    assert leads.of("a")[-1][1:] == ("merged", "sql")
    assert judged(leads) == {("warm", "accepted"): 1}, "that of b alone"


def test_a_changed_funnel_is_no_answer() -> None:
    story = lived("x", "demo", "y")
    eager = PATH | {"transitions": [{"to": "sql", "when": {"in_stage": "1h"}}, *PATH["transitions"]]}
    after = story.comes_under(tell(**eager), 5 * DAY)
    assert after.last.cause.funnel_changed  # type: ignore[union-attr]
    assert judged(after) == {}


def test_the_table_has_every_way_out_of_a_stage_of_the_path() -> None:
    assert {direction for direction, _ in NEXT} == set(DIRECTIONS) - {"created", "return"}
    assert set(NEXT.values()) | {"won", "lost"} == set(OUTCOMES)


def test_a_way_is_no_longer_than_what_a_state_keeps() -> None:
    stages = [f"s{number}" for number in range(9)]
    ladder = {
        "stages": stages,
        "final": [stages[-1]],
        "transitions": [{"to": stage, "when": {"did": "step", "since": "entry"}} for stage in stages[1:]],
    }
    story = lived("x", *["step"] * 8, under=ladder | {"off_path": []})
    won = {rule for rule, outcome in judged(story) if outcome == "won"}
    assert won == {"to-s5", "to-s6", "to-s7"}


def test_the_worker_counts_what_became_of_its_decisions() -> None:
    bench = Bench()
    bench.assign()
    lead = lead_of(0)
    for kind in ("demo", "call", "call"):
        bench.send(lead, kind)
        bench.later(20 * SECOND)
    bench.later(2 * MINUTE)
    assert bench.said()[lead] == ["created", "to-mql", "to-sql", "gone-quiet"]
    counted = {
        (sample.labels["rule"], sample.labels["outcome"]): sample.value
        for metric in bench.metrics.collect()
        if metric.name == PREFIX + "rule_outcomes"
        for sample in metric.samples
        if sample.value
    }
    assert counted == {("to-mql", "accepted"): 1, ("to-sql", "ignored"): 1}
