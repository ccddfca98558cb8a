"""One run of the benchmarks: one broker, the inputs on it, and whoever is measured there."""

import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import Field, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from qualifiers import compile_funnel, load_funnel
from tests.benchmarks import reference, topics
from tests.benchmarks.harness import Broker
from tests.benchmarks.load import Record
from tests.benchmarks.peers import Run

Made = TypeVar("Made")


def _size(default: Any, what: str) -> Any:
    return field(default=default, metadata={"what": what})


@dataclass(frozen=True)
class Sizes:
    """How much is done. Each is an option of the command line."""

    activities: int = _size(1_000_000, "throughput: in the backlog")
    slow_activities: int = _size(200_000, "throughput: in that of a slow peer")
    leads: int = _size(20_000, "throughput: whose those activities are")
    rates: tuple[int, ...] = _size((1_000, 5_000, 10_000, 20_000), "latency: activities a second, ascending")
    partitions: tuple[int, ...] = _size((4, 16, 64), "latency: partitions; of others than leadgate the first")
    warm_up: float = _size(60.0, "latency: seconds before anything counts, for each worker")
    settle: float = _size(5.0, "latency: seconds at each rate before anything counts")
    seconds: float = _size(20.0, "latency: seconds that count")
    cost_activities: int = _size(300_000, "cost: in the backlog, besides each lead's first")
    cost_leads: tuple[int, ...] = _size((20_000, 1_000, 200_000, 1_000_000), "cost: leads, first the usual")
    cost_partitions: tuple[int, ...] = _size((4, 16, 64), "cost: partitions, first the usual")
    cost_transitions: tuple[int, ...] = _size(
        (25, 50, 100), "cost: of a larger funnel, with 5 points lines each"
    )
    recovered_leads: tuple[int, ...] = _size((100_000, 1_000_000), "recovery, memory: leads in the table")


def measures_of(size: Field[Any]) -> set[str]:
    """The measures that a size is one of."""
    return set(size.metadata["what"].partition(":")[0].split(", "))


QUICK = Sizes(
    activities=60_000,
    slow_activities=10_000,
    leads=2_000,
    rates=(200, 1_000),
    partitions=(4, 16),
    warm_up=3.0,
    settle=1.0,
    seconds=3.0,
    cost_activities=10_000,
    cost_leads=(2_000, 200, 20_000),
    cost_partitions=(4, 16),
    cost_transitions=(25,),
    recovered_leads=(5_000, 20_000),
)


@dataclass
class Bench:
    """What is made once stays; the topics of a run go with it."""

    broker: Broker
    sizes: Sizes
    directory: Path
    _made: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """What ``make`` gives, made when it is first asked for."""
        if name not in self._made:
            self._made[name] = make()
        made: Made = self._made[name]
        return made

    def input(self, name: str, partitions: int, records: Callable[[], Iterable[Record]]) -> str:
        """The topic with these records in so many partitions."""
        topic = f"input-{name}-{partitions}"

        def fill() -> str:
            say(f"  filling {topic} …")
            topics.make(self.broker.bootstrap, topic, partitions)
            topics.fill(self.broker.bootstrap, topic, records())
            return topic

        return self.once(topic, fill)

    def expected(
        self, name: str, funnel: str, records: Callable[[], Iterable[Record]], marks: Sequence[int]
    ) -> Mapping[int, reference.Said]:
        """What a funnel (its text) must say of these records, after so many of them."""

        def recompute() -> Mapping[int, reference.Said]:
            say(f"  working out what must come of {name} …")
            return reference.recompute(compile_funnel(load_funnel(funnel)), records(), marks)

        return self.once(f"expected of {name}", recompute)

    def new_run(self, peer: str, measure: str, activities: str, partitions: int, **options: Any) -> Run:
        """A run on that topic; with ``options`` as a Run has them. What it makes stays."""
        name = f"{peer}-{measure}-{uuid.uuid4().hex[:6]}"
        options = {"history": True} | options
        return Run(self.broker.bootstrap, name, activities, partitions, self.directory, **options)

    @contextmanager
    def run(
        self, peer: str, measure: str, activities: str | None, partitions: int, **options: Any
    ) -> Iterator[Run]:
        """A run on that topic (None: on one of its own, still empty), after which nothing is left of it."""
        run = self.new_run(peer, measure, activities or "", partitions, **options)
        if activities is None:
            run = replace(run, activities=f"{run.name}.activities")
            topics.make(run.bootstrap, run.activities, partitions)
        try:
            yield run
        finally:
            topics.take_away(run.bootstrap, run.name)


def say(text: str) -> None:
    """Tell whoever waits."""
    print(text, file=sys.stderr, flush=True)
