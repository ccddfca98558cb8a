"""One Faust worker of the same funnel; see `tests.benchmarks.peers.faust_worker`."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.peers.code import importing
from tests.benchmarks.peers.peer import FUNNEL, Run
from tests.benchmarks.topics import PARTITIONS, make

WORKER = "tests.benchmarks.peers.faust_worker"


@dataclass(frozen=True)
class Faust:
    """`faust worker`."""

    label: str = "idiomatic Faust, one worker"
    guarantee: str = "at least once"

    def prepare(self, run: Run) -> None:
        """The topic of stage changes; the table's changelog is made by Faust."""
        make(run.bootstrap, run.stage_changes)

    def command(self, run: Run) -> Sequence[str]:
        """Faust's own command line."""
        return [sys.executable, "-P", "-m", WORKER, "worker", "--loglevel", "warn"]

    def environment(self, run: Run) -> Mapping[str, str]:
        """The rules, compiled, and where it reads and writes."""
        return {
            **importing(compiled=True),
            "BENCH_NAME": run.name,
            "BENCH_BROKER": f"kafka://{run.bootstrap}",
            "BENCH_ACTIVITIES": run.activities,
            "BENCH_STAGE_CHANGES": run.stage_changes,
            "BENCH_PARTITIONS": str(PARTITIONS),
            "BENCH_FUNNEL": FUNNEL,
            "BENCH_DATA": str(run.directory / "data"),
        }
