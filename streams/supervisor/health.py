"""What all members say of themselves, as one: are they ready, and where are their leads."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from streams.supervisor.member import State

Json = dict[str, Any]

NOTHING_TO_WAIT_FOR = frozenset({"spare"})
"""Reasons for which one worker alone is not ready, but which stand in nobody's way here."""

_WITHOUT_ANSWER: Mapping[State, tuple[str, str]] = {
    "starting": ("starting", "the worker has not come up yet"),
    "up": ("silent", "the worker does not answer"),
    "ended": ("ended", "the worker has ended ({ended}), and is started again"),
}
"""What is said of a member that says nothing itself: the reason, and its detail."""


def readiness(members: Iterable[tuple[str, State, str, Json | None]]) -> Json:
    """`/readyz` of all: ready when each member is, or has nothing to wait for. Reasons name their member.

    Of each is given: its name, its state, how it ended last, what it says of itself (None: nothing).
    """
    reasons: list[Json] = []
    for worker, state, ended, said in members:
        if said is None:
            reason, detail = _WITHOUT_ANSWER[state]
            why = [{"reason": reason, "detail": detail.format(ended=ended)}]
        else:
            why = [one for one in said["reasons"] if one["reason"] not in NOTHING_TO_WAIT_FOR]
        reasons += [{"worker": worker, **one} for one in why]
    return {"ready": not reasons, "reasons": reasons}


def funnel(pages: Sequence[Json], worker: str) -> Json:
    """`/funnel` of all: the newest version's, with the leads and partitions of every member's page."""
    newest: Json = max(pages, key=lambda page: page["version"])
    leads = Counter({stage["stage"]: 0 for stage in newest["stages"]})
    partitions: dict[int, Json] = {}
    for page in pages:
        leads.update({stage["stage"]: stage["leads"] for stage in page["stages"]})
        for state in page["partitions"]:
            # One that has just moved may be in two; where it is open is where it is.
            if state["open"] or state["partition"] not in partitions:
                partitions[state["partition"]] = state
    return {
        **newest,
        "worker": worker,
        "leads": leads.total(),
        "stages": [{"stage": stage, "leads": number} for stage, number in leads.items()],
        "partitions": [partitions[number] for number in sorted(partitions)],
    }
