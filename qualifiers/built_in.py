"""Built-in activity types: handled before any rule, and seen by none."""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from qualifiers.faults import did_you_mean
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.durations import parse_elapsed
from schemas.lead import Lead
from schemas.moments import DAY

STAGE_ASSIGNED = "stage_assigned"
LEAD_ERASED = "lead_erased"
LEAD_MERGED = "lead_merged"
BUILT_IN = frozenset({STAGE_ASSIGNED, LEAD_ERASED, LEAD_MERGED})
HELD_BACK = 30 * DAY
"""How long (ms) a person's move holds transitions back at most, unless it says otherwise."""


class Assignment(NamedTuple):
    """A person moves a lead. ``hold`` in ms; ``by`` and ``why`` may be empty."""

    to: str
    hold: int
    by: str
    why: str


class Erasure(NamedTuple):
    """A lead is to be forgotten; with ``suppress``, what it does later is not to be noted either."""

    suppress: bool


class Merging(NamedTuple):
    """A lead is another one's: its state goes to ``into``."""

    into: str


BuiltIn = Assignment | Erasure | Merging


class Erased(NamedTuple):
    """A lead has gone; ``absorbed`` are the ids that were merged into it, which go with it."""

    suppress: bool
    absorbed: tuple[str, ...]


class Merged(NamedTuple):
    """A lead has gone to ``into``, with its state (None: it was not known)."""

    into: str
    lead: Lead | None


Departure = Erased | Merged
"""How a lead has come to its end."""


def read_built_in(activity: Activity, stages: Collection[str]) -> BuiltIn:
    """What an activity of a built-in type says; ``stages`` are those that there are. Raises Unreadable."""
    return _READERS[activity.type](activity, stages)


def circle(lead_id: str, into: str) -> Unreadable:
    """What is wrong with a merge of a lead into itself, or into what has become part of it."""
    return Unreadable(
        "merge_circle", f"`{into[:80]}` is `{lead_id[:80]}` already: a merge can't go in a circle"
    )


def _assignment(activity: Activity, stages: Collection[str]) -> Assignment:
    to = _needed(activity, "to", "the stage")
    if to not in stages:
        hint = did_you_mean(to, stages) or f"there are: {', '.join(stages)}"
        raise Unreadable("unknown_stage", f"the funnel has no stage `{to[:80]}` ({hint})")
    hold = _text(activity, "hold")
    try:
        milliseconds = HELD_BACK if hold is None else parse_elapsed(hold)
    except ValueError as error:
        raise Unreadable("wrong_type", f"`hold` of a stage_assigned: {error}") from None
    return Assignment(to, milliseconds, _text(activity, "by") or "", _text(activity, "reason") or "")


def _erasure(activity: Activity, stages: Collection[str]) -> Erasure:  # noqa: ARG001 (others need them)
    suppress = activity.properties.get("suppress", False)
    if type(suppress) is not bool:
        raise Unreadable("wrong_type", "`suppress` of a lead_erased must be true or false")
    return Erasure(suppress)


def _merging(activity: Activity, stages: Collection[str]) -> Merging:  # noqa: ARG001
    into = _needed(activity, "into", "the lead that it is part of")
    if into == activity.lead_id:
        raise circle(activity.lead_id, into)
    return Merging(into)


def _needed(activity: Activity, name: str, what: str) -> str:
    text = _text(activity, name)
    if not text:
        raise Unreadable("missing_member", f"a {activity.type} names {what} in its properties: `{name}`")
    return text


def _text(activity: Activity, name: str) -> str | None:
    value = activity.properties.get(name)
    if value is None:
        return None
    if type(value) is not str:
        raise Unreadable("wrong_type", f"`{name}` of a {activity.type} must be text")
    return value


_READERS: Mapping[str, Callable[[Activity, Collection[str]], BuiltIn]] = {
    STAGE_ASSIGNED: _assignment,
    LEAD_ERASED: _erasure,
    LEAD_MERGED: _merging,
}
