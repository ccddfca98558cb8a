"""Where the catalogue's figures come from.

Counters and histograms are told by the engine, once a pass, never once a record;
gauges are read off the engine when somebody scrapes, so nothing has to keep them in
step: a partition that has gone is simply not there any more.
"""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate, product
from typing import NamedTuple, get_args

import structlog
from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from qualifiers.outcomes import OUTCOMES
from qualifiers.transitions import NOT_TRANSITIONS
from schemas.dead_letter import DeadLetterReason
from schemas.decision import ActivityCause, Signal
from streams.engine.opening import Opened
from streams.engine.partition import Partition
from streams.engine.passes import Pass
from streams.funnels import Funnels
from streams.metrics.catalogue import CATALOGUE, PREFIX, Entry, Labels

log = structlog.get_logger(__name__)

Samples = Mapping[Labels, float]


class Waiting(NamedTuple):
    """The brokers do not answer: since when (ms since the epoch), and what was asked of them."""

    since: int
    why: str


class Metrics(Collector):
    """Watches the engine (its `Observer`), and tells on a scrape.

    ``input_format`` is that of the activities read, ``wall_clock`` gives ms since the epoch.
    """

    def __init__(
        self, funnels: Funnels, topic: str, wall_clock: Callable[[], int], input_format: str = "native"
    ) -> None:
        self.waiting_for_broker: Waiting | None = None
        self._reload_failed = False
        self._funnels, self._topic, self._wall_clock, self._format = funnels, topic, wall_clock, input_format
        self._partitions: Callable[[], Mapping[int, Partition]] = dict
        self._ends: Callable[[], Mapping[int, int]] = dict
        # Over the two that follow: passes, openings and scrapes are in three threads.
        self._lock = threading.Lock()
        self._counts = {entry.name: Counter[Labels]() for entry in CATALOGUE if entry.kind == "counter"}
        self._histograms = {entry.name: _Histogram(entry) for entry in CATALOGUE if entry.kind == "histogram"}
        # A counter that first shows at 1 hides its first increase.
        self._count("activities_total", {(outcome, input_format): 0 for outcome in _OUTCOMES})
        self._count("transactions_total", {(outcome,): 0 for outcome in _ENDINGS})
        self._count("dead_letters_total", {(reason,): 0 for reason in get_args(DeadLetterReason)})
        self._count("rebalances_total", {(): 0})
        self.registry = CollectorRegistry()
        """What is scraped: this catalogue, and the process's and Python's own metrics."""
        self.registry.register(self)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def watch(
        self, partitions: Callable[[], Mapping[int, Partition]], ends: Callable[[], Mapping[int, int]]
    ) -> None:
        """Read the gauges off these: the open partitions, and the log ends of the input, both by number."""
        self._partitions, self._ends = partitions, ends

    # What the engine tells ------------------------------------------------------------

    def committed(self, made: Pass, seconds: float) -> None:
        """A pass has been committed, ``seconds`` after it began."""
        now = self._wall_clock()
        changes, signals = Counter[Labels](), Counter[Labels]()
        stays: dict[Labels, list[float]] = {}
        latencies = []
        for decision, stamp in zip(made.decisions, made.decided_stamps, strict=True):
            if isinstance(decision, Signal):
                signals[decision.signal,] += 1
            else:
                changes[decision.from_ or "", decision.to, decision.rule] += 1
                if decision.from_ is not None and decision.previous_stage_seconds is not None:
                    stays.setdefault((decision.from_,), []).append(decision.previous_stage_seconds)
            if isinstance(decision.cause, ActivityCause):
                latencies.append(max(0, now - stamp) / 1_000)
        with self._lock:
            self._count("activities_total", {(name, self._format): n for name, n in made.outcomes.items()})
            self._count("activities_by_type_total", {(name,): n for name, n in made.types.items()})
            self._count("dead_letters_total", {(reason,): n for reason, n in made.dead.items()})
            self._count("stage_changes_total", changes)
            self._count("rule_outcomes_total", {(rule, came): n for (rule, came), n in made.judged.items()})
            self._count("signals_total", signals)
            self._count("transactions_total", {("committed",): 1})
            for stage, lengths in stays.items():
                self._histograms["previous_stage_seconds"].observe(lengths, stage)
            self._histograms["decision_latency_seconds"].observe(latencies)
            self._histograms["chunk_seconds"].observe([seconds])
            self._histograms["chunk_records"].observe([made.records])

    def aborted(self, fenced: bool) -> None:
        """A pass was thrown away."""
        with self._lock:
            self._count("transactions_total", {("fenced" if fenced else "aborted",): 1})

    def opened(self, opened: Opened) -> None:
        """A partition takes records again."""
        with self._lock:
            self._histograms["table_recovery_seconds"].observe([opened.seconds])

    def closed(self, numbers: list[int]) -> None:
        """Nothing to do: gauges are read off what is open."""

    def rebalanced(self) -> None:
        """The group has given us an assignment."""
        with self._lock:
            self._count("rebalances_total", {(): 1})

    def reloaded(self, well: bool) -> None:
        """A changed funnel has been taken, or (False) refused."""
        self._reload_failed = not well

    def waiting(self, why: str | None) -> None:
        """The broker does not answer (or, None, does again)."""
        before = self.waiting_for_broker
        if why is None:
            if before:
                log.info("broker_answers", seconds=(self._wall_clock() - before.since) / 1000)
            self.waiting_for_broker = None
        else:
            if not before:
                log.warning("broker_does_not_answer", error=why)
            self.waiting_for_broker = Waiting(before.since if before else self._wall_clock(), why)

    def _count(self, name: str, more: Mapping[Labels, int]) -> None:
        self._counts[name].update(more)

    # What a scrape asks -----------------------------------------------------------------

    def collect(self) -> Iterator[Metric]:
        """The catalogue's metrics, in its order."""
        gauges = self._gauges()
        funnel = self._funnels.in_force.funnel
        with self._lock:
            self._count(
                "activities_by_type_total", {(name,): 0 for name in (*funnel.activity_types, "other")}
            )
            self._count("signals_total", {(name,): 0 for name in funnel.signals})
            transitions = [rule for rule in funnel.rules if rule not in NOT_TRANSITIONS]
            self._count("rule_outcomes_total", dict.fromkeys(product(transitions, OUTCOMES), 0))
            families = [self._family(entry, gauges) for entry in CATALOGUE]
        yield from families

    def _family(self, entry: Entry, gauges: Mapping[str, Samples]) -> Metric:
        name = PREFIX + entry.name
        if entry.kind == "histogram":
            histogram = HistogramMetricFamily(name, entry.help, labels=entry.labels)
            for labels, buckets, total in self._histograms[entry.name].read():
                histogram.add_metric(labels, buckets, total)
            return histogram
        family: CounterMetricFamily | GaugeMetricFamily
        if entry.kind == "counter":
            samples: Samples = self._counts[entry.name]
            family = CounterMetricFamily(name, entry.help, labels=entry.labels)
        else:
            samples = gauges[entry.name]
            family = GaugeMetricFamily(name, entry.help, labels=entry.labels)
        for labels, value in samples.items():
            family.add_metric(labels, value)
        return family

    def _gauges(self) -> dict[str, Samples]:
        partitions, ends = self._partitions(), self._ends()
        waiting = self.waiting_for_broker
        funnel = self._funnels.in_force.funnel
        stages = Counter(dict.fromkeys(funnel.stages, 0))
        for partition in partitions.values():
            stages.update(partition.table.by_stage)
        return {
            "leads": {(stage,): number for stage, number in stages.items()},
            "leads_to_reread": {(): sum(open_.table.left_unread for open_ in partitions.values())},
            "table_leads": {(str(number),): len(open_.table) for number, open_ in partitions.items()},
            "stream_time_seconds": {
                (str(number),): open_.clock / 1_000 for number, open_ in partitions.items()
            },
            "consumer_lag_records": {
                (self._topic, str(number)): max(0, ends[number] - open_.position)
                for number, open_ in partitions.items()
                if number in ends
            },
            "funnel_info": {(funnel.slug, funnel.hash): 1},
            "funnel_reload_success": {(): 0 if self._reload_failed else 1},
            "broker_waiting_seconds": {
                (): max(0, self._wall_clock() - waiting.since) / 1_000 if waiting else 0
            },
        }


_OUTCOMES = ("applied", "duplicate", "suppressed", "rekeyed", "forwarded", "internal", "dead_letter")
_ENDINGS = ("committed", "aborted", "fenced")


class _Histogram:
    """A histogram that takes many values at once, which prometheus-client's own does not."""

    def __init__(self, entry: Entry) -> None:
        self._bounds = entry.buckets
        self._edges = [*map(floatToGoString, entry.buckets), "+Inf"]
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        if not entry.labels:
            self.observe([])

    def observe(self, values: Iterable[float], labels: Labels = ()) -> None:
        counts = self._counts.setdefault(labels, [0] * len(self._edges))
        total = 0.0
        for value in values:
            counts[bisect_left(self._bounds, value)] += 1
            total += value
        self._sums[labels] = self._sums.get(labels, 0.0) + total

    def read(self) -> Iterator[tuple[Labels, list[tuple[str, float]], float]]:
        """Labels, (upper edge, how many up to it) of each bucket, the sum."""
        for labels, counts in self._counts.items():
            yield labels, list(zip(self._edges, accumulate(counts), strict=True)), self._sums[labels]
