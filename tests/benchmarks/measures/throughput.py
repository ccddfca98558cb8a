"""How fast a backlog is worked off, by everybody, with one input."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tests.benchmarks import load, reference
from tests.benchmarks.bench import Bench
from tests.benchmarks.measures.measure import BROKER_CPU, CPU, MEMORY, Case, Column
from tests.benchmarks.measures.working import Worked, work_off
from tests.benchmarks.peers import PEERS

PARTITIONS = 4
SLOW = frozenset({"faust"})
"""They would take an hour over the whole, and get the first part of it."""


@dataclass(frozen=True)
class Throughput(Worked):
    """A backlog worked off, and whether what was said is what must be said."""

    stage_changes: int | None
    differing_leads: int | None
    """None, both, of a peer that decides nothing."""


@dataclass(frozen=True)
class ThroughputMeasure:
    """Everybody works off the same past."""

    name: str = "throughput"
    title: str = "Throughput"
    explained: str = f"""\
A backlog in {PARTITIONS} partitions worked off, by committed offsets, from the first commit seen to the last.
Rates are what is compared: slower peers get the first part of the same input. Stage changes are read
back read_committed and compared, lead by lead, with what `leadgate qualify` makes of it: a peer
of which leads differ does not count. CPU is that of all its threads."""
    columns: Sequence[Column] = (
        Column("activities", "activities"),
        Column("per_second", "**activities a second**"),
        CPU,
        BROKER_CPU,
        MEMORY,
        Column("stage_changes", "stage changes"),
        Column("differing_leads", "leads that differ"),
    )

    def cases(self, bench: Bench, asked: Sequence[str]) -> Iterable[Case]:
        """Everybody."""
        for name in asked or PEERS:
            yield Case(name, f"{PARTITIONS} partitions", partial(self._measure, bench, name))

    def _measure(self, bench: Bench, name: str) -> Iterator[Throughput]:
        sizes, peer = bench.sizes, PEERS[name]
        whole = partial(load.past, sizes.activities, sizes.leads)
        count = sizes.slow_activities if name in SLOW else sizes.activities
        topic = bench.input(f"past-{count}", PARTITIONS, lambda: load.first(count, whole()))
        expected = bench.expected("past", reference.FUNNEL, whole, (sizes.slow_activities, sizes.activities))
        with bench.run(name, self.name, topic, PARTITIONS) as run:
            worked = work_off(peer, run, bench.broker, count)
            said = reference.read(run.bootstrap, run.stage_changes, run.partitions) if peer.decides else None
        yield Throughput(
            **vars(worked),
            stage_changes=said.count if said else None,
            differing_leads=said.differing(expected[count]) if said else None,
        )
