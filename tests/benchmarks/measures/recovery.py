"""How quickly back: a worker that starts on what another has left."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from schemas.moments import parse_moment
from tests.benchmarks.bench import Bench
from tests.benchmarks.harness import Process
from tests.benchmarks.measures.measure import MEMORY, Case, Column
from tests.benchmarks.measures.pages import ASK_SECONDS, events
from tests.benchmarks.measures.tables import ACTIVITIES, PARTITIONS, filled
from tests.benchmarks.peers import PEERS, Leadgate


@dataclass(frozen=True)
class Recovery:
    """Seconds until a worker that starts on what another has left takes records."""

    leads: int
    changelog_records: int
    first_open_seconds: float
    all_open_seconds: float
    """After the group has given it the partitions."""
    cpu_seconds: float
    """In that time, of all its threads."""
    start_to_open_seconds: float
    peak_rss_bytes: int


@dataclass(frozen=True)
class RecoveryMeasure:
    """A second worker starts after the first has ended."""

    name: str = "recovery"
    title: str = "Recovery"
    explained: str = f"""\
A worker starts on the changelog that another has left, in {PARTITIONS} partitions, of leads with
{ACTIVITIES} activities each. A partition takes records as soon as its own table is built, while others are
still being read; by the worker's log, from the moment at which the group has given it the partitions."""
    columns: Sequence[Column] = (
        Column("leads", "leads", is_case=True),
        Column("changelog_records", "changelog records"),
        Column("first_open_seconds", "first partition takes records, s", ",.2f"),
        Column("all_open_seconds", "**all do, s**", ",.2f"),
        Column("cpu_seconds", "**CPU s**", ",.2f"),
        Column("start_to_open_seconds", "from the process's start, s", ",.2f"),
        MEMORY,
    )

    def cases(self, bench: Bench, asked: Sequence[str]) -> Iterable[Case]:
        """Leadgate, which says when a partition is open."""
        for name in asked or ("leadgate",):
            if isinstance(PEERS[name], Leadgate):
                for leads in bench.sizes.recovered_leads:
                    yield Case(name, f"{leads:,} leads", partial(self._measure, bench, name, leads))

    def _measure(self, bench: Bench, name: str, leads: int) -> Iterator[Recovery]:
        left = filled(bench, name, leads)
        with Process(PEERS[name], left.run) as process:
            process.wait(lambda: bool(events(process, _ASSIGNED)), "it had an assignment", ASK_SECONDS)
            before = process.used().cpu_seconds
            process.wait(
                lambda: len(events(process, _OPEN)) == PARTITIONS, "all partitions were open", ASK_SECONDS
            )
            used, since_start = process.used(), process.age()
            assigned = _moment(events(process, _ASSIGNED)[0])
            opened = [_moment(event) for event in events(process, _OPEN)]
            found = sum(event["leads"] for event in events(process, _OPEN))
            if found != leads:
                raise process.failed(f"it has found {found:,} leads again, of {leads:,}")
        yield Recovery(
            leads=leads,
            changelog_records=left.changelog_records,
            first_open_seconds=(min(opened) - assigned) / 1_000,
            all_open_seconds=(max(opened) - assigned) / 1_000,
            cpu_seconds=used.cpu_seconds - before,
            start_to_open_seconds=since_start,
            peak_rss_bytes=used.peak_rss_bytes,
        )


_ASSIGNED, _OPEN = "partitions_assigned", "partition_open"


def _moment(event: dict[str, Any]) -> int:
    return parse_moment(event["at"])
