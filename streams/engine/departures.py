"""Leads that come to their end, and records that belong to another lead than they say.

A lead that is merged leaves a mark, and travels to the home of the other as an internal
record; a lead that is erased leaves nothing. What is said here of a pass over a partition
(`partition_pass`) is what that does for such leads and records.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from qualifiers.built_in import LEAD_MERGED, Departure, Erased, circle
from qualifiers.merging import absorb
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.decision import Place
from schemas.lead_state import decode_lead, encode_lead, encode_mark
from streams.engine.chunk import Record
from streams.engine.forwarding import MOST_HOPS, Foreign, Gone, Internal, Moving
from streams.engine.homes import home

if TYPE_CHECKING:
    from streams.engine.partition_pass import PartitionPass


def at_home(run: "PartitionPass", record: Record, activity: Activity, key: bytes) -> Activity | None:
    """The activity, as that of the lead which it is applied to here; None when it has come to its end.

    Asked only of a lead that is not known here, or of a record with another key: whoever
    this partition knows has its home here. Raises Unreadable.
    """
    out, overlay, forwarding = run.out, run.overlay, run.of.forwarding
    headers, value = record.headers() or [], record.value() or b""
    hops = forwarding.hops(record) if headers else 0
    if hops is None:
        out.passed_by("internal")
        return None
    if hops:
        key = record.key() or b""
        if home(key, forwarding.partitions) != run.number:
            out.passed_by("rekeyed", forwarding.forwarded(key, value, headers, hops))
            return None
        if _is_one_already(run, key, activity):
            out.ended("applied", activity.type)
            return None
        activity = activity.but(lead_id=key.decode())
    elif record.key() != key or home(key, forwarding.partitions) != run.number:
        if forwarding.was_rekeyed(key, value, headers):
            raise Unreadable("key_mismatch", "sent to its lead's home before, yet this is not it")
        out.passed_by("rekeyed", forwarding.rekeyed(key, value, headers))
        return None
    if overlay.is_suppressed(key):
        out.passed_by("suppressed")
        return None
    into = overlay.merged_into(key)
    if into is None:
        return activity
    if activity.type == LEAD_MERGED and activity.properties.get("into") == into.decode():
        out.ended("applied", activity.type)
        return None
    if hops >= MOST_HOPS:
        raise Unreadable("merge_circle", f"it was sent on {hops} times: its lead was merged in a circle")
    out.passed_by("forwarded", forwarding.forwarded(into, value, headers, hops + 1))
    return None


def _is_one_already(run: "PartitionPass", key: bytes, forwarded: Activity) -> bool:
    """Whether a merge of what was merged into this lead names what is this lead, too."""
    if forwarded.type != LEAD_MERGED:
        return False
    lead, into = run.overlay.lead(key), forwarded.properties.get("into")
    return into == key.decode() or (lead is not None and into in lead.absorbed)


def depart(run: "PartitionPass", record: Record, key: bytes, departure: Departure, named: str) -> None:
    """A lead is erased, or moves to another; ``named`` is whom the record names."""
    if isinstance(departure, Erased):
        absorbed = departure.absorbed
        if departure.suppress and named.encode() != key:
            # Who was merged long ago, or into a lead that was erased since, may not be among them.
            absorbed = (*absorbed, named)
        _erase(run, key, absorbed, departure.suppress)
        return
    run.overlay.replace(key, encode_mark(departure.into))
    state = None if departure.lead is None else encode_lead(departure.lead)
    moving = Moving([key.decode()], state, record.value() or b"", run.in_force.version)
    run.out.outgoing.append(run.of.forwarding.internal(departure.into.encode(), moving))


def _erase(run: "PartitionPass", key: bytes, absorbed: Iterable[str], suppress: bool) -> None:
    """Nothing is left of a lead, nor of what has become part of it."""
    run.overlay.replace(key, None)
    if suppress:
        run.overlay.suppress(key)
    _tell_gone(run, absorbed, suppress)


def _tell_gone(run: "PartitionPass", absorbed: Iterable[str], suppress: bool) -> None:
    for one in dict.fromkeys(absorbed):
        run.out.outgoing.append(run.of.forwarding.internal(one.encode(), Gone(suppress)))


def take_in(run: "PartitionPass", record: Record, said: Internal | Foreign) -> None:
    """An internal record has come to the home of the lead that is its key."""
    key, overlay, forwarding = record.key() or b"", run.overlay, run.of.forwarding
    if not isinstance(said, Foreign) and home(key, forwarding.partitions) != run.number:
        run.out.passed_by("rekeyed", forwarding.internal(key, said))
        return
    into = overlay.merged_into(key)
    if isinstance(said, Moving):
        if into is not None and said.path[0] == key.decode():
            _come_home(run, record, key, said)
            return
        _go_on(run, record, key, into, said)
    elif isinstance(said, Gone):
        if said.suppress:
            lead = overlay.lead(key)
            _erase(run, key, lead.absorbed if lead else (), suppress=True)
        elif into is not None:
            overlay.replace(key, None)
    run.out.passed_by("internal")


def _go_on(run: "PartitionPass", record: Record, key: bytes, into: bytes | None, moving: Moving) -> None:
    """A lead that was merged has come to the other: it becomes part of that, or has to go on."""
    if run.overlay.is_suppressed(key):
        came = () if moving.state is None else decode_lead(moving.state).absorbed
        _tell_gone(run, (*came, *moving.path), suppress=True)
    elif into is None:
        _unite(run, record, key, moving)
    else:
        path = list(dict.fromkeys([*moving.path, key.decode()]))
        on = msgspec.structs.replace(moving, path=path)
        run.out.outgoing.append(run.of.forwarding.internal(into, on))


def _unite(run: "PartitionPass", record: Record, key: bytes, moving: Moving) -> None:
    """What was merged into a lead becomes part of it."""
    lead, came_id = run.overlay.lead(key), moving.path[0]
    if lead is not None and came_id in lead.absorbed:
        # Put onto the topic once more, by hand: a merge counts once.
        return
    if moving.state is None:
        if lead is not None:
            absorb(lead, came_id)
            run.overlay.change(key, lead)
        return
    activity = run.of.decode(moving.activity)
    place = Place(run.of.names.activities, run.number, record.offset())
    came, renamed = decode_lead(moving.state), run.in_force.names_since(moving.version)
    applied = run.funnel.merge(key.decode(), lead, came_id, came, activity, place, run.now, renamed)
    run.applied(key, applied, record)


def _come_home(run: "PartitionPass", record: Record, key: bytes, moving: Moving) -> None:
    """A lead has gone in a circle: it stays what it was, and what merged it is a dead letter."""
    run.overlay.replace(key, moving.state)
    lead = run.overlay.lead(key)
    if lead is not None:
        run.overlay.touched.moved.append((None, lead.stage))
        run.overlay.change(key, lead)
        run.reread(key, run.in_force.names_since(moving.version))
    run.out.dead_letter(record, circle(key.decode(), moving.path[-1]), moving.activity)
