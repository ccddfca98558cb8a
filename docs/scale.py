"""What the measured unit costs give for loads that nobody has measured: reckoned, never typed in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any, NamedTuple

from streams.settings import Settings
from tests.benchmarks.report import Report

UTILISATION = 0.5
"""Of what a worker can do: the other half works off what waits after a failure."""
WORKER_BYTES = 8 * 2**30
"""Memory that a worker is given, at most."""
PARTITIONS_A_WORKER = 4
"""So that what one leaves can be shared out among the others."""
WORKERS_AT_LEAST = 2
"""So that one survives."""
SESSION_SECONDS = Settings.model_fields["session_timeout"].default / 1_000
"""Until the group knows that a worker has gone without a word."""


class Load(NamedTuple):
    """What is asked for."""

    per_second: int
    leads: int


LOADS = (
    Load(10_000, 1_000_000),
    Load(100_000, 10_000_000),
    Load(1_000_000, 100_000_000),
    Load(10_000, 100_000_000),
)


class NotMeasured(Exception):
    """The report lacks a measure that is needed."""


@dataclass(frozen=True)
class Units:
    """The measured unit costs, of one worker beside one broker."""

    per_second: float
    cpu_us: float
    broker_cpu_us: float
    base_rss_bytes: float
    rss_a_lead: float
    state_bytes: float
    changelog_bytes_a_lead: float
    recovery_seconds_a_million: float
    recovery_cpu_seconds_a_million: float
    transactions_per_second: float
    requests: float
    transaction_seconds: float
    """Until what a worker that died has left open is ended, once it has been missed."""


def units(measured: Report) -> Units:
    """Read off a report: medians over its rounds. Raises NotMeasured."""
    throughput, recovery = _Of(measured, "throughput"), _Of(measured, "recovery").largest("leads")
    memory, busiest = _Of(measured, "memory"), _Of(measured, "latency").smallest("partitions")
    millions = recovery("leads") / 1e6
    return Units(
        per_second=throughput("per_second"),
        cpu_us=throughput("cpu_us"),
        broker_cpu_us=throughput("broker_cpu_us"),
        base_rss_bytes=memory.smallest("leads")("rss_bytes"),
        rss_a_lead=memory.largest("leads")("rss_a_lead"),
        state_bytes=memory.largest("leads")("state_bytes"),
        changelog_bytes_a_lead=memory.largest("leads")("changelog_bytes_a_lead"),
        recovery_seconds_a_million=recovery("all_open_seconds") / millions,
        recovery_cpu_seconds_a_million=recovery("cpu_seconds") / millions,
        transactions_per_second=busiest.largest("per_second")("transactions_per_second"),
        requests=_Of(measured, "transactions").smallest("partitions")("requests"),
        transaction_seconds=_Of(measured, "takeover")("transaction_seconds"),
    )


class _Of:
    """leadgate's results of one measure; called with a figure's name, its median."""

    def __init__(self, measured: Report, measure: str) -> None:
        self._measure = measure
        self._results: list[Mapping[str, Any]] = [
            result
            for result in measured["results"]
            if result["measure"] == measure and result["peer"] == "leadgate"
        ]
        if not self._results:
            raise NotMeasured(measure)

    def __call__(self, name: str) -> float:
        values = [result[name] for result in self._results if result[name] is not None]
        if not values:
            raise NotMeasured(f"{self._measure}: {name}")
        return float(median(values))

    def largest(self, name: str) -> "_Of":
        return self._where(name, max)

    def smallest(self, name: str) -> "_Of":
        return self._where(name, min)

    def _where(self, name: str, choose: Callable[[list[Any]], Any]) -> "_Of":
        chosen, found = choose([result[name] for result in self._results]), object.__new__(_Of)
        found._measure = self._measure
        found._results = [result for result in self._results if result[name] == chosen]
        return found


@dataclass(frozen=True)
class Needs:
    """What a load needs. Broker figures are of all brokers together, with one copy of everything."""

    workers: int
    partitions: int
    worker_cores: float
    worker_rss_bytes: float
    broker_cores: float
    transactions_per_second: float
    requests_per_second: float
    changelog_bytes: float
    start_seconds: float
    """Until all partitions are open, when all workers start at once."""
    takeover_seconds: float
    """Until the others have what a worker had that died without a word."""


def needs(load: Load, of: Units) -> Needs:
    """Reckoned from unit costs as if all were linear."""
    for_activities = load.per_second / (of.per_second * UTILISATION)
    for_leads = load.leads * of.rss_a_lead / (WORKER_BYTES - of.base_rss_bytes)
    workers = max(WORKERS_AT_LEAST, ceil(for_activities), ceil(for_leads))
    leads = load.leads / workers
    start = leads / 1e6 * of.recovery_seconds_a_million
    transactions = workers * of.transactions_per_second
    return Needs(
        workers=workers,
        partitions=workers * PARTITIONS_A_WORKER,
        worker_cores=load.per_second * of.cpu_us / 1e6,
        worker_rss_bytes=of.base_rss_bytes + leads * of.rss_a_lead,
        broker_cores=load.per_second * of.broker_cpu_us / 1e6,
        transactions_per_second=transactions,
        requests_per_second=transactions * of.requests,
        changelog_bytes=load.leads * of.changelog_bytes_a_lead,
        start_seconds=start,
        takeover_seconds=SESSION_SECONDS + of.transaction_seconds + start / (workers - 1),
    )


# The tables: a line of heads, then the lines --------------------------------------------------------

Rows = Iterator[tuple[str, ...]]


class _Line(NamedTuple):
    name: str
    heading: str
    form: str = ",.0f"
    unit: float = 1


_UNITS = (
    _Line("per_second", "activities a second, one worker beside one broker"),
    _Line("cpu_us", "worker's CPU µs an activity", ",.1f"),
    _Line("broker_cpu_us", "broker's CPU µs an activity", ",.1f"),
    _Line("base_rss_bytes", "RSS of a worker without leads, MiB", unit=2**20),
    _Line("rss_a_lead", "RSS a lead, bytes"),
    _Line("state_bytes", "of which its state, bytes"),
    _Line("changelog_bytes_a_lead", "changelog on disk a lead, bytes"),
    _Line("recovery_seconds_a_million", "recovery of a million leads, s", ",.1f"),
    _Line("recovery_cpu_seconds_a_million", "recovery of a million leads, CPU s of one core", ",.1f"),
    _Line("transactions_per_second", "transactions a second of a busy worker"),
    _Line("requests", "requests a transaction", ",.1f"),
    _Line("transaction_seconds", "until a dead worker's transaction is ended, once it is missed, s", ",.1f"),
)
_NEEDS = (
    _Line("workers", "workers"),
    _Line("partitions", "partitions"),
    _Line("worker_cores", "cores in use, all workers", ",.1f"),
    _Line("worker_rss_bytes", "RSS a worker, GiB", ",.1f", 2**30),
    _Line("broker_cores", "brokers' cores in use, one copy", ",.1f"),
    _Line("transactions_per_second", "transactions a second"),
    _Line("requests_per_second", "requests of transactions a second"),
    _Line("changelog_bytes", "changelog, GiB a copy", ",.1f", 2**30),
    _Line("start_seconds", "all start at once: until all is open, s", ",.0f"),
    _Line("takeover_seconds", "a worker dies: until the others have its leads, s", ",.0f"),
)


def _cell(line: _Line, of: object) -> str:
    return format(getattr(of, line.name) / line.unit, line.form)


def _units(measured: Report) -> Rows:
    of = units(measured)
    yield "unit cost", "measured"
    for line in _UNITS:
        yield line.heading, _cell(line, of)


def _assumed(_measured: Report) -> Rows:
    yield "assumed", "is"
    yield "a worker is given work for so much of what it can do", f"{UTILISATION:.0%}"
    yield "memory of a worker, at most, GiB", f"{WORKER_BYTES / 2**30:.0f}"
    yield "partitions for each worker", f"{PARTITIONS_A_WORKER}"
    yield "workers, at least", f"{WORKERS_AT_LEAST}"
    yield "until a worker that died without a word is missed, s", f"{SESSION_SECONDS:.0f}"


def _needs(measured: Report) -> Rows:
    of = units(measured)
    yield ("", *(f"{load.per_second:,}/s, {load.leads:,} leads" for load in LOADS))
    for line in _NEEDS:
        yield line.heading, *(_cell(line, needs(load, of)) for load in LOADS)


def _linear(measured: Report) -> Rows:
    costs = [result for result in measured["results"] if result["measure"] == "cost"]
    cases: dict[tuple[Any, ...], list[float]] = {}
    for cost in costs:
        case = cost["what"], cost["funnel"], cost["partitions"], cost["leads"]
        cases.setdefault(case, []).append(cost["cpu_us"])
    if not cases:
        raise NotMeasured("cost")
    usual = median(next(iter(cases.values())))
    yield "what is otherwise", "funnel", "partitions", "leads", "CPU an activity"
    for (what, funnel, partitions, leads), figures in cases.items():
        yield what, funnel, f"{partitions}", f"{leads:,}", f"{median(figures) / usual:.2f}×"


TABLES: Mapping[str, Callable[[Report], Rows]] = {
    "unit costs": _units,
    "assumed": _assumed,
    "needs": _needs,
    "how linear": _linear,
}


def place(name: str, measured: Report) -> str:
    """A table, in Markdown; or which measure it lacks."""
    try:
        heads, *lines = TABLES[name](measured)
    except NotMeasured as lacking:
        return f"*The report lacks what this is reckoned from: {lacking}.*"
    rule = ("---", *["---:"] * (len(heads) - 1))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *lines))
