"""What is drawn reaches the corners that the other properties are about; else they would prove little."""

from collections import Counter

import pytest
from hypothesis import Phase, given, settings
from hypothesis.strategies import SearchStrategy

from schemas.activity import Activity
from schemas.funnel_file import FunnelFile
from tests.properties.brute_force import BruteForce, Given, Move, name_of
from tests.properties.brute_force import moved as moves_of
from tests.properties.driving import end_of, loaded
from tests.properties.strategies import Case, cases, departing_cases

EXAMPLES = 500
AT_LEAST = {
    "a repeat": 20,
    "moved by time": 20,
    "moved by time, in business hours": 10,
    "moved by a late activity": 5,
    "forward": 60,
    "back": 5,
    "off_path": 40,
    "return": 5,
    "a cascade": 10,
    "a signal": 10,
    "passed over": 10,
    "a due moment met by an activity": 1,
    "a stage of which no rule leads out": 10,
    "moved by a person": 10,
    "held back after a person's move": 4,
}
"""In how many of the cases each is to be met."""
AT_LEAST_DEPARTING = {
    "merged": 20,
    "further by a merge": 10,
    "created by a merge": 10,
    "erased": 10,
}
"""The same, of leads that come to an end."""


def _corners(case: Case) -> set[str]:
    brute = BruteForce(loaded(case))
    said: list[Move | Given] = []
    corners: set[str] = set()
    for activity in case.activities:
        moved = brute.apply(activity)
        if moved is None:
            corners.add("a repeat")
            continue
        said += moved
        corners |= _corners_after(activity, moves_of(moved), brute)
        if any(move.cause == ("due", activity.occurred_at) for move in moved):
            corners.add("a due moment met by an activity")
    for lead_id in brute.leads:
        said += brute.advance(lead_id, end_of(case.activities))
    moves = moves_of(said)
    if len(moves) < len(said):
        corners.add("a signal")
    for move in moves:
        corners |= _corners_of(move, brute.file)
    causes = Counter((move.lead_id, move.cause) for move in moves if move.rule != "created")
    if max(causes.values(), default=0) > 1:
        corners.add("a cascade")
    return corners


def _corners_after(activity: Activity, moves: list[Move], brute: BruteForce) -> set[str]:
    lead = brute.leads.get(activity.lead_id)
    met = {
        "passed over": lead is not None and lead.passed_over,
        "held back after a person's move": lead is not None and lead.waiting,
        "erased": activity.type == "lead_erased",
        "merged": activity.type == "lead_merged",
        "created by a merge": activity.type == "lead_merged" and any(m.rule == "created" for m in moves),
    }
    return {corner for corner, is_met in met.items() if is_met}


_BY_RULE = {"manual": "moved by a person", "merged": "further by a merge"}


def _corners_of(move: Move, file: FunnelFile) -> set[str]:
    corners = {move.direction, _BY_RULE.get(move.rule, "")}
    if move.cause[0] == "due":
        corners.add("moved by time")
        if any(
            name_of(rule) == move.rule and "BusinessHours" in repr(rule.when) for rule in file.transitions
        ):
            corners.add("moved by time, in business hours")
    if move.late:
        corners.add("moved by a late activity")
    if move.to in file.final:
        corners.add("a stage of which no rule leads out")
    return corners


@pytest.mark.parametrize(("drawn", "at_least"), [(cases, AT_LEAST), (departing_cases, AT_LEAST_DEPARTING)])
def test_the_strategies_reach_the_corners(drawn: SearchStrategy[Case], at_least: dict[str, int]) -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, derandomize=True, database=None, phases=[Phase.generate])
    @given(drawn)
    def draw(case: Case) -> None:
        met.update(_corners(case))

    draw()
    too_seldom = {corner: met[corner] for corner, enough in at_least.items() if met[corner] < enough}
    assert not too_seldom
