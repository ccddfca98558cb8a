"""How soon: at a steady pace, from an activity to the stage change that it causes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import quantiles

from tests.benchmarks.bench import Bench
from tests.benchmarks.load import LINGER_MS, LINGER_PARTITIONS
from tests.benchmarks.measures.measure import BROKER_CPU, CPU, Case, Column
from tests.benchmarks.measures.pacing import DRAIN_SECONDS, Went, paced
from tests.benchmarks.peers import PEERS, Leadgate, Run
from tests.benchmarks.subscriber import appended

BESIDE = ("kafka-streams", "quix")
"""Measured too when nobody is asked for."""


@dataclass(frozen=True)
class Latency:
    """How long stage changes took, by what that is counted from; None: too few were seen."""

    partitions: int
    per_second: int
    stage_changes: int
    unseen: int
    behind_seconds: float
    """Until all was committed, after the last was meant to be sent."""
    appended_p50_ms: float | None
    appended_p99_ms: float | None
    appended_p999_ms: float | None
    appended_worst_ms: float | None
    meant_p50_ms: float | None
    meant_p99_ms: float | None
    meant_p999_ms: float | None
    meant_worst_ms: float | None
    cpu_us: float
    broker_cpu_us: float | None
    transactions_per_second: float | None
    """Of leadgate, which tells."""


@dataclass(frozen=True)
class LatencyMeasure:
    """A worker goes through the rates, from the lowest on."""

    name: str = "latency"
    title: str = "Latency"
    explained: str = f"""\
At a steady pace, until a read_committed subscriber has the stage change that an activity caused: from the
moment at which the broker appended the activity (append to commit, and the subscriber's fetch), and from
the moment at which it was meant to be sent. The second has the producer's own wait in it (`linger.ms` is
{LINGER_MS} for each {LINGER_PARTITIONS} partitions: the sender's client makes a request for each one), and
omits nothing: a stall that holds the sender up counts, and so does a sender that falls behind. Only an
activity that causes a stage change can be seen to be done. Worker and broker are warmed up before anything
counts, and have some seconds at each rate. Whoever has not done all {DRAIN_SECONDS:.0f} s after the end of a
rate is not given the next one."""
    columns: Sequence[Column] = (
        Column("partitions", "partitions", is_case=True),
        Column("per_second", "activities a second", is_case=True),
        Column("appended_p50_ms", "**from append: p50, ms**", ",.1f"),
        Column("appended_p99_ms", "**p99**", ",.1f"),
        Column("appended_p999_ms", "p99.9", ",.1f"),
        Column("appended_worst_ms", "worst", ",.1f"),
        Column("meant_p50_ms", "**from meant: p50, ms**", ",.1f"),
        Column("meant_p99_ms", "**p99**", ",.1f"),
        Column("meant_p999_ms", "p99.9", ",.1f"),
        Column("meant_worst_ms", "worst", ",.1f"),
        Column("stage_changes", "stage changes"),
        Column("unseen", "not done"),
        Column("behind_seconds", "done after, s", ",.1f"),
        CPU,
        BROKER_CPU,
        Column("transactions_per_second", "transactions a second"),
    )

    def cases(self, bench: Bench, asked: Sequence[str]) -> Iterable[Case]:
        """Leadgate with each number of partitions, the others with the first; nobody who decides nothing."""
        for name in asked or ("leadgate", *BESIDE):
            counts = bench.sizes.partitions
            for partitions in counts if isinstance(PEERS[name], Leadgate) else counts[:1]:
                if PEERS[name].decides:
                    measure = partial(self._measure, bench, name, partitions)
                    yield Case(name, f"{partitions} partitions", measure)

    def _measure(self, bench: Bench, name: str, partitions: int) -> Iterator[Latency]:
        sizes = bench.sizes
        with (
            bench.run(name, self.name, None, partitions, history=False) as run,
            paced(PEERS[name], run, bench.broker) as worker,
        ):
            worker.go(sizes.rates[:2][-1], sizes.warm_up)
            for rate in sizes.rates:
                went = worker.go(rate, sizes.settle + sizes.seconds)
                yield _result(run, went, sizes.settle)
                if went.unseen:
                    break


def _result(run: Run, went: Went, settle: float) -> Latency:
    """What counts of a pace: what was meant after its first ``settle`` seconds."""
    stamps = appended(run, went.start, went.end)
    counted = went.pace.start + settle * 1_000
    since_append, since_meant = [], []
    # The first stage change of an activity: what time alone does meanwhile has no activity.
    for heard in {heard.activity_id: heard for heard in reversed(went.heard)}.values():
        meant = went.pace.meant(heard.activity_id)
        if meant is not None and meant >= counted:
            since_append.append(heard.at - stamps[heard.partition, heard.offset])
            since_meant.append(heard.at - meant)
    return Latency(
        partitions=run.partitions,
        per_second=went.pace.rate,
        stage_changes=len(since_meant),
        unseen=went.unseen,
        behind_seconds=went.behind_seconds,
        **percentiles("appended", since_append),
        **percentiles("meant", since_meant),
        cpu_us=went.cpu_us,
        broker_cpu_us=went.broker_cpu_us,
        transactions_per_second=went.transactions_per_second,
    )


def percentiles(since: str, waited: list[float]) -> dict[str, float | None]:
    """The figures of a result that are counted ``since`` then, in ms; None where too few were seen."""
    if len(waited) < 2:
        return {f"{since}_{name}_ms": None for name in ("p50", "p99", "p999", "worst")}
    cuts = quantiles(waited, n=1_000, method="inclusive")
    found = {"p50": cuts[499], "p99": cuts[989], "p999": cuts[998], "worst": max(waited)}
    return {f"{since}_{name}_ms": round(ms, 3) for name, ms in found.items()}
