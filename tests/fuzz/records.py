"""A record of the input, key, value and headers, through a whole pass over a partition.

It is applied, sent on or put aside; or the rules fail on it, which makes it a dead letter of its own.
leadgate's own headers come with the right signature, as anybody's can where no secret is set.
"""

from schemas.moments import DAY
from streams.engine.forwarding import FORWARDED, INTERNAL, REKEYED, Forwarding
from streams.engine.in_force import InForce
from streams.engine.passes import EvaluationFailed, Names, Work
from streams.engine.processing import Processor
from streams.engine.transaction import Outgoing
from streams.intake import decode_native
from tests.doubles.kafka import FakeRecord
from tests.doubles.workers import START, live, partition, shop
from tests.fuzz.cutting import cut

PARTITIONS = 2
FORWARDING = Forwarding("in", PARTITIONS, "group", b"")
PROCESSOR = Processor(
    decode_native, Names("in", "out", "signals", "dead", "changelog"), "id", FORWARDING, grace=0, max_due=10
)
IN_FORCE = InForce(1, shop())
LEADS = {name: live(IN_FORCE.funnel, name, "page_viewed")[0] for name in ("anna", "bob")}


def check(data: bytes) -> None:
    """Kind, key, value, and headers. Raises AssertionError, or whatever a fault raises."""
    kind, key, value, *others = [*cut(data), b"", b"", b""]
    headers = [
        (name.decode(errors="replace"), one)
        for name, one in zip(others[::2], others[1::2], strict=False)
        if name
    ]
    record = FakeRecord(("in", 0, 7), START + DAY, key, value, [*headers, *_signed(kind, key, value)])
    sent: list[Outgoing] = []
    try:
        work = Work(partition(0, LEADS, position=7, in_force=IN_FORCE), [record], 8)
        made = PROCESSOR.run([work], sent.extend, START + DAY, held=False)
    except EvaluationFailed:
        return
    # Counted once, and only once; where it waits for a version of the funnel, not yet.
    [touched] = made.touched
    assert made.outcomes.total() == made.records == (0 if touched.awaits else 1)
    assert sent[-1].topic == "changelog"


def _signed(kind: bytes, key: bytes, value: bytes) -> list[tuple[str, bytes | None]]:
    """The header of a record of leadgate's own, by the first letter of its kind."""
    match kind[:1]:
        case b"r":
            return [(REKEYED, next(FORWARDING._signatures(REKEYED, b"", key, value)))]
        case b"f":
            return [(FORWARDED, FORWARDING._signed(FORWARDED, key, value, hops=len(kind)))]
        case b"i":
            return [(INTERNAL, FORWARDING._signed(INTERNAL, key, value))]
    return []
