"""Built-in activity types: handled before any rule, and seen by none."""

from collections.abc import Collection
from typing import NamedTuple

from qualifiers.faults import did_you_mean
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.funnel_file import parse_duration
from schemas.moments import DAY

STAGE_ASSIGNED = "stage_assigned"
BUILT_IN = frozenset({STAGE_ASSIGNED, "lead_erased", "lead_merged"})
HELD_BACK = 30 * DAY
"""How long (ms) a person's move holds transitions back at most, unless it says otherwise."""


class Assignment(NamedTuple):
    """A person moves a lead. ``hold`` in ms; ``by`` and ``why`` may be empty."""

    to: str
    hold: int
    by: str
    why: str


BuiltIn = Assignment | None


def read_built_in(activity: Activity, stages: Collection[str]) -> BuiltIn:
    """What an activity of a built-in type says; ``stages`` are those that there are. Raises Unreadable."""
    if activity.type == STAGE_ASSIGNED:
        return _assignment(activity, stages)
    return None


def _assignment(activity: Activity, stages: Collection[str]) -> Assignment:
    to = _text(activity, "to")
    if to is None:
        raise Unreadable("missing_member", "a stage_assigned needs the stage in its properties: `to`")
    if to not in stages:
        hint = did_you_mean(to, stages) or f"there are: {', '.join(stages)}"
        raise Unreadable("unknown_stage", f"the funnel has no stage `{to[:80]}` ({hint})")
    hold = _text(activity, "hold")
    try:
        milliseconds = HELD_BACK if hold is None else parse_duration(hold)
    except ValueError as error:
        raise Unreadable("wrong_type", f"`hold` of a stage_assigned: {error}") from None
    return Assignment(to, milliseconds, _text(activity, "by") or "", _text(activity, "reason") or "")


def _text(activity: Activity, name: str) -> str | None:
    value = activity.properties.get(name)
    if value is None:
        return None
    if type(value) is not str:
        raise Unreadable("wrong_type", f"`{name}` of a {activity.type} must be text")
    return value
