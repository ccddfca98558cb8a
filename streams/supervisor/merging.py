"""The metrics of all members as one, and of those that are dead what must not be lost.

A metric of the catalogue is merged as that says. What else a member tells (of its process, of Python) is kept
apart, by the label `worker`. Counters, and the buckets of histograms, hold all lives of a member; a gauge is
there only while its member answers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from streams.metrics.catalogue import CATALOGUE, PREFIX, SUPERVISOR, Merge

_MERGE: Mapping[Merge, Callable[[float, float], float]] = {"sum": lambda a, b: a + b, "max": max, "min": min}
_HOW: Mapping[str, Merge] = {
    PREFIX + entry.name.removesuffix("_total"): entry.merged for entry in (*CATALOGUE, *SUPERVISOR)
}

Key = tuple[str, tuple[tuple[str, str], ...]]
"""A sample's name and labels."""


@dataclass
class Family:
    """A metric and its samples, in the order in which they are shown."""

    kind: str
    help: str
    samples: dict[Key, float] = field(default_factory=dict)

    @property
    def lasts(self) -> bool:
        """Whether it only ever grows, so that it outlives who told it."""
        return self.kind in ("counter", "histogram")

    def take(self, samples: Mapping[Key, float], how: Merge) -> None:
        """Merge more into it."""
        for key, value in samples.items():
            mine = self.samples.get(key)
            self.samples[key] = value if mine is None else _MERGE[how](mine, value)


Told = dict[str, Family]
"""What one has told, by the metric's name."""


def read(exposition: str, worker: str) -> Told:
    """What ``worker`` tells, as Prometheus's text; what the catalogue does not know is labelled as its."""
    return {
        family.name: Family(
            family.type,
            family.documentation,
            {(sample.name, _labels(family, sample, worker)): sample.value for sample in family.samples},
        )
        for family in text_string_to_metric_families(exposition)
    }


def _labels(family: Metric, sample: Sample, worker: str) -> tuple[tuple[str, str], ...]:
    known = family.name in _HOW
    return (*sample.labels.items(), *(() if known else (("worker", worker),)))


class Ledger(Collector):
    """What all have told, merged on a scrape.

    Nothing that a member tells is taken before its life has begun or after it has ended: what
    is heard late would be counted twice.
    """

    def __init__(self) -> None:
        self._past: Told = {}
        self._told: dict[str, Told] = {}
        self._lives: dict[str, int] = {}
        self._silent: set[str] = set()

    def begun(self, worker: str, life: int) -> None:
        """The worker's ``life`` has begun."""
        self._lives[worker] = life

    def ended(self, worker: str) -> None:
        """Its life has ended: what it has counted stays, and nothing else."""
        _merge(self._past, self._told.pop(worker, {}), lasting=True)
        self._lives.pop(worker, None)
        self._silent.discard(worker)

    def heard(self, worker: str, life: int, exposition: str | None) -> None:
        """What it says in that life; None: it does not answer."""
        if self._lives.get(worker) != life:
            return
        if exposition is None:
            self._silent.add(worker)
        else:
            self._silent.discard(worker)
            self._told[worker] = read(exposition, worker)

    def collect(self) -> Iterator[Metric]:
        """The merged metrics, the catalogue's first."""
        merged: Told = {}
        _merge(merged, self._past)
        for worker, told in self._told.items():
            _merge(merged, told, lasting=worker in self._silent)
        for name in sorted(merged, key=_place):
            yield _metric(name, merged[name])


def _merge(into: Told, told: Told, lasting: bool = False) -> None:
    """Take what is told ``into`` it; ``lasting``: counters and histograms alone."""
    for name, family in told.items():
        if family.lasts or not lasting:
            how = "sum" if family.lasts else _HOW.get(name, "max")
            into.setdefault(name, Family(family.kind, family.help)).take(family.samples, how)


_PLACES = {name: place for place, name in enumerate(_HOW)}


def _place(name: str) -> tuple[int, str]:
    return _PLACES.get(name, len(_PLACES)), name


def _metric(name: str, family: Family) -> Metric:
    metric = Metric(name, family.help, family.kind)
    for (sample, labels), value in family.samples.items():
        metric.add_sample(sample, dict(labels), value)
    return metric
