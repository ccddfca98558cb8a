"""The reference funnel by hand: what a good engineer writes where one funnel is all that is asked.

It decides what `tests/benchmarks/reference.yaml` says, late and repeated activities included, and
says of it what is compared: no reasons, no evidence, no ids. Every peer in Python runs it, in its
own venv, so that it needs msgspec and xxhash alone.
"""

import math
from bisect import insort
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from xxhash import xxh3_64_digest

SECOND = 1_000
DAY = 24 * 3_600 * SECOND
NEVER = 2**62
TOO_LATE = 7 * DAY
HALF_LIFE = 30 * DAY
LIMITS = (0.0, 100.0)
MQL_SCORE = 40
POINTS = {"ebook_downloaded": 10, "white_paper_downloaded": 10, "webinar_attended": 15, "unsubscribed": -25}
PRICING_POINTS, PRICING_AT_MOST, PRICING_PER = 15, 40, 7 * DAY
MEETINGS = frozenset({"demo_completed", "meeting_agreed", "pricing_discussed"})
MEETINGS_TIMES, MEETINGS_WITHIN = 2, 30 * DAY
ACCEPTED_IN = 10 * DAY
QUIET = 8 * DAY
NOT_STIRRING = frozenset({"identified", "grouped"})
REJECTED = frozenset({"sales_rejected", "deal_lost"})
BACK_AGAIN = frozenset({"demo_requested", "pricing_requested"})
ID_BYTES = 8
KEPT_IDS = 32

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Activity(msgspec.Struct, gc=False):
    """What the funnel reads of an activity."""

    id: str
    lead_id: str
    type: str
    occurred_at: datetime
    properties: dict[str, Any] = {}


class Lead(msgspec.Struct, array_like=True, gc=False):
    """What is kept of a lead; moments are ms since the epoch."""

    since: int
    clock: int
    stage: str = "lead"
    seq: int = 0
    points: float = 0.0
    points_at: int = 0
    """When they were that many."""
    pricing: list[tuple[int, float]] = []
    """When the pricing page gave points, and how many; ascending."""
    meetings: list[int] = []
    """The newest two; ascending."""
    stirred: int = 0
    due: int = NEVER
    ids: bytes = b""


class StageChange(msgspec.Struct, gc=False, rename={"from_": "from"}):
    """What is said of a move."""

    lead_id: str
    seq: int
    from_: str | None
    to: str
    rule: str
    late: bool
    occurred_at: str
    scores: dict[str, float]
    cause: dict[str, Any]


decode_activity: Callable[[bytes], Activity] = msgspec.json.Decoder(Activity).decode
encode_change: Callable[[StageChange], bytes] = msgspec.json.Encoder().encode
decode_lead: Callable[[bytes], Lead] = msgspec.msgpack.Decoder(Lead).decode
encode_lead: Callable[[Lead], bytes] = msgspec.msgpack.Encoder().encode


def apply(
    lead: Lead | None, activity: Activity, partition: int, offset: int
) -> tuple[Lead, list[StageChange]]:
    """Apply an activity, which lies there, to its lead (None: not known yet), which is changed in place."""
    at = (activity.occurred_at - _EPOCH) // _MILLISECOND
    name = xxh3_64_digest(activity.id.encode())
    changes: list[StageChange] = []
    born = lead is None
    if lead is None:
        lead = Lead(at, at, ids=name)
    elif _holds(lead.ids, name):
        return lead, changes
    else:
        if lead.due <= at:
            changes = advance(activity.lead_id, lead, at, partition, offset)
        lead.ids = lead.ids[-(KEPT_IDS - 1) * ID_BYTES :] + name
    late = at < lead.clock
    lead.clock = max(lead.clock, at)
    _absorb(lead, activity, at)
    cause = {"activity_id": activity.id, "partition": partition, "offset": offset}
    say = _Said(activity.lead_id, cause, changes)
    if born:
        say.moved(lead, None, "lead", "created", at, late=False)
    _cascade(lead, activity.type if at >= lead.since else "", lead.clock, late, say)
    return lead, changes


def advance(lead_id: str, lead: Lead, until: int, partition: int, offset: int) -> list[StageChange]:
    """Let time move a lead: every due moment up to ``until``, decided before the record that lies there."""
    changes: list[StageChange] = []
    while lead.due <= until:
        moment, before = lead.due, len(changes)
        cause = {"due": _written(moment), "partition": partition, "before_offset": offset}
        _cascade(lead, "", moment, False, _Said(lead_id, cause, changes))
        if len(changes) > before:
            lead.clock = moment
    return changes


class _Said:
    """Takes down what is said of a lead, with one cause."""

    __slots__ = ("_cause", "_changes", "_lead_id")

    def __init__(self, lead_id: str, cause: dict[str, Any], changes: list[StageChange]) -> None:
        self._lead_id = lead_id
        self._cause = cause
        self._changes = changes

    def moved(self, lead: Lead, left: str | None, to: str, rule: str, now: int, *, late: bool) -> None:
        lead.stage, lead.since = to, now
        lead.seq += 1
        scores = {"engagement": round(_score(lead, now), 4)}
        self._changes.append(
            StageChange(self._lead_id, lead.seq, left, to, rule, late, _written(now), scores, self._cause)
        )


def _absorb(lead: Lead, activity: Activity, at: int) -> None:
    kind = activity.type
    if kind not in NOT_STIRRING:
        lead.stirred = max(lead.stirred, at)
    if kind in MEETINGS:
        insort(lead.meetings, at)
        del lead.meetings[:-MEETINGS_TIMES]
    if lead.clock - at > TOO_LATE:
        return
    gift: float = POINTS.get(kind, 0)
    if kind == "page_viewed":
        path = activity.properties.get("path")
        if type(path) is str and path.strip().casefold().startswith("/pricing"):
            gift = _pricing(lead, at)
    if gift:
        low, high = LIMITS
        gift *= math.pow(2.0, (at - lead.clock) / HALF_LIFE)
        lead.points = min(max(_score(lead, lead.clock) + gift, low), high)
        lead.points_at = lead.clock


def _pricing(lead: Lead, at: int) -> float:
    """What the pricing page still gives at ``at``: no more than the bound in the days before it."""
    given = sum(points for when, points in lead.pricing if at - PRICING_PER < when <= at)
    gift = min(PRICING_POINTS, PRICING_AT_MOST - given)
    if gift <= 0:
        return 0
    insort(lead.pricing, (at, gift))
    forgotten = lead.clock - TOO_LATE - PRICING_PER
    while lead.pricing[0][0] <= forgotten:
        del lead.pricing[0]
    return gift


def _score(lead: Lead, now: int) -> float:
    return lead.points * math.pow(2.0, (lead.points_at - now) / HALF_LIFE)


def _cascade(lead: Lead, kind: str, now: int, late: bool, say: _Said) -> None:
    """Fire what is true until nothing is; ``kind`` is the activity of this stay, if it is one."""
    while fired := _first_true(lead, kind, now):
        rule, to = fired
        say.moved(lead, lead.stage, to, rule, now, late=late)
        kind = ""  # it is not of the stay that it has begun
    lead.due = _due(lead)


def _first_true(lead: Lead, kind: str, now: int) -> tuple[str, str] | None:
    stage = lead.stage
    if stage == "lead":
        if kind == "demo_requested" or round(_score(lead, now), 6) >= MQL_SCORE:
            return "to-mql", "mql"
    elif stage == "mql":
        if kind == "sales_accepted":
            return "to-sal", "sal"
        if now >= lead.since + ACCEPTED_IN:
            return "not-accepted-in-time", "recycled"
    elif stage in {"sal", "sql"}:
        if kind == "deal_won":
            return "to-customer", "customer"
        if kind in REJECTED:
            return "rejected", "recycled"
        if stage == "sal" and _met(lead, now):
            return "to-sql", "sql"
        if now >= lead.stirred + QUIET:
            return "gone-quiet", "recycled"
    elif stage == "recycled" and kind in BACK_AGAIN:
        return "back-again", "mql"
    return None


def _met(lead: Lead, now: int) -> bool:
    meetings = lead.meetings
    return len(meetings) >= MEETINGS_TIMES and now < meetings[-MEETINGS_TIMES] + MEETINGS_WITHIN


def _due(lead: Lead) -> int:
    if lead.stage == "mql":
        return lead.since + ACCEPTED_IN
    if lead.stage in {"sal", "sql"}:
        return lead.stirred + QUIET
    return NEVER


def _holds(ids: bytes, name: bytes) -> bool:
    at = ids.find(name)
    while at % ID_BYTES and at >= 0:
        at = ids.find(name, at + 1)
    return at >= 0


def _written(at: int) -> str:
    return (_EPOCH + at * _MILLISECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")
