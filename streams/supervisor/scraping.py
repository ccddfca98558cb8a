"""The metrics of all members: fetched from them, merged, and shown at one place."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from streams.metrics.catalogue import PREFIX, SUPERVISOR
from streams.supervisor.asking import Asking
from streams.supervisor.member import Member
from streams.supervisor.merging import Ledger

SCRAPE_SECONDS = 3.0
"""So long a member has to tell its metrics: well within the time that Prometheus waits."""


class Scraping:
    """``name`` is the supervisor's, which tells of itself as if it were a member."""

    def __init__(self, name: str, members: Sequence[Member], asking: Asking) -> None:
        self._name, self._members, self._asking = name, members, asking
        self._own = CollectorRegistry()
        self._own.register(_OfMembers(members))
        ProcessCollector(registry=self._own)
        self._ledger = Ledger()
        self._ledger.begun(name, life=1)
        self._registry = CollectorRegistry()
        self._registry.register(self._ledger)
        # One question at a time, else an older answer could come last.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def begun(self, member: Member) -> None:
        """A life of the member has begun."""
        self._ledger.begun(member.name, member.life)

    def ended(self, member: Member) -> None:
        """The life has ended."""
        self._ledger.ended(member.name)

    async def scrape(self, member: Member) -> None:
        """Ask the member for what it has counted."""
        async with self._turns[member.name]:
            life = member.life
            said = await self._asking.ask(member, "/metrics", SCRAPE_SECONDS)
            well = said is not None and said.status == 200
            self._ledger.heard(member.name, life, said.body.decode() if said and well else None)

    async def page(self, accept: str) -> tuple[bytes, str]:
        """What all have counted, and its content type, as the scraper likes it."""
        await asyncio.gather(*(self.scrape(member) for member in self._members if member.state == "up"))
        self._ledger.heard(self._name, 1, generate_latest(self._own).decode())
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class _OfMembers(Collector):
    """What the supervisor knows of its members."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members

    def collect(self) -> Iterator[Metric]:
        figures: dict[str, dict[str, float]] = {
            "member_up": {member.name: float(member.answers) for member in self._members},
            "member_restarts_total": {member.name: max(0, member.life - 1) for member in self._members},
        }
        for entry in SUPERVISOR:
            metric = Metric(PREFIX + entry.name.removesuffix("_total"), entry.help, entry.kind)
            for worker, value in figures[entry.name].items():
                metric.add_sample(PREFIX + entry.name, {"worker": worker}, value)
            yield metric
