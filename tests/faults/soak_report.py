"""What a soak reports, in Markdown: what was done and what grew; then how soon it went on, what was found."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tests.faults.flowing import Moments, Over, by_kind
from tests.faults.schedule import KINDS, Schedule
from tests.faults.vitals import Sample, Vitals, slope
from tests.faults.workers import Group

MOST = {"memory": 3.0, "descriptors": 60.0, "threads": 15.0}
"""What grows by more is said to grow: MiB a minute; descriptors and threads in all."""
SLOPE_SECONDS = 300.0
"""A slope over less is that of a worker that is still warming up: it is shown, and not judged."""
MOST_FINDINGS = 10
FLOWING = ("seconds from a fault's end until every partition has said something", "times", "median", "most")


@dataclass(frozen=True)
class Soaked:
    """A group after its soak: so many activities were sent in so many seconds."""

    schedule: Schedule
    over: Sequence[Over]
    vitals: Vitals
    group: Group
    sent: int
    seconds: float

    @property
    def steady(self) -> list[Sample]:
        """The samples of the worker that has lived through it all."""
        return self.vitals.processes[self.group.processes[0].pid]


def of_growth(soaked: Soaked) -> tuple[str, list[str]]:
    """What was done and how the worker that lived through it fared; and what of it grows."""
    growth = _growth(soaked.steady)
    first, *_, last = settled(soaked.steady)
    judged = growth if last.at - first.at >= SLOPE_SECONDS else {**growth, "memory": 0.0}
    lines = [
        f"# A soak of {soaked.seconds / 60:.1f} minutes, seed {soaked.schedule.seed}",
        "",
        *_what_was_done(soaked),
        "",
        *_table(("fault", "times"), _faults(soaked.schedule)),
        "",
        *_table(
            ("the worker that lived through it all", "first", "last", "most", "growth"),
            _figures(soaked.steady, growth),
        ),
        "",
        "First and last are of the last two thirds: by then every lead has a state.",
        "",
    ]
    return "\n".join(lines), [f"{name} grows by {by:.1f}" for name, by in judged.items() if by > MOST[name]]


@dataclass(frozen=True)
class Judged:
    """What was looked at, as rows of a table; what was found wrong; when each stage change was said."""

    rows: list[tuple[str, str]]
    found: list[str]
    moments: Moments


def of_judgement(soaked: Soaked, judged: Judged, grown: list[str]) -> str:
    """How soon it went on, what was looked at, and what is wrong, as far as that is not too much."""
    wrong = [*judged.found[:MOST_FINDINGS], *grown]
    lines = [
        *_table(FLOWING, by_kind(soaked.over, judged.moments)),
        "",
        "Until then the next fault may have come: what that one took is in it.",
        "",
        *_table(("looked at", ""), judged.rows),
        "",
        *(f"- {line}" for line in wrong),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _what_was_done(soaked: Soaked) -> Iterator[str]:
    lags = sorted(lag for _, lag in soaked.vitals.lags)
    yield f"- {soaked.sent:,} activities, {soaked.sent / soaked.seconds:,.0f} a second"
    yield f"- {len(soaked.schedule)} faults; {len(soaked.group.processes)} processes have been workers"
    yield f"- lag in records: {median(lags):,.0f} in the middle, {lags[-1]:,} at most"
    yield f"- lag at the end: {soaked.vitals.lags[-1][1]:,}"


def _faults(schedule: Schedule) -> Iterator[tuple[str, str]]:
    for kind, times in Counter(fault.kind for fault in schedule).most_common():
        yield KINDS[kind].what, str(times)


def settled(samples: list[Sample]) -> list[Sample]:
    """Those of the last two thirds."""
    return [one for one in samples if one.at >= samples[-1].at / 3]


def _growth(samples: list[Sample]) -> dict[str, float]:
    first, *_, last = settled(samples)
    return {
        "memory": slope(settled(samples)),
        "descriptors": last.descriptors - first.descriptors,
        "threads": last.threads - first.threads,
    }


def _figures(samples: list[Sample], growth: dict[str, float]) -> Iterator[tuple[str, ...]]:
    first, *_, last = settled(samples)
    units = {
        "memory": ("memory (MiB)", " a minute"),
        "descriptors": ("descriptors", ""),
        "threads": ("threads", ""),
    }
    for name, (title, a) in units.items():
        values = [getattr(one, name) for one in (first, last)]
        most = max(getattr(one, name) for one in samples)
        yield title, *(f"{value:.0f}" for value in (*values, most)), f"{growth[name]:+.1f}{a}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield _row(head)
    yield _row(("---", *["---:"] * (len(head) - 1)))
    yield from map(_row, rows)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
