"""``python -m tests.benchmarks``: everything that `make bench` does."""

import argparse
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from qualifiers import compile_funnel, load_funnel
from streams.errors import Mendable
from tests.benchmarks import harness, load, measures, reference, report, topics
from tests.benchmarks.peers import PEERS, Run

RESULTS = Path(__file__).resolve().parents[2] / "build" / "benchmarks"
MEASURES = ("throughput", "latency", "recovery")


@dataclass(frozen=True)
class Sizes:
    """How much is done; ``slow_*`` is for peers that would take an hour over the whole."""

    activities: int = 1_000_000
    slow_activities: int = 200_000
    leads: int = 20_000
    rate: int = 2_000
    seconds: float = 30.0
    recovered_leads: int = 200_000


QUICK = Sizes(60_000, 10_000, 2_000, 1_000, 5.0, 20_000)
SLOW = frozenset({"faust"})
RECOVERING = frozenset({"leadgate"})
RECOVERED_ACTIVITIES = 2
"""For each lead of the table that is recovered."""


class Bench:
    """One run: one broker, the inputs on it, and whoever is measured there."""

    def __init__(
        self, bootstrap: str, sizes: Sizes, peers: Sequence[str], measured: Sequence[str], directory: Path
    ) -> None:
        self._bootstrap = bootstrap
        self._sizes = sizes
        self._peers = peers
        self._measures = measured
        self._directory = directory

    def rounds(self, count: int) -> Iterator[report.Row]:
        """Measure everybody, one after another, so many times."""
        expected = self._prepare()
        for number in range(1, count + 1):
            for measure in self._measures:
                for name in self._peers:
                    if not _can(name, measure):
                        continue
                    _say(f"round {number}: {measure} of {name} …")
                    yield report.Row(name, number, self._measure(measure, name, expected))

    def _activities(self, name: str) -> int:
        return self._sizes.slow_activities if name in SLOW else self._sizes.activities

    def _prepare(self) -> dict[int, reference.Said]:
        """Fill the inputs; what must come of them, by how many activities there are."""
        sizes = self._sizes
        if "recovery" in self._measures:
            _say(f"filling a topic with activities of {sizes.recovered_leads:,} leads …")
            topics.make(self._bootstrap, "many-leads")
            topics.fill(self._bootstrap, "many-leads", load.each(sizes.recovered_leads, RECOVERED_ACTIVITIES))
        if "throughput" not in self._measures:
            return {}
        counts = {self._activities(name) for name in self._peers}
        for count in counts:
            _say(f"filling a topic with {count:,} activities …")
            topics.make(self._bootstrap, f"past-{count}")
            topics.fill(self._bootstrap, f"past-{count}", self._past(count))
        _say("working out what must come of them …")
        funnel = compile_funnel(load_funnel(reference.FUNNEL_FILE.read_text()))
        return reference.recompute(funnel, self._past(max(counts)), counts)

    def _past(self, count: int) -> Iterator[load.Record]:
        """The first ``count`` of the one input."""
        whole = load.past(self._sizes.activities, self._sizes.leads)
        return (record for _, record in zip(range(count), whole, strict=False))

    def _measure(self, measure: str, name: str, expected: dict[int, reference.Said]) -> measures.Result:
        sizes, peer = self._sizes, PEERS[name]
        run_name = f"{name}-{measure}-{uuid.uuid4().hex[:6]}"
        if measure == "throughput":
            count = self._activities(name)
            return measures.throughput(peer, self._run(run_name, f"past-{count}"), count, expected[count])
        if measure == "latency":
            run = self._run(run_name, f"{run_name}.activities", history=False)
            return measures.latency(peer, run, sizes.rate, sizes.seconds)
        activities = sizes.recovered_leads * RECOVERED_ACTIVITIES
        return measures.recovery(peer, self._run(run_name, "many-leads"), activities)

    def _run(self, name: str, activities: str, *, history: bool = True) -> Run:
        return Run(self._bootstrap, name, activities, self._directory, history)


def _peers(only: Sequence[str]) -> Sequence[str]:
    return [name for name in PEERS if name in only] or list(PEERS)


def _measures(only: Sequence[str]) -> Sequence[str]:
    return [name for name in MEASURES if name in only] or list(MEASURES)


def _can(name: str, measure: str) -> bool:
    """Latency is that of stage changes; recovery is measured where the peer says when it is over."""
    return {
        "throughput": True,
        "latency": PEERS[name].decides,
        "recovery": name in RECOVERING,
    }[measure]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the report and write it; 1 when a peer's stage changes were not what they must be."""
    asked = _arguments(arguments)
    base = QUICK if asked.quick else Sizes()
    given = {name: value for name, value in vars(asked).items() if name in asdict(base) and value is not None}
    sizes = Sizes(**asdict(base) | given)
    about = report.machine()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running
    directory = Path(tempfile.mkdtemp(prefix="leadgate-benchmarks-"))
    try:
        peers = _peers(asked.only)
        for name in peers:
            _say(f"making {name} …")
            PEERS[name].build()
        with harness.broker() as bootstrap:
            bench = Bench(bootstrap, sizes, peers, _measures(asked.only), directory)
            rows = []
            for row in bench.rounds(asked.repeat):
                _say(f"  {row.result}")
                rows.append(row)
    except (harness.Failed, Mendable) as error:
        _say(str(error))
        return 3
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    settings = {"partitions": topics.PARTITIONS, "rounds": asked.repeat, **asdict(sizes)}
    RESULTS.mkdir(parents=True, exist_ok=True)
    markdown = report.as_markdown(about, settings, rows)
    (RESULTS / "report.md").write_text(markdown)
    (RESULTS / "report.json").write_text(report.as_json(about, settings, rows))
    print(markdown)
    _say(f"written to {RESULTS}")
    differing = [
        row for row in rows if isinstance(row.result, measures.Throughput) and row.result.differing_leads
    ]
    return 1 if differing else 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a small run, to try the harness: no figures to quote"
    )
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="rounds; the table shows medians")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        choices=[*MEASURES, *PEERS],
        help="only these measures, of only these peers",
    )
    for name, what in (
        ("activities", "in the backlog"),
        ("slow-activities", "in that of a slow peer"),
        ("leads", "whose those activities are"),
        ("rate", "latency: activities a second"),
        ("seconds", "latency: how long"),
        ("recovered-leads", "recovery: leads in the table"),
    ):
        kind = float if name == "seconds" else int
        parser.add_argument(
            f"--{name}", type=kind, metavar="N", help=f"{what} ({getattr(Sizes(), name.replace('-', '_')):,})"
        )
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
