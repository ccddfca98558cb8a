"""The headers of what goes out: what a subscriber or an operator reads without opening the value."""

from collections.abc import Mapping

from schemas.dead_letter import Unreadable
from schemas.decision import Decision, Signal, StageChange
from streams.engine.chunk import Headers, Record

DEAD_LETTER = "kafka_dlt-"
"""How the names of the headers begin that are about a dead letter."""

_TYPES: Mapping[type, bytes] = {
    StageChange: b"leadgate.lead.stage_changed",
    Signal: b"leadgate.lead.signal_given",
}


def event_headers(decision: Decision) -> Headers:
    """The CloudEvents 1.0 headers of a stage change or a signal (Kafka protocol binding, binary mode)."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", decision.id.encode()),
        ("ce_source", f"/leadgate/funnels/{decision.funnel}".encode()),
        ("ce_type", _TYPES[type(decision)]),
        ("ce_subject", decision.lead_id.encode()),
        ("ce_time", decision.occurred_at.encode()),
        ("content-type", b"application/json"),
    ]


def dead_letter_headers(record: Record, unreadable: Unreadable) -> Headers:
    """Where a dead letter lay and what was wrong with it, as Spring and Kafka Connect name it."""
    values: Mapping[str, object] = {
        "original-topic": record.topic(),
        "original-partition": record.partition(),
        "original-offset": record.offset(),
        "original-timestamp": record.timestamp()[1],
        "exception-fqcn": f"leadgate.{unreadable.reason}",
        "exception-message": unreadable,
    }
    return [(f"{DEAD_LETTER}{name}", str(value).encode()) for name, value in values.items()]
