"""Workers without Kafka: an engine that holds what it is given, a group that says what it is told.

Tables, partitions, leads and funnel are the real ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qualifiers import Funnel, compile_funnel, load_funnel
from schemas.activity import Activity
from schemas.decision import Decision, Place
from schemas.lead import Lead
from schemas.lead_state import encode_lead
from schemas.moments import SECOND
from streams.engine.in_force import InForce
from streams.engine.inbox import Inbox
from streams.engine.partition import Partition
from streams.engine.table import Table
from streams.metrics.collector import Metrics
from streams.ownership import Advertised, Owners
from streams.web.tokens import Tokens
from streams.web.worker import WorkerView
from tests.doubles.funnels import FakeFunnels

FUNNEL = """
funnel: shop
stages: [visitor, buyer]
scores:
  interest: {half_life: 1d, points: [{on: page_viewed, add: 8}]}
transitions:
  - {to: buyer, when: {did: paid}}
signals:
  - {name: browsing, in: visitor, when: {did: page_viewed, times: 3}}
"""
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def shop() -> Funnel:
    """A funnel of two stages; a page view is worth 8, half of it a day later."""
    return compile_funnel(load_funnel(FUNNEL))


def live(funnel: Funnel, lead_id: str, *types: str) -> tuple[Lead, list[Decision]]:
    """A lead that has done ``types``, a second apart, and what was decided on the way."""
    lead: Lead | None = None
    decided: list[Decision] = []
    for number, name in enumerate(types):
        moment = START + number * SECOND
        activity = Activity(id=f"{lead_id}-{moment}", lead_id=lead_id, type=name, occurred_at=moment)
        applied = funnel.apply(lead, activity, Place(topic="in", partition=0, offset=number))
        lead = applied.lead
        decided += applied.decisions
    assert lead is not None
    return lead, decided


def partition(
    number: int,
    leads: Mapping[str, Lead],
    position: int = 0,
    clock: int = START,
    in_force: InForce | None = None,
) -> Partition:
    """An open partition with ``leads`` in its table."""
    table = Table({lead_id.encode(): encode_lead(lead) for lead_id, lead in leads.items()})
    in_force = in_force or InForce(1, shop())
    table.come_under(in_force.funnel.mark)
    return Partition(number, object(), table, Inbox(1, position), position, clock, in_force)


@dataclass
class FakeEngine:
    """An EngineView that is told everything."""

    assigned: frozenset[int] = frozenset()
    _open: dict[int, Partition] = field(default_factory=dict)
    dead_threads: Sequence[str] = ()

    @property
    def open_partitions(self) -> dict[int, Partition]:
        return dict(self._open)

    def give(self, numbers: Iterable[int]) -> None:
        self.assigned, self._open = frozenset(numbers), {}

    def open(self, opened: Partition) -> None:
        if opened.number in self.assigned:
            self._open[opened.number] = opened

    def take(self) -> None:
        self.assigned, self._open = frozenset(), {}


@dataclass
class FakeGroup:
    """The group's word on who owns what, the same for all workers; None: it does not answer."""

    by_partition: dict[int, Advertised] | None = field(default_factory=dict)
    spare: frozenset[Advertised] = frozenset()

    async def owners(self) -> Owners | None:
        return None if self.by_partition is None else Owners(0.0, self.by_partition, self.spare)


def worker(
    name: str, group: FakeGroup, address: str = "127.0.0.1:1", partitions: int = 4, *tokens: str
) -> WorkerView:
    """A worker of ``group`` that nothing has been given to yet."""
    funnels = FakeFunnels(shop()).read()
    engine = FakeEngine()
    metrics = Metrics(funnels, "lead.activities", lambda: START)
    metrics.watch(lambda: engine.open_partitions, dict)
    return WorkerView(Advertised(name, address), funnels, partitions, engine, group, metrics, Tokens(tokens))
