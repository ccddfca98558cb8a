"""What must come out: `leadgate qualify`'s engine on the same input, and what peers said beside it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from qualifiers import Funnel
from qualifiers.replay import Replay
from schemas.decision import Place, encode_decision
from streams.intake.native import decode_native

FUNNEL_FILE = Path(__file__).with_name("reference.yaml")
FUNNEL = FUNNEL_FILE.read_text()
"""The funnel that everybody runs."""
COMPARED = ("lead_id", "seq", "from", "to", "rule", "late", "occurred_at", "scores")
"""What was decided. leadgate says why as well, which the others don't."""


@dataclass
class Said:
    """Stage changes: how many, and a digest of each lead's, in order."""

    count: int = 0
    digests: dict[str, bytes] = field(default_factory=dict)

    def add(self, value: bytes) -> None:
        """Take in the next stage change of its lead, as it stands on the topic."""
        change = json.loads(value)
        self.count += 1
        lead = change["lead_id"]
        text = json.dumps([change[name] for name in COMPARED]).encode()
        self.digests[lead] = blake2b(self.digests.get(lead, b"") + text, digest_size=16).digest()

    def copy(self) -> "Said":
        """As it is now."""
        return Said(self.count, dict(self.digests))

    def differing(self, other: "Said") -> int:
        """How many leads' stage changes are not the same."""
        leads = self.digests.keys() | other.digests.keys()
        return sum(self.digests.get(lead) != other.digests.get(lead) for lead in leads)


def recompute(funnel: Funnel, records: Iterable[tuple[str, bytes]], marks: Iterable[int]) -> dict[int, Said]:
    """What `qualify` says of the first so many ``records`` (lead id, JSON), for each of ``marks``.

    Leads that fall silent are not advanced at the end, as no worker does while the clock is held.
    """
    replay, said, wanted, kept = Replay(funnel), Said(), set(marks), {}
    for number, (_, value) in enumerate(records, 1):
        for change in replay.apply(decode_native(value), Place()):
            said.add(encode_decision(change))
        if number in wanted:
            kept[number] = said.copy()
    return kept


def read(bootstrap: str, topic: str, partitions: int) -> Said:
    """What a peer said: every committed stage change on ``topic``."""
    said = Said()
    for value in _committed(bootstrap, topic, partitions):
        said.add(value)
    return said


def _committed(bootstrap: str, topic: str, partitions: int) -> Iterable[bytes]:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "benchmark-reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)])
        ended: set[int | None] = set()
        while len(ended) < partitions:
            for message in consumer.consume(10_000, 1.0):
                error = message.error()
                if error is None:
                    yield message.value() or b""
                elif error.code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
