"""What is sent when a dead letter is replayed: the activity again, to the home of its lead.

| the letter | its key | its headers |
| --- | --- | --- |
| has been given another value | the lead that this names | as it came, without leadgate's |
| is an activity | the lead that it names | likewise |
| is an activity that was sent on to another lead | as it came | as it came |
| is an internal record | as it came | as it came |

leadgate's headers sign the key and the value, so they go where either may be another, and stay
where both are as they were. A merge that went in a circle is an activity with the header of the
internal record that carried it. Each gets one more header, `leadgate-replayed`.
"""

from schemas.dead_letter import Unreadable
from schemas.moments import format_moment
from streams.dead_letters.letter import REPLAYED, Letter
from streams.engine.forwarding import FORWARDED, INTERNAL, unmarked
from streams.engine.homes import home
from streams.engine.partition_pass import FUTURE_TOLERANCE
from streams.engine.transaction import Outgoing
from streams.intake import decode_native


def resend(letter: Letter, topic: str, partitions: int, now: int, value: bytes | None = None) -> Outgoing:
    """The record, for a topic of so many partitions; with ``value`` in place of the letter's.

    Raises Unreadable where it would only become a dead letter again at the moment ``now`` (ms).
    """
    given = letter.value if value is None else value
    mark = (REPLAYED, str(letter.place).encode())
    try:
        activity = decode_native(given)
    except Unreadable:
        if value is not None or not letter.has(INTERNAL):
            raise
        activity = None
    if activity is not None and activity.occurred_at > now + FUTURE_TOLERANCE:
        raise Unreadable("future", f"occurred_at {format_moment(activity.occurred_at)} has not come yet")
    if activity is None or (value is None and letter.has(FORWARDED)):
        key = letter.key or b""
        return Outgoing(topic, home(key, partitions), letter.key, given, [*letter.headers, mark])
    key = activity.lead_id.encode()
    return Outgoing(topic, home(key, partitions), key, given, [*unmarked(letter.headers), mark])
