"""A lead's state: a lead that is written as it was read, or a clear word that it is none."""

from schemas.lead import Lead
from schemas.lead_packing import UnreadableState
from schemas.lead_state import (
    decode_lead,
    due_and_stage,
    due_of,
    encode_lead,
    encode_mark,
    marked,
    read_under,
)


def check(data: bytes) -> None:
    """Read what can be read. Raises AssertionError, or whatever a fault raises."""
    try:
        into = marked(data)
        if into is not None:
            assert encode_mark(into) == data
            return
        due, stage = due_and_stage(data)
    except UnreadableState:
        return
    try:
        lead = decode_lead(data)
        traits, history = lead.traits, lead.history
    except UnreadableState:
        return
    assert (due, stage) == (lead.due, lead.stage)
    assert (due_of(data), read_under(data)) == (lead.due, lead.funnel)
    again = decode_lead(encode_lead(lead))
    assert repr((again.traits, again.history)) == repr((traits, history))
    assert _bytes_without_the_written(again) == _bytes_without_the_written(lead)


def _bytes_without_the_written(lead: Lead) -> bytes:
    """Its state, for which traits and history are not taken as they were read: NaN equals nothing else."""
    lead.began(lead.created, lead.source)
    return encode_lead(lead)
