"""From what lies on the topic to an activity: one decoder a format.

A decoder takes a record's value and returns an Activity, or raises Unreadable
with the reason for its dead letter. ``DECODERS`` is the one table of formats;
another format is another line of it.
"""

from collections.abc import Callable

from schemas.activity import Activity
from streams.intake.native import decode_native

Decoder = Callable[[bytes | None], Activity]

DECODERS: dict[str, Decoder] = {
    "native": decode_native,
}
"""Format name (the label of `leadgate_activities_total`) → its decoder."""

CONTENT_TYPES: dict[str, str] = {
    "application/json": "native",
}
"""What a record's `content-type` header says → the format. Without the header: native."""

__all__ = ["CONTENT_TYPES", "DECODERS", "Decoder", "decode_native", "format_of"]


def format_of(content_type: bytes | None) -> str:
    """The format of a record with that `content-type` header (its parameters ignored)."""
    if content_type is None:
        return "native"
    name = content_type.split(b";", 1)[0].strip().lower().decode("latin-1")
    return CONTENT_TYPES.get(name, "native")
