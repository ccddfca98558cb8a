"""An engine on a Kafka in memory, driven step by step: its threads are not started.

Everything but Kafka is the real thing: engine, processor, funnel, tables, metrics.
"""

import json
from collections.abc import Callable
from typing import Any

from qualifiers import Funnel, compile_funnel, load_funnel
from schemas.moments import SECOND, format_moment
from streams.engine.changelog import META_KEY, decode_meta
from streams.engine.engine import Engine
from streams.engine.failures import Limits
from streams.engine.forwarding import Forwarding
from streams.engine.homes import home
from streams.engine.passes import Names
from streams.engine.processing import Processor
from streams.engine.transaction import Outgoing, Transaction
from streams.intake.native import decode_native
from streams.metrics.collector import Metrics
from tests.doubles.funnels import FakeFunnels
from tests.doubles.kafka import FakeKafka, FakeOpener, FakeReading, FakeTransaction
from tests.doubles.replay import Reign

FUNNEL = """
funnel: clocked
stages: [lead, mql, sql, won]
off_path: [lost]
transitions:
  - {to: mql, when: {did: demo}}
  - {to: sql, when: {did: call, times: 2}}
  - {name: overdue, from: sql, to: lost, when: {in_stage: 90s}}
  - {name: gone-quiet, from: [lead, mql, sql], to: lost, when: {quiet: 60s}}
  - {name: back, from: lost, to: mql, when: {did: demo, since: entry}}
"""
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
GRACE = 10 * SECOND
NAMES = Names("in", "out", "signals", "dead", "changelog")
PARTITIONS = 3


def clocked() -> Funnel:
    """A funnel in which time moves whoever is silent for a minute."""
    return compile_funnel(load_funnel(FUNNEL))


def lead_of(number: int, nth: int = 0, partitions: int = PARTITIONS) -> str:
    """The ``nth`` lead id whose home is partition ``number``."""
    ids = (f"lead-{n}" for n in range(1_000_000))
    at_home = (lead for lead in ids if home(lead.encode(), partitions) == number)
    return next(lead for n, lead in enumerate(at_home) if n == nth)


class Bench:
    """One worker's engine, and what the group and the poller would do to it."""

    def __init__(self, kafka: FakeKafka | None = None, name: str = "worker", **changes: Any) -> None:
        self.kafka = kafka or FakeKafka(PARTITIONS, START)
        self.versions = changes.pop("versions", None) or FakeFunnels(changes.pop("funnel", None) or clocked())
        self.funnels = self.versions.read()
        self.held = False
        self.failures: list[Exception] = []
        self.refuses: Callable[[Outgoing], Exception | None] = lambda _record: None
        self.metrics = Metrics(self.funnels, NAMES.activities, lambda: self.kafka.now)
        self.reading = FakeReading(self.kafka, NAMES.activities)
        limits: dict[str, Any] = {"pass_records": 100, "failures_in_a_row": 3, "failures_ratio": 0.5}
        limits |= {key: changes.pop(key) for key in list(changes) if key in limits}
        options: dict[str, Any] = {
            "max_due": 100,
            "grace": GRACE,
            "decode": decode_native,
        }
        self.engine = Engine(
            processor=Processor(
                names=NAMES,
                topic_id="topic",
                forwarding=Forwarding(NAMES.activities, self.kafka.partitions, "group", b"secret"),
                **(options | changes),
            ),
            funnels=self.funnels,
            opener=FakeOpener(self.kafka, NAMES.activities, NAMES.changelog),
            new_transaction=lambda _stop, _wait: self._transaction(name),
            limits=Limits(revoke_seconds=0.01, fenced_seconds=0.0, **limits),
            wall_clock=lambda: self.kafka.now,
            held=lambda: self.held,
            observer=self.metrics,
            on_failure=self.failures.append,
        )
        self.engine.direct(self.reading)

    @property
    def funnel(self) -> Funnel:
        """The funnel in force."""
        return self.funnels.in_force.funnel

    def change(self, funnel: Funnel | str) -> None:
        """Publish another funnel, and let this worker hear of it."""
        self.versions.publish(funnel)
        self.funnels.refresh()

    def _transaction(self, name: str) -> Transaction:
        return FakeTransaction(self.kafka, name, lambda record: self.refuses(record))  # noqa: PLW0108 - a test may change it

    # What comes in --------------------------------------------------------------------

    def send(self, lead: str, type_: str, ago: int = 0, **record: Any) -> int:
        """An activity that happened ``ago`` ms before it is appended now; its offset."""
        self.kafka.sent += 1
        activity = {
            "id": f"activity-{self.kafka.sent}",
            "lead_id": lead,
            "type": type_,
            "occurred_at": format_moment(self.kafka.now - ago),
        }
        record = {"key": lead.encode()} | record
        return self.send_bytes(value=json.dumps(activity).encode(), **record)

    def send_bytes(
        self,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        headers: Any = None,
        stamp: int | None = None,
    ) -> int:
        """A record as it is; its offset."""
        return self.kafka.append(
            NAMES.activities, Outgoing(NAMES.activities, partition, key, value, headers), stamp
        )

    # What the group and the poller do ----------------------------------------------------

    def assign(self, *numbers: int) -> None:
        """The group gives these (all, when none is named), in a new generation."""
        self.reading.reading.clear()
        self.engine.assign(list(numbers or range(self.kafka.partitions)), self.kafka.rebalance())

    def take(self, *, lost: bool = False) -> None:
        """The group takes everything."""
        numbers = sorted(self.engine.assigned)
        self.reading.reading.clear()
        (self.engine.lose if lost else self.engine.revoke)(numbers)

    def open(self) -> None:
        """Open what has been asked for."""
        while self.engine.openings:
            self.engine.open_next()

    def deliver(self, most: int = 1_000) -> None:
        """Poll once, and put the chunks into the inboxes."""
        for chunk in self.reading.poll(most):
            self.engine.accept(chunk)

    def one_pass(self) -> bool:
        """Run a pass, and wait for its commit; whether there was anything to do.

        What has become of the commit, the engine looks at with its next pass: that is
        how far a pass may be ahead of the one before it.
        """
        busy = self.engine.run_pass()
        assert self.engine.commits_within(10)
        return busy

    def passes(self, most: int = 200) -> int:
        """Run passes until nothing is to be done; how many."""
        for made in range(most):
            if not self.one_pass():
                return made
        raise AssertionError(f"still busy after {most} passes")

    def work(self) -> None:
        """Let everything go on until all is applied to its end."""
        for _ in range(200):
            self.open()
            self.deliver()
            self.passes()
            if not self.engine.openings and self._at_end():
                return
        raise AssertionError("the input is not applied to its end")

    def _at_end(self) -> bool:
        return all(
            opened.position == self.kafka.end(NAMES.activities, number)
            for number, opened in self.engine.open_partitions.items()
        )

    def later(self, milliseconds: int) -> None:
        """Time passes, is sampled, and moves whom it moves."""
        self.kafka.now += milliseconds
        self.engine.sample_clock()
        self.work()

    # What came out ---------------------------------------------------------------------

    def said(self) -> dict[str, list[str]]:
        """Each lead's stage changes, as rule names, in the order said."""
        found: dict[str, list[str]] = {}
        for record in self.kafka.all(NAMES.stage_changes):
            change = json.loads(record.value() or b"")
            found.setdefault(change["lead_id"], []).append(change["rule"])
            assert change["seq"] == len(found[change["lead_id"]])
        return found

    def changes(self) -> list[Any]:
        """The stage changes that are committed."""
        return [json.loads(record.value() or b"") for record in self.kafka.all(NAMES.stage_changes)]

    def dead(self) -> list[str]:
        """The reasons of the dead letters."""
        return [
            dict(record.headers() or ())["kafka_dlt-exception-fqcn"].decode()  # type: ignore[union-attr]
            for record in self.kafka.all(NAMES.dead_letters)
        ]

    def reigns(self) -> dict[int, list[Reign]]:
        """Which funnels have decided each partition, one after the other, as the changelog says."""
        found: dict[int, list[Reign]] = {number: [] for number in range(self.kafka.partitions)}
        for record in self.kafka.all(NAMES.changelog):
            if record.key() == META_KEY:
                meta, known = decode_meta(record.value() or b""), found[record.partition()]
                funnel = self.funnels.get(meta.version, meta.funnel_hash)
                reign = Reign(funnel, meta.funnel_from, meta.funnel_since)
                if not known or known[-1].funnel is not funnel:
                    known.append(reign)
                # Whoever had the partition, it is the same change that is told of.
                assert known[-1] == reign
        return found

    def clocks(self) -> dict[int, int]:
        """The clock of each partition, as its last transaction left it."""
        found = {}
        for record in self.kafka.all(NAMES.changelog):
            if record.key() == META_KEY:
                found[record.partition()] = decode_meta(record.value() or b"").clock
        return found
