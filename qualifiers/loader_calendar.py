"""The calendar of a funnel: a zone that there is, each holiday once, and that there is one for `bh`."""

from collections.abc import Iterator
from difflib import get_close_matches

from qualifiers.loader_nodes import Node
from qualifiers.loader_tree import FunnelTree, names_of
from qualifiers.zones import UnknownZone, offsets, zone_names
from schemas.durations import BusinessHours, parse_duration


def check(funnel: FunnelTree) -> None:
    """Note everything that is wrong with what business hours are."""
    calendar = funnel.calendar
    if calendar is None:
        for node in in_business_hours(funnel):
            hint = "add one: calendar: {zone: Europe/Oslo, hours: mon-fri 09:00-17:00}"
            funnel.fault(node, "calendar-needed", f"`{node.value}` needs a `calendar`", hint)
        return
    _zone(funnel, calendar.get("zone"))
    taken: dict[str, Node] = {}
    for holiday in names_of(calendar.get("holidays")):
        first = taken.setdefault(holiday.value, holiday)
        if first is not holiday:
            message = f"the holiday {holiday.value} is named twice (first at {first.place})"
            funnel.fault(holiday, "duplicate-holiday", message, "keep one of them")


def _zone(funnel: FunnelTree, zone: Node | None) -> None:
    if zone is None or not isinstance(zone.value, str):
        return
    try:
        offsets(zone.value)
    except UnknownZone:
        message = f"unknown time zone `{zone.value}`"
        funnel.fault(zone, "unknown-zone", message, _zone_like(zone.value))


def _zone_like(word: str) -> str:
    names = sorted(zone_names())
    if not names:
        return "this machine has no zones at all: install the Python package tzdata"
    # Whoever writes `oslo` means Europe/Oslo.
    meant = {name.lower().rpartition("/")[2]: name for name in names} | {name.lower(): name for name in names}
    close = get_close_matches(word[:80].lower(), meant, n=1)
    return f"did you mean `{meant[close[0]]}`?" if close else "zones are named such as Europe/Oslo, or UTC"


def in_business_hours(funnel: FunnelTree) -> Iterator[Node]:
    """Every duration that the calendar is asked about."""
    return filter(_is_in_business_hours, _durations(funnel))


def _durations(funnel: FunnelTree) -> Iterator[Node]:
    """Whatever stands where a duration may be in business hours."""
    for condition in funnel.conditions():
        quiet = condition.get("quiet")
        places = [condition.get(key) for key in ("within", "span", "in_stage")]
        yield from filter(None, [*places, quiet and quiet.get("for"), quiet])
    for rule in funnel.transitions:
        yield from filter(None, [rule.get("again_after")])
    for line in funnel.points_lines():
        yield from filter(None, [line.get("per")])


def _is_in_business_hours(node: Node) -> bool:
    try:
        return isinstance(parse_duration(node.value), BusinessHours)
    except ValueError:
        return False
