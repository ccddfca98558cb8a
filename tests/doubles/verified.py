"""What a bench has said, verified: the topics of a Kafka in memory, which a test may tamper with."""

from collections.abc import Callable, Iterator
from typing import Any

from schemas.verification import Verdict
from streams.engine.changelog import Meta
from streams.engine.forwarding import Forwarding
from streams.engine.homes import home
from streams.engine.processing import Processor
from streams.intake.native import decode_native
from streams.verification.partition import Group, verify_partition
from streams.verification.reading import metas_in
from streams.verification.said import Said
from tests.doubles.engines import GRACE, NAMES, Bench
from tests.doubles.kafka import FakeRecord

Tamper = Callable[[list[FakeRecord]], list[FakeRecord]]
"""What becomes of a partition's records."""


def _as_they_are(records: list[FakeRecord]) -> list[FakeRecord]:
    return records


class TamperedTopics:
    """A `Topics`: what is on the bench's, but for what a test does to it."""

    def __init__(self, bench: Bench) -> None:
        self._kafka = bench.kafka
        self.tampered: dict[str, Tamper] = {}
        """By topic."""
        self.begins: dict[str, int] = {}
        """By topic, where it begins."""

    def begins_at(self, topic: str, number: int) -> int:
        return self.begins.get(topic, 0)

    def records(self, topic: str, number: int, until: int | None = None) -> Iterator[FakeRecord]:
        records = self._kafka.read(topic, number)[0]
        for record in self.tampered.get(topic, _as_they_are)(records):
            if record.offset() >= self.begins_at(topic, number) and (
                until is None or record.offset() < until
            ):
                yield record


class Verifying:
    """Verifies what a bench has said."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.topics = TamperedTopics(bench)
        self.held = False
        self.compacted = False
        """Whether of each partition's changelog only the newest record of each key is left."""

    def verdicts(self, lead: str | None = None, given: list[Said] | None = None) -> list[Verdict]:
        """What is found in all partitions."""
        bench = self.bench
        group = Group(
            topics=self.topics,
            funnels=bench.versions.read(),
            processor=Processor(
                decode_native,
                NAMES,
                "topic",
                Forwarding(NAMES.activities, bench.kafka.partitions, "group", b"secret"),
                GRACE,
                100,
            ),
            put_aside={},
            held=self.held,
            now=bench.kafka.now,
            watch=lambda records: records,
        )
        found: list[Verdict] = []
        for number in range(bench.kafka.partitions):
            here = given
            if given is not None:
                here = [
                    one for one in given if home(one.head.lead_id.encode(), bench.kafka.partitions) == number
                ]
            found += verify_partition(group, number, self._metas(number), lead, here).verdicts
        return found

    def _metas(self, number: int) -> list[Meta]:
        records = self.bench.kafka.read(NAMES.changelog, number)[0]
        if self.compacted:
            newest = {record.key(): record for record in records}
            records = [record for record in records if newest[record.key()] is record]
        return metas_in(records)

    def unproven(self) -> list[Any]:
        """Verdict, lead, seq, signal and why, of each decision that is not proven."""
        return [
            (one.verdict, one.lead_id, one.seq, one.signal, one.why, one.differences)
            for one in self.verdicts()
            if one.verdict != "proven"
        ]
