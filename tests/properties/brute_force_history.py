"""All that ever happened to a lead, as the brute-force reading keeps it (see ``brute_force``)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from schemas.activity import Activity
from schemas.conditions import Did, Step, Sum
from schemas.funnel_file import OnLine
from tests.properties.brute_force_values import at_path, merged, satisfies

BUILT_IN = {"stage_assigned", "lead_erased", "lead_merged"}


class Happened(NamedTuple):
    """An activity that was applied: the how manieth of its lead, and the lead's clock just after it."""

    activity: Activity
    arrival: int
    clock: int

    @property
    def at(self) -> int:
        """When it happened, by its own account, ms."""
        return self.activity.occurred_at


@dataclass
class History:
    """Everything that happened to a lead, and its stays.

    A stay is what comes after ``entered``, in (time, arrival) order. Birth's own activity
    is the first arrival, and belongs to the first stay: that is entered at arrival 0.
    """

    lead_id: str
    created: int
    happened: list[Happened] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    entered: tuple[int, int] = (0, 0)
    clock: int = 0
    looked: int = 0
    """Up to where time alone has been read since the last activity: no moment is read twice."""
    seq: int = 0
    passed_over: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    """What a person's move holds back."""
    waiting_until: int = 0
    fired: dict[str, int] = field(default_factory=dict)
    """When each transition last fired."""
    given: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    """In this stay: how often each signal was given, and when it was found false again since."""
    outside: set[int] = field(default_factory=set)
    """Arrivals that are no part of the present stay, whenever they were: another lead did them then."""
    points: dict[str, tuple[Any, int]] = field(default_factory=dict)
    """What points a score last began with, and after which arrival."""
    worked_out: dict[Any, Any] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """The present stage."""
        return self.stages[-1]

    def in_this_stay(self, one: Happened) -> bool:
        """Whether an activity belongs to the present stay."""
        return (one.at, one.arrival) > self.entered and one.arrival not in self.outside

    def traits(self) -> dict[str, Any]:
        """The traits: every patch in order of its own time, then of arrival."""
        in_order = sorted(self.happened, key=lambda one: (one.at, one.arrival))
        traits = self.once("traits", lambda: merged(one.activity.traits for one in in_order))
        return cast(dict[str, Any], traits)

    def once(self, name: str, work_out: Callable[[], Any]) -> Any:
        """What depends on the activities alone, worked out anew only after another has come in."""
        key = (name, len(self.happened))
        if key not in self.worked_out:
            self.worked_out = {key: work_out()} | {k: v for k, v in self.worked_out.items() if k[1] == key[1]}
        return self.worked_out[key]


def matches(asked: Did | Sum | Step | OnLine, types: list[str], activity: Activity) -> bool:
    """Whether an activity is one that a `did`, a step or an `on` line asks for."""
    return (
        activity.type in types
        and activity.type not in BUILT_IN
        and all(satisfies(test, at_path(activity.properties, path)) for path, test in asked.where.items())
        and (asked.source is None or satisfies(asked.source, activity.source))
    )
