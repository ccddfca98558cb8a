"""``python -m tests.benchmarks``: everything that `make bench` does."""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from streams.errors import Mendable
from tests.benchmarks import harness, report
from tests.benchmarks.bench import QUICK, Bench, Sizes, say
from tests.benchmarks.measures import MEASURES, Case
from tests.benchmarks.peers import PEERS

RESULTS = Path(__file__).resolve().parents[2] / "build" / "benchmarks"


@dataclass
class Written:
    """The report, written anew with each result: a run that is broken off has what came before."""

    settings: dict[str, Any]
    software: dict[str, str] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=report.machine)
    rows: list[report.Row] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def write(self) -> str:
        """Write it; its Markdown."""
        made = report.make(self.about, self.settings, self.software, self.rows, self.failed)
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / "report.json").write_text(report.as_json(made))
        markdown = report.as_markdown(made)
        (RESULTS / "report.md").write_text(markdown)
        return markdown


def measure(bench: Bench, names: Sequence[str], peers: Sequence[str], rounds: int, written: Written) -> None:
    """Measure everybody, one after another, so many times. A peer that fails is told of, and passed over."""
    for number in range(1, rounds + 1):
        for name in names:
            for case in MEASURES[name].cases(bench, peers):
                say(f"round {number}: {name} of {case.peer}, {case.what} …")
                try:
                    _one(case, number, name, written)
                except harness.Failed as failed:
                    say(str(failed))
                    written.failed.append(
                        f"{name} of {case.peer}, {case.what}: {str(failed).splitlines()[0]}"
                    )


def _one(case: Case, number: int, name: str, written: Written) -> None:
    for result in case.measure():
        say(f"  {result}")
        written.rows.append(report.Row(name, case.peer, number, result))
        written.write()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the report and write it; 1 when a peer's stage changes were not what they must be."""
    asked = _arguments(arguments)
    base = QUICK if asked.quick else Sizes()
    given = {name: value for name, value in vars(asked).items() if name in asdict(base) and value is not None}
    sizes = Sizes(**vars(base) | {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()})
    names = [name for name in MEASURES if name in asked.only] or list(MEASURES)
    peers = [name for name in PEERS if name in asked.only]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running
    written = Written({"rounds": asked.repeat, "quick": asked.quick, **asdict(sizes)})
    directory = Path(tempfile.mkdtemp(prefix="leadgate-benchmarks-"))
    try:
        with harness.broker() as broker:
            bench = Bench(broker, sizes, directory)
            cases = [case for name in names for case in MEASURES[name].cases(bench, peers)]
            for name in dict.fromkeys(case.peer for case in cases):
                say(f"making {name} …")
                PEERS[name].build()
                written.software[name] = PEERS[name].software
            measure(bench, names, peers, asked.repeat, written)
    except Mendable as error:
        say(str(error))
        return 3
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print(written.write())
    say(f"written to {RESULTS}")
    if any(getattr(row.result, "differing_leads", None) for row in written.rows):
        return 1
    return 3 if written.failed else 0


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
    for size in fields(Sizes):
        default: Any = size.default
        several = isinstance(default, tuple)
        kind = type(default[0] if several else default)
        parser.add_argument(
            f"--{size.name.replace('_', '-')}",
            type=kind,
            nargs="+" if several else None,
            metavar="N",
            help=f"{size.metadata['what']} ({default})",
        )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
