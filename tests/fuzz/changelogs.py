"""A changelog's records: a table and what the last transaction left, or the reason why no worker goes on."""

from schemas.lead_packing import UnreadableState
from streams.engine.changelog import UnreadableChangelog, decode_meta, encode_meta
from streams.engine.recovered import Recovered
from streams.engine.table import Table
from tests.fuzz.cutting import cut


def check(data: bytes) -> None:
    """Take the records in, keys and values in turn. Raises AssertionError, or whatever a fault raises."""
    pieces = cut(data)
    recovered = Recovered()
    try:
        for key, value in zip(pieces[::2], pieces[1::2], strict=False):
            recovered.apply(key, value)
        meta = recovered.meta
        table = Table(recovered.states, recovered.suppressed)
    except (UnreadableChangelog, UnreadableState):
        return
    if meta is not None:
        assert decode_meta(encode_meta(meta)) == meta
    assert len(table) <= len(recovered.states)
