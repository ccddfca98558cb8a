"""The invariant of the whole: whatever happens to the workers, what is committed is a plain replay.

Two workers share a group on a Kafka in memory. Records, chunks that get lost,
failures at every step, rebalances at every moment, reopenings and looks at the clock
come in any order; at the end all is applied, and compared with the replay.
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from schemas.moments import SECOND
from streams.engine.transaction import Aborted, Fenced, Outgoing
from tests.doubles.engines import GRACE, NAMES, PARTITIONS, START, Bench, lead_of
from tests.doubles.kafka import FakeKafka, Step
from tests.doubles.replay import differences

LEADS = [lead_of(number, nth) for number in range(PARTITIONS) for nth in range(2)]
leads = st.sampled_from(LEADS)
types = st.sampled_from(["demo", "call", "seen"])
steps = st.sampled_from(["begin", "produce", "offsets", "commit"])
splits = st.lists(st.booleans(), min_size=PARTITIONS, max_size=PARTITIONS)


class Workers(RuleBasedStateMachine):
    """Two workers, each of which may own a part of the partitions."""

    def __init__(self) -> None:
        super().__init__()
        self.kafka = FakeKafka(PARTITIONS, START)
        self.benches = [self._worker(number) for number in range(2)]

    def _worker(self, number: int) -> Bench:
        # Small passes and few due leads at once, so that both get cut.
        return Bench(self.kafka, f"worker-{number}", pass_records=4, max_due=2)

    # What comes in ---------------------------------------------------------------------

    @rule(lead=leads, type_=types, ago=st.integers(0, GRACE))
    def an_activity_arrives(self, lead: str, type_: str, ago: int) -> None:
        self.benches[0].send(lead, type_, ago)

    @rule(lead=leads, key=st.sampled_from([None, b"somebody"]), partition=st.integers(0, PARTITIONS - 1))
    def an_activity_arrives_elsewhere(self, lead: str, key: bytes | None, partition: int) -> None:
        self.benches[0].send(lead, "call", key=key, partition=partition)

    @rule(partition=st.integers(0, PARTITIONS - 1))
    def no_activity_arrives(self, partition: int) -> None:
        self.benches[0].send_bytes(b"key", b"nothing", partition)

    @rule(partition=st.integers(0, PARTITIONS - 1))
    def a_producer_aborts(self, partition: int) -> None:
        epoch = self.kafka.initialise("producer")
        open_ = self.kafka.transaction("producer", epoch)
        self.kafka.append(
            NAMES.activities, Outgoing(NAMES.activities, partition, b"never", b"said"), by=open_
        )
        self.kafka.end_transaction("producer", "aborted")

    # What workers do -------------------------------------------------------------------

    @rule(which=st.integers(0, 1))
    def it_opens(self, which: int) -> None:
        self.benches[which].open()

    @rule(which=st.integers(0, 1), most=st.integers(1, 5))
    def chunks_are_delivered(self, which: int, most: int) -> None:
        self.benches[which].deliver(most)

    @rule(which=st.integers(0, 1), most=st.integers(1, 5))
    def chunks_are_lost(self, which: int, most: int) -> None:
        self.benches[which].reading.poll(most)

    @rule(which=st.integers(0, 1))
    def it_passes(self, which: int) -> None:
        self.benches[which].engine.run_pass()

    @rule(which=st.integers(0, 1), seconds=st.integers(0, 50))
    def it_looks_at_the_clock(self, which: int, seconds: int) -> None:
        self.kafka.now += seconds * SECOND
        self.benches[which].engine.sample_clock()

    # What goes wrong -------------------------------------------------------------------

    @rule(step=steps, error=st.sampled_from([Aborted, Fenced]))
    def a_step_will_fail(self, step: Step, error: type[Exception]) -> None:
        def fail() -> None:
            raise error("ordered")

        self.kafka.order(step, fail)

    @rule(which=st.integers(0, 1), committed=st.booleans())
    def a_commit_will_vanish(self, which: int, committed: bool) -> None:
        def vanish() -> None:
            if committed:
                self.kafka.end_transaction(f"worker-{which}", "committed")
            raise Aborted("unknown")

        self.kafka.order("commit", vanish)

    @rule(split=splits, lost=st.booleans())
    def the_group_rebalances(self, split: list[bool], lost: bool) -> None:
        for bench in self.benches:
            bench.take(lost=lost)
        group = self.kafka.rebalance()
        for side, bench in zip((True, False), self.benches, strict=True):
            bench.engine.assign([n for n in range(PARTITIONS) if split[n] is side], group)

    @rule(step=steps, split=splits, lost=st.booleans())
    def it_will_rebalance_during_a_pass(self, step: Step, split: list[bool], lost: bool) -> None:
        self.kafka.order(step, lambda: self.the_group_rebalances(split, lost))

    @rule(which=st.integers(0, 1))
    def it_is_killed_and_started_again(self, which: int) -> None:
        self.benches[which] = self._worker(which)

    @rule(which=st.integers(0, 1), split=splits)
    def it_is_a_zombie_for_a_while(self, which: int, split: list[bool]) -> None:
        """The group goes on without it, which it does not know yet."""
        group = self.kafka.rebalance()
        self.benches[1 - which].take()
        self.benches[1 - which].engine.assign(list(range(PARTITIONS)), group)

    # What must hold --------------------------------------------------------------------

    @invariant()
    def nobody_has_given_up(self) -> None:
        assert [bench.failures for bench in self.benches] == [[], []]

    def teardown(self) -> None:
        """All goes well from now on; then everything has been said, once, as the replay says."""
        self.kafka.calm()
        self.benches[1].take()
        bench = self.benches[0]
        bench.take()
        bench.assign()
        bench.work()
        bench.later(GRACE)
        records = self.kafka.all(NAMES.activities)
        assert differences(records, bench.changes(), bench.funnel, PARTITIONS, bench.clocks()) == []
        assert len(bench.dead()) == sum(record.key() == b"key" for record in records)


TestWorkers = Workers.TestCase
TestWorkers.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
