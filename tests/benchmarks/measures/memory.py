"""How much memory a lead takes, and how much a worker without any."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tests.benchmarks.bench import Bench
from tests.benchmarks.harness import Process
from tests.benchmarks.measures.measure import Case, Column
from tests.benchmarks.measures.pages import pages
from tests.benchmarks.measures.tables import ACTIVITIES, PARTITIONS, filled
from tests.benchmarks.peers import PEERS, Leadgate, Run

SETTLE_SECONDS = 3.0
"""For what was read to be let go."""


@dataclass(frozen=True)
class Memory:
    """RSS of a worker that has recovered so many leads, and of the one that made them."""

    leads: int
    state_bytes: float | None
    key_bytes: float | None
    changelog_bytes_a_lead: float | None
    rss_bytes: int
    rss_a_lead: float | None
    """What the leads more than those of the line above take, each."""
    worked_rss_bytes: int | None
    worked_rss_a_lead: float | None


@dataclass(frozen=True)
class MemoryMeasure:
    """Workers with no leads, and with more and more."""

    name: str = "memory"
    title: str = "Memory"
    explained: str = f"""\
RSS of a worker when it is idle: without a lead, and after it has recovered leads with {ACTIVITIES} activities
each; and of the worker that has made them, when it had just worked off the backlog. What a lead
takes is the slope: between a line and the one above it."""
    columns: Sequence[Column] = (
        Column("leads", "leads", is_case=True),
        Column("state_bytes", "state, bytes a lead"),
        Column("key_bytes", "lead id, bytes"),
        Column("changelog_bytes_a_lead", "changelog on disk, bytes a lead"),
        Column("rss_bytes", "**RSS recovered, MiB**", ",.0f", 2**20),
        Column("rss_a_lead", "**bytes a lead**"),
        Column("worked_rss_bytes", "RSS after the work, MiB", ",.0f", 2**20),
        Column("worked_rss_a_lead", "bytes a lead"),
    )

    def cases(self, bench: Bench, asked: Sequence[str]) -> Iterable[Case]:
        """Leadgate: others keep leads elsewhere, or in a heap of a fixed size."""
        for name in asked or ("leadgate",):
            if isinstance(PEERS[name], Leadgate):
                yield Case(name, "no leads and more and more", partial(self._measure, bench, name))

    def _measure(self, bench: Bench, name: str) -> Iterator[Memory]:
        with bench.run(name, self.name, None, PARTITIONS) as run:
            PEERS[name].prepare(run)
            below = Memory(0, None, None, None, _idle(name, run), None, None, None)
        yield below
        for leads in bench.sizes.recovered_leads:
            left = filled(bench, name, leads)
            rss, worked_rss = _idle(name, left.run), left.worked.rss_bytes
            worked_below = below.worked_rss_bytes or below.rss_bytes
            below = Memory(
                leads=leads,
                state_bytes=left.state_bytes,
                key_bytes=left.key_bytes,
                changelog_bytes_a_lead=left.changelog_bytes / leads,
                rss_bytes=rss,
                rss_a_lead=(rss - below.rss_bytes) / (leads - below.leads),
                worked_rss_bytes=worked_rss,
                worked_rss_a_lead=(worked_rss - worked_below) / (leads - below.leads),
            )
            yield below


def _idle(name: str, run: Run) -> int:
    """RSS of a worker that is ready, and has nothing to do."""
    with Process(PEERS[name], run) as process, pages(process) as its_pages:
        its_pages.wait_without("no_assignment", "recovering")
        time.sleep(SETTLE_SECONDS)
        return process.used().rss_bytes
