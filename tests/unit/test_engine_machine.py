"""The invariant of the whole: whatever happens to the workers, what is committed is a plain replay.

Two workers share a group on a Kafka in memory. Records, chunks that get lost,
failures at every step, rebalances at every moment, reopenings and looks at the clock
come in any order; at the end all is applied, and compared with the replay.
"""

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.moments import SECOND
from streams.engine import processing
from streams.engine.chunk import Chunk
from streams.engine.failures import EngineFailed
from streams.engine.transaction import Aborted, Fenced, Outgoing
from tests.doubles.engines import FUNNEL, GRACE, NAMES, PARTITIONS, START, Bench, clocked, lead_of
from tests.doubles.funnels import FakeFunnels
from tests.doubles.kafka import FakeKafka, Step
from tests.doubles.replay import Replay
from tests.doubles.verified import Verifying

LEADS = [lead_of(number, nth) for number in range(PARTITIONS) for nth in range(4)]
leads = st.sampled_from(LEADS)
types = st.sampled_from(["demo", "call", "seen"])
steps = st.sampled_from(["begin", "produce", "offsets", "commit"])
errors = st.sampled_from([Aborted, Fenced])
workers = st.integers(0, 1)
arrival = st.tuples(leads, types, st.integers(0, GRACE), st.sampled_from([0, 0, 1, 30, 70]))
Move = tuple[int, str, int]
moves = st.lists(
    st.tuples(workers, st.sampled_from(["open", "deliver", "pass", "all", "all"]), st.integers(1, 5)),
    max_size=6,
)
splits = st.lists(st.booleans(), min_size=PARTITIONS, max_size=PARTITIONS)


class Workers(RuleBasedStateMachine):
    """Two workers, each of which may own a part of the partitions."""

    def __init__(self) -> None:
        super().__init__()
        self.kafka = FakeKafka(PARTITIONS, START)
        self.versions = FakeFunnels(clocked())
        self.benches = [self._worker(number) for number in range(2)]
        self.late: list[list[Chunk]] = [[], []]

    def _worker(self, number: int) -> Bench:
        # Small passes and few due leads at once, so that both get cut.
        return Bench(self.kafka, f"worker-{number}", versions=self.versions, pass_records=4, max_due=1)

    # What comes in ---------------------------------------------------------------------

    @rule(arrivals=st.lists(arrival, min_size=1, max_size=8), moves=moves)
    def activities_arrive(self, arrivals: list[tuple[str, str, int, int]], moves: list[Move]) -> None:
        for lead, type_, ago, seconds in arrivals:
            self.kafka.now += seconds * SECOND
            self.benches[0].send(lead, type_, ago)
        self.they_go_on(moves)

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

    @initialize(split=splits)
    def it_begins(self, split: list[bool]) -> None:
        self._rebalance(split, lost=False)

    @rule(moves=moves)
    def they_go_on(self, moves: list[Move]) -> None:
        """Hypothesis leaves whole rules out of a run; so what all depends on is a part of others too."""
        for which, move, most in moves:
            bench = self.benches[which]
            if move in ("open", "all"):
                bench.open()
            if move in ("deliver", "all"):
                bench.deliver(most)
            if move in ("pass", "all"):
                self._pass(which)

    @rule(which=workers, most=st.integers(1, 5), kept=st.booleans())
    def chunks_are_late_or_lost(self, which: int, most: int, kept: bool) -> None:
        chunks = self.benches[which].reading.poll(most)
        if kept:
            self.late[which] += chunks

    @rule(which=workers)
    def late_chunks_arrive(self, which: int) -> None:
        for chunk in self.late[which]:
            self.benches[which].engine.accept(chunk)
        self.late[which] = []

    @rule(which=workers, seconds=st.integers(0, 50))
    def it_looks_at_the_clock(self, which: int, seconds: int) -> None:
        self.kafka.now += seconds * SECOND
        self.benches[which].engine.sample_clock()
        self._pass(which)

    # What goes wrong -------------------------------------------------------------------

    @rule(which=workers, step=steps, error=errors)
    def a_step_fails(self, which: int, step: Step, error: type[Exception]) -> None:
        def fail() -> None:
            raise error("ordered")

        self._pass_with(which, step, fail)

    @rule(which=workers, committed=st.booleans(), error=errors)
    def a_commit_vanishes(self, which: int, committed: bool, error: type[Exception]) -> None:
        def vanish() -> None:
            if committed:
                self.kafka.end_transaction(f"worker-{which}", "committed")
            raise error("unknown")

        self._pass_with(which, "commit", vanish)

    @rule(which=workers, step=steps, split=splits, lost=st.booleans(), opens=st.booleans())
    def the_group_rebalances_in_a_pass(
        self, which: int, step: Step, split: list[bool], lost: bool, opens: bool
    ) -> None:
        def rebalance() -> None:
            self._rebalance(split, lost)
            if opens:
                self.benches[which].open()

        self._pass_with(which, step, rebalance)

    def _pass_with(self, which: int, step: Step, action: Callable[[], None]) -> None:
        """One pass, if there is something for it, in which this happens."""
        self.benches[which].open()
        self.benches[which].deliver()
        self.kafka.order(step, action)
        self._pass(which)
        self.kafka.calm()

    def _pass(self, which: int) -> None:
        self._unless_fenced(which, self.benches[which].one_pass)

    def _unless_fenced(self, which: int, action: Callable[[], object]) -> None:
        try:
            action()
        except EngineFailed:
            # Fenced too often: the worker ends, and its supervisor starts it again.
            self.it_is_killed_and_started_again(which)

    @rule(split=splits, lost=st.booleans())
    def the_group_rebalances(self, split: list[bool], lost: bool) -> None:
        self._rebalance(split, lost)

    def _rebalance(self, split: list[bool], lost: bool) -> None:
        for bench in self.benches:
            bench.take(lost=lost)
        group = self.kafka.rebalance()
        for side, bench in zip((True, False), self.benches, strict=True):
            bench.engine.assign([n for n in range(PARTITIONS) if split[n] is side], group)

    @rule(which=workers)
    def it_is_killed_and_started_again(self, which: int) -> None:
        self.benches[which], self.late[which] = self._worker(which), []
        self._rebalance([which == 1] * PARTITIONS, lost=False)

    @rule(which=workers)
    def it_is_a_zombie_for_a_while(self, which: int) -> None:
        """The group goes on without it, which it does not know yet."""
        other = self.benches[1 - which]
        other.take()
        other.engine.assign(list(range(PARTITIONS)), self.kafka.rebalance())

    # What must hold --------------------------------------------------------------------

    @invariant()
    def nobody_has_given_up(self) -> None:
        assert [bench.failures for bench in self.benches] == [[], []]

    def teardown(self) -> None:
        """All goes well from now on; then everything has been said, once, as the replay says."""
        self.kafka.calm()
        for which, bench in enumerate(self.benches):
            self._unless_fenced(which, bench.engine.settle)
        self.benches[1].take()
        bench = self.benches[0]
        bench.take()
        bench.assign()
        bench.work()
        bench.later(GRACE)
        self.kafka.time_out()  # what a worker that went away left open hides what lies behind it
        records = self.kafka.all(NAMES.activities)
        replay = Replay(records, bench.reigns(), PARTITIONS, GRACE)
        assert replay.differences(bench.changes(), bench.clocks()) == []
        verifying = Verifying(bench)
        verifying.compacted = True
        assert verifying.unproven() == []
        assert len(bench.dead()) == sum(record.key() == b"key" for record in records)


class WorkersWithFunnels(Workers):
    """The funnel is changed, too; each worker hears of it in its own time, and rereads leads one by one."""

    def __init__(self) -> None:
        super().__init__()
        self._usual, processing.REREAD = processing.REREAD, 1

    @rule(
        quiet=st.sampled_from([20, 40, 60]),
        calls=st.integers(1, 2),
        told=st.sets(workers),
        arrivals=st.lists(arrival, max_size=8),
        moves=moves,
    )
    def the_funnel_changes(
        self,
        quiet: int,
        calls: int,
        told: set[int],
        arrivals: list[tuple[str, str, int, int]],
        moves: list[Move],
    ) -> None:
        """Each version has a name of its own, so that a decision says by which it was made."""
        text = FUNNEL.replace("clocked", f"clocked-{len(self.versions.published)}")
        text = text.replace("quiet: 60s", f"quiet: {quiet}s").replace("times: 2", f"times: {calls}")
        self.versions.publish(text)
        for which in told:
            self.benches[which].funnels.refresh()
        self.activities_arrive(arrivals, moves)

    @rule(which=workers, moves=moves)
    def it_hears_of_the_funnel(self, which: int, moves: list[Move]) -> None:
        self.benches[which].funnels.refresh()
        self.they_go_on(moves)

    def teardown(self) -> None:
        for bench in self.benches:
            bench.funnels.refresh()
        super().teardown()
        processing.REREAD = self._usual


TestWorkers = Workers.TestCase
TestWorkersWithFunnels = WorkersWithFunnels.TestCase
TestWorkers.settings = TestWorkersWithFunnels.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
