"""The preset `startup`, written by hand: ``python -m tests.benchmarks.by_hand < activities > changes``.

What a good engineer writes when one funnel is all that is asked: no reasons, no evidence, no
dead letters, no funnel file. It takes activities that are valid and come in the order of their
moments, and says of each stage change what `leadgate qualify` says of it in ``SAID``.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from heapq import heapify, heappop, heappush
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

SAID = ("lead_id", "seq", "from", "to", "rule", "occurred_at", "scores")

HOUR = 3_600_000
DAY = 24 * HOUR
HALF_LIFE = 30 * DAY
NEVER = 2**62
KEPT_IDS = 32

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

OSLO = ZoneInfo("Europe/Oslo")
OFFICE_HOURS = (9, 17)
FRIDAY = 4
HOLIDAYS = frozenset(
    map(date.fromisoformat, ("2026-01-01", "2026-04-03", "2026-04-06", "2026-12-25", "2027-01-01"))
)

BOUNDED = {
    "newsletter_subscribed": ("newsletter", 5, 5),
    "ebook_downloaded": ("paper", 10, 30),
    "white_paper_downloaded": ("paper", 10, 30),
    "webinar_attended": ("webinar", 15, 30),
    "trial_started": ("trial", 30, 30),
}
"""Type → what bounds it together with others, its points, and at most."""
SOCIAL = frozenset({"email_opened", "email_clicked", "social_followed"})
TITLES = frozenset({"founder", "chief", "ceo", "cto", "vp", "head", "director"})
INDUSTRIES = frozenset({"software", "fintech", "e-commerce"})
BUSINESS = frozenset({"price", "pricing", "cost", "implementation"})
NOT_STIRRING = frozenset({"identified", "grouped"})
HAND_RAISED = frozenset({"demo_requested", "pricing_requested"})
REJECTED = frozenset({"sales_rejected", "deal_lost"})
BACK_AGAIN = frozenset({"demo_requested", "pricing_requested", "trial_started"})
CONTACTED = frozenset({"sales_contacted", "sales_conversation_held"})
OFFERED = frozenset({"proposal_requested", "pricing_discussed"})


class Lead:
    __slots__ = (
        "bounds",
        "contacted",
        "created",
        "deadline",
        "deal_won",
        "demo_completed",
        "due",
        "emails",
        "fit",
        "hand_raised",
        "id",
        "ids",
        "offered",
        "pages",
        "points",
        "points_at",
        "pricing",
        "seq",
        "since",
        "stage",
        "stay",
        "stirred",
        "traits",
    )

    def __init__(self, lead_id: str, at: int) -> None:
        self.id = lead_id
        self.stage = "lead"
        self.seq = 0
        self.since = self.created = self.points_at = at
        self.due = self.deadline = NEVER
        self.stirred: int | None = None
        self.points = 0.0
        self.fit = 0
        self.traits: dict[str, Any] = {}
        self.ids: list[str] = []
        self.stay: set[str] = set()
        self.bounds: dict[str, tuple[float, int]] = {}
        self.pages: list[tuple[int, int]] = []
        self.pricing: list[tuple[int, int]] = []
        self.emails: list[tuple[int, int]] = []
        self.hand_raised = self.deal_won = False
        self.demo_completed: int | None = None
        self.offered: int | None = None
        self.contacted: int | None = None


class Funnel:
    def __init__(self) -> None:
        self.leads: dict[str, Lead] = {}
        self.said: list[bytes] = []
        self.newest = -NEVER

    def take(self, activity: dict[str, Any]) -> None:
        at = (datetime.fromisoformat(activity["occurred_at"]) - EPOCH) // MILLISECOND
        lead_id = activity["lead_id"]
        lead = self.leads.get(lead_id)
        if lead is None:
            lead = self.leads[lead_id] = Lead(lead_id, at)
            born = True
        elif activity["id"] in lead.ids:
            return
        else:
            born = False
            while lead.due <= at:
                self.settle(lead, lead.due)
        self.newest = max(self.newest, at)
        lead.ids.append(activity["id"])
        if len(lead.ids) > KEPT_IDS:
            del lead.ids[0]
        kind = activity["type"]
        note(lead, kind, activity, at)
        points = gift(lead, kind, activity, at)
        if points:
            lead.points = min(max(engagement(lead, at) + points, 0), 100)
            lead.points_at = at
        if traits := activity.get("traits"):
            merge(lead.traits, traits)
            lead.fit = fit(lead.traits)
        if born:
            self.say(lead, None, "lead", "created", at)
        self.settle(lead, at)

    def finish(self) -> None:
        waiting = [(lead.due, lead.id) for lead in self.leads.values() if lead.due <= self.newest]
        heapify(waiting)
        while waiting:
            due, lead_id = heappop(waiting)
            lead = self.leads[lead_id]
            self.settle(lead, due)
            if lead.due <= self.newest:
                heappush(waiting, (lead.due, lead_id))

    def settle(self, lead: Lead, now: int) -> None:
        """Move the lead until no rule is true; and when time alone will make one true."""
        while (found := next_move(lead, now)) is not None:
            to, rule = found
            start, lead.stage, lead.since = lead.stage, to, now
            if to == "mql":
                lead.deadline = after_open_hours(now)
            lead.stay.clear()
            self.say(lead, start, to, rule, now)
        lead.due = due(lead)

    def say(self, lead: Lead, start: str | None, to: str, rule: str, now: int) -> None:
        lead.seq += 1
        moment = EPOCH + timedelta(milliseconds=now)
        change = {
            "lead_id": lead.id,
            "seq": lead.seq,
            "from": start,
            "to": to,
            "rule": rule,
            "occurred_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "scores": {"engagement": round(engagement(lead, now), 4), "fit": float(lead.fit)},
        }
        self.said.append(msgspec.json.encode(change))


Move = tuple[str, str]


def note(lead: Lead, kind: str, activity: dict[str, Any], at: int) -> None:
    """What the rules will ask."""
    if kind not in NOT_STIRRING:
        lead.stirred = at
    lead.stay.add(kind)
    if kind in HAND_RAISED or (kind == "contact_form_submitted" and means_business(activity)):
        lead.hand_raised = True
    elif kind == "demo_completed":
        lead.demo_completed = at
    elif kind == "deal_won":
        lead.deal_won = True
    elif kind in OFFERED:
        lead.offered = at
    elif kind in CONTACTED:
        lead.contacted = at


def next_move(lead: Lead, now: int) -> Move | None:
    if lead.stage in ("customer", "disqualified"):
        return None
    if is_text(lead.traits.get("consent"), "withdrawn"):
        return "disqualified", "opted-out"
    if lead.stage == "recycled":
        return from_recycled(lead, now)
    if lead.deal_won:
        return "customer", "to-customer"
    if lead.stage == "lead":
        return ("mql", "to-mql") if is_marketing_qualified(lead, now) else None
    if lead.stage == "mql":
        return from_mql(lead, now)
    if not REJECTED.isdisjoint(lead.stay):
        return "recycled", "rejected"
    return from_sales(lead, now)


def from_recycled(lead: Lead, now: int) -> Move | None:
    if not BACK_AGAIN.isdisjoint(lead.stay):
        return "mql", "back-again"
    return ("disqualified", "given-up") if now >= last_stirred(lead) + 365 * DAY else None


def from_mql(lead: Lead, now: int) -> Move | None:
    if "sales_accepted" in lead.stay:
        return "sal", "to-sal"
    return ("recycled", "not-accepted-in-time") if now >= lead.deadline else None


def from_sales(lead: Lead, now: int) -> Move | None:
    if lead.stage == "sqo":
        return ("recycled", "stalled") if now >= stalled_at(lead) else None
    has_seen = lead.demo_completed is not None and now < lead.demo_completed + 90 * DAY
    if lead.stage == "sal" and has_seen and (has(lead, "budget") or has(lead, "timeline")):
        return "sql", "to-sql"
    if lead.offered is not None and now < lead.offered + 30 * DAY and known_needs(lead) >= 3:
        return "sqo", "to-sqo"
    return ("recycled", "gone-quiet") if now >= last_stirred(lead) + 45 * DAY else None


def due(lead: Lead) -> int:
    stage = lead.stage
    if stage == "mql":
        return lead.deadline
    if stage in ("sal", "sql"):
        return last_stirred(lead) + 45 * DAY
    if stage == "sqo":
        return stalled_at(lead)
    if stage == "recycled":
        return last_stirred(lead) + 365 * DAY
    return NEVER


def last_stirred(lead: Lead) -> int:
    return lead.created if lead.stirred is None else lead.stirred


def stalled_at(lead: Lead) -> int:
    stayed = lead.since + 90 * DAY
    return stayed if lead.contacted is None else max(stayed, lead.contacted + 30 * DAY)


def is_marketing_qualified(lead: Lead, now: int) -> bool:
    if lead.hand_raised:
        return True
    score = round(engagement(lead, now), 6)
    return score >= 60 or (score >= 40 and lead.fit >= 20)


def after_open_hours(now: int) -> int:
    """When sales has had its five days of eight hours."""
    left = 40 * HOUR
    day = (EPOCH + timedelta(milliseconds=now)).astimezone(OSLO).date()
    while True:
        opens, closes = office_hours(day)
        opens = max(opens, now)
        if closes - opens >= left:
            return opens + left
        left -= max(closes - opens, 0)
        day += timedelta(days=1)


@cache
def office_hours(day: date) -> tuple[int, int]:
    """When a day opens and closes (ms); at once where it is closed."""
    opens, closes = (
        (datetime.combine(day, time(hour), OSLO) - EPOCH) // MILLISECOND for hour in OFFICE_HOURS
    )
    return opens, opens if day in HOLIDAYS or day.weekday() > FRIDAY else closes


# Points -----------------------------------------------------------------------------------------------


def engagement(lead: Lead, now: int) -> float:
    at = lead.points_at
    return lead.points if at == now else lead.points * 2.0 ** ((at - now) / HALF_LIFE)


def gift(lead: Lead, kind: str, activity: dict[str, Any], at: int) -> float:
    """What an activity adds to the engagement."""
    if kind == "page_viewed":
        points = 0
        path = activity.get("properties", {}).get("path")
        if type(path) is str and path.strip().casefold().startswith("/pricing"):
            points = paced(lead.pricing, 15, 45, 7 * DAY, at)
        return points + paced(lead.pages, 1, 5, DAY, at)
    if kind in SOCIAL:
        return paced(lead.emails, 2, 10, DAY, at)
    if kind in BOUNDED:
        name, add, at_most = BOUNDED[kind]
        had, when = lead.bounds.get(name, (0.0, at))
        had = had if when == at else had * 2.0 ** ((when - at) / HALF_LIFE)
        given = min(add, at_most - had)
        if given <= 0:
            return 0
        lead.bounds[name] = had + given, at
        return given
    return -25 if kind == "unsubscribed" else 0


def paced(given: list[tuple[int, int]], add: int, at_most: int, per: int, at: int) -> int:
    while given and given[0][0] <= at - per:
        del given[0]
    points = min(add, at_most - sum(points for _, points in given))
    if points > 0:
        given.append((at, points))
    return points


# Traits -----------------------------------------------------------------------------------------------


def merge(traits: dict[str, Any], patch: dict[str, Any]) -> None:
    for name, value in patch.items():
        if type(value) is dict:
            known = traits.get(name)
            if type(known) is not dict:
                known = traits[name] = {}
            merge(known, value)
        elif value is None:
            traits.pop(name, None)
        else:
            traits[name] = value


def fit(traits: dict[str, Any]) -> int:
    company = traits.get("company")
    points = 0
    if type(company) is dict:
        if is_between(company.get("employees"), 20, 1000):
            points += 20
        industry = company.get("industry")
        if type(industry) is str and industry.strip().casefold() in INDUSTRIES:
            points += 20
    if has_word(traits.get("job_title"), TITLES):
        points += 20
    return min(points, 60)


def is_between(value: Any, low: float, high: float) -> bool:
    if type(value) is str:
        try:
            value = float(value)
        except ValueError:
            return False
    return type(value) in (int, float) and low <= value <= high


def is_text(value: Any, wanted: str) -> bool:
    return type(value) is str and value.strip().casefold() == wanted


def has_word(value: Any, words: frozenset[str]) -> bool:
    if type(value) is not str:
        return False
    text = "".join(one if one.isalnum() or one == "_" else " " for one in value.casefold())
    return not words.isdisjoint(text.split())


def means_business(activity: dict[str, Any]) -> bool:
    return has_word(activity.get("properties", {}).get("message"), BUSINESS)


def has(lead: Lead, name: str) -> bool:
    value = lead.traits.get(name)
    return value is not None and value not in ("", [], {})


def known_needs(lead: Lead) -> int:
    return sum(has(lead, name) for name in ("budget", "authority", "need", "timeline"))


def run(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The stage changes of activities, a JSON object a line."""
    funnel, decode = Funnel(), msgspec.json.Decoder().decode
    for line in lines:
        funnel.take(decode(line))
        if funnel.said:
            yield from funnel.said
            funnel.said.clear()
    funnel.finish()
    yield from funnel.said


if __name__ == "__main__":
    sys.stdout.buffer.writelines(line + b"\n" for line in run(sys.stdin.buffer))
