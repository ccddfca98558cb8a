"""Two histories that become one (see ``brute_force``)."""

from schemas.funnel_file import FunnelFile
from tests.properties.brute_force_history import History
from tests.properties.brute_force_points import united_points
from tests.properties.brute_force_reading import points_of

REMEMBERED_IDS = 32


def rank(file: FunnelFile, stage: str) -> tuple[bool, bool, int]:
    """Final beats path beats off path, then further along wins."""
    path = file.stages
    return stage in file.final, stage in path, path.index(stage) if stage in path else -1


def unite(file: FunnelFile, lead: History, came: History, now: int) -> bool:
    """Add a history to that of the lead which goes on, at its clock; whether the other one was further.

    What the other did arrives now, in its own order. The stay that goes on is that of the one which
    was further; stage and seq are left to the caller.
    """
    offset = len(lead.happened)
    for name, score in file.scores.items():
        united = united_points(
            score, points_of(file, name, lead), points_of(file, name, came), now, file.calendar
        )
        lead.points[name] = (united, offset + len(came.happened))
    arrivals = [one._replace(arrival=one.arrival + offset) for one in came.happened]
    lead.happened += arrivals
    room = max(REMEMBERED_IDS - len(lead.ids[-REMEMBERED_IDS:]), REMEMBERED_IDS // 2)
    theirs = came.ids[-REMEMBERED_IDS:][-room:]
    lead.ids = theirs + lead.ids[-(REMEMBERED_IDS - len(theirs)) :]
    for rule, at in came.fired.items():
        lead.fired[rule] = max(at, lead.fired.get(rule, at))
    lead.created = min(lead.created, came.created)
    lead.passed_over.clear()
    lead.worked_out.clear()
    lead.looked = now
    further = rank(file, came.stage) > rank(file, lead.stage)
    if not further:
        lead.stages = [*came.stages, *lead.stages]
        lead.outside |= {one.arrival for one in arrivals}
        return False
    lead.stages += came.stages
    lead.outside = {*range(1, offset + 1), *(arrival + offset for arrival in came.outside)}
    lead.entered = (came.entered[0], came.entered[1] + offset)
    lead.given, lead.waiting, lead.waiting_until = came.given, came.waiting, came.waiting_until
    return True
