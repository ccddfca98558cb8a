"""Faults at random under load, for as long as is said, with an oracle at the end and a report of what grew.

python -m tests.faults.soak --minutes 30 --rate 5000 --seed 1
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
import uuid
from array import array
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from streams.engine.changelog import META_KEY
from tests.faults import by_brute_force, oracle
from tests.faults.chaos import Chaos
from tests.faults.clocks import Clocks
from tests.faults.flowing import Moments
from tests.faults.following import Following, Said
from tests.faults.load import Live
from tests.faults.network import beyond_a_network
from tests.faults.schedule import PAUSE_SECONDS, Schedule
from tests.faults.soak_report import Judged, Soaked, of_growth, of_judgement
from tests.faults.vitals import Vitals
from tests.faults.waiting import begin, quiet
from tests.faults.workers import Group

HERE = Path(__file__).parent
GRACE_SECONDS = 2
WORKERS = 3
A_LEAD = 40
"""Activities that a lead gets, so that its state and the number of leads stop growing."""
SAMPLED = 150_000
"""Records that the oracle recomputes, at most: of whole families of leads."""
BY_BRUTE_FORCE = 40
FOLLOWED_SECONDS = 120
"""So long the changelog is left as it is written, for what the oracle asks of it, how far time had gone when,
to be read on the way. Then it is compacted as ever: opening a partition takes no longer than it does."""
PATIENCE_SECONDS = 600.0
"""For what is left to do when the load has ended."""


def arguments(argv: list[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.soak",
        description="Break a group of workers, its broker and its network at random, under load.",
        epilog="Example: python -m tests.faults.soak --minutes 0.5 --rate 200 --seed 1",
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="for how long (default: 30)")
    parser.add_argument("--rate", type=float, default=5_000.0, help="activities a second (default: 5000)")
    parser.add_argument("--seed", type=int, default=1, help="what the faults are drawn from (default: 1)")
    parser.add_argument(
        "--pause",
        type=float,
        default=PAUSE_SECONDS,
        help=f"seconds from a fault's end to the next, at least (default: {PAUSE_SECONDS:g}); with 45 "
        "how soon all goes on is each fault's own",
    )
    parser.add_argument("--report", type=Path, help="where the report goes, too (Markdown)")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Run it; 0, or 1 where something differs or grows."""
    asked = arguments(argv)
    directory = Path(tempfile.mkdtemp(prefix="leadgate-soak-"))
    with beyond_a_network(directory / "kafka") as (kafka, bootstrap, make_network), make_network() as network:
        group = Group(
            bootstrap,
            f"soak{uuid.uuid4().hex[:8]}",
            directory,
            HERE / "live.yaml",
            {"LEADGATE_GRACE": f"{GRACE_SECONDS}s"},
            patience=PATIENCE_SECONDS,
        )
        group.environment["LEADGATE_BOOTSTRAP_SERVERS"] = network.address
        group.configure(group.settings.changelog, {"min.compaction.lag.ms": str(FOLLOWED_SECONDS * 1_000)})
        following = Following(group)
        following.start()
        try:
            soaked = soak(group, Chaos(group, kafka, network), asked)
            group.stop()
            text, grown = of_growth(soaked)
            # To judge millions of activities takes a while.
            print(text, flush=True)
            judged = judge(soaked, following.end())
        finally:
            group.stop()
    shutil.rmtree(directory)
    judgement = of_judgement(soaked, judged, grown)
    print(judgement)
    if asked.report is not None:
        asked.report.write_text(f"{text}\n{judgement}")
    return 1 if judged.found or grown else 0


def soak(group: Group, chaos: Chaos, asked: argparse.Namespace) -> Soaked:
    """Load and faults, and then peace until all has been applied."""
    schedule = Schedule(asked.seed, asked.minutes * 60, asked.pause)
    print(schedule, flush=True)
    leads = max(300, int(asked.rate * asked.minutes * 60 / A_LEAD))
    load = Live(group, seed=asked.seed, leads=leads, rate=asked.rate)
    chaos.start(WORKERS)
    vitals = Vitals(group)
    vitals.start()
    load.start()
    begin(group)
    begun = time.monotonic()
    chaos.run(schedule)
    time.sleep(max(0.0, begun + asked.minutes * 60 - time.monotonic()))
    load.end()
    seconds = time.monotonic() - begun
    quiet(group)
    vitals.end()
    chaos.check_all_live()
    return Soaked(schedule, chaos.over, vitals, group, load.sent, seconds)


# Judging it ---------------------------------------------------------------------------------


def judge(soaked: Soaked, said: list[Said]) -> Judged:
    """What was looked at, and what was found wrong; ``said`` is what compaction takes."""
    group = soaked.group
    apart = max(1, soaked.sent // SAMPLED)
    # Two processes read millions of records in half the time. Forked they would have half of librdkafka.
    with ProcessPoolExecutor(2, get_context("spawn")) as readers:
        reading = readers.submit(_read_changes, group.bootstrap, group.settings.stage_changes_topic)
        evidence = oracle.gather(group.settings, partial(_is_kept, apart), readers.map)
        changes = reading.result()
    states = [record for record in evidence.changelog if record.key != META_KEY]
    evidence = replace(evidence, changelog=[*said, *states])
    looked_at, found = 0, changes.gaps
    try:
        looked_at = len(group.check(evidence=evidence).leads)
    except AssertionError as error:
        found.append(str(error))
    brute, differ = by_brute_force.differences(
        group.funnel_path.read_text(),
        evidence.activities,
        [*evidence.stage_changes, *evidence.signals],
        Clocks(evidence.changelog),
        oracle.clocks_of(evidence.changelog),
        group.settings.grace,
        BY_BRUTE_FORCE,
    )
    found.extend(differ)
    rows = [
        ("stage changes, each lead's numbered without a gap", f"{changes.many:,}"),
        ("leads whose decisions were recomputed", f"{looked_at:,} (one family in {apart})"),
        ("leads judged by brute force", f"{brute}"),
        ("differences", f"{len(found)}"),
    ]
    return Judged(rows, found, changes.moments)


class Changes(NamedTuple):
    """How many there are, where a lead's are not numbered without a gap, and when each was said."""

    many: int
    gaps: list[str]
    moments: Moments


def _read_changes(bootstrap: str, topic: str) -> Changes:
    many, gaps = 0, []
    moments: dict[int, array[int]] = defaultdict(partial(array, "q"))
    seqs: Counter[str] = Counter()
    for record in oracle.read(bootstrap, topic):
        lead, change = record.key.decode(), json.loads(record.value)
        many += 1
        moments[record.partition].append(record.timestamp)
        if change["seq"] != (1 if change["rule"] == "created" else seqs[lead] + 1):
            gaps.append(f"{lead}: {change['seq']} after {seqs[lead]}")
        seqs[lead] = change["seq"]
    in_order = {number: array("q", sorted(said)) for number, said in moments.items()}
    return Changes(many, gaps, in_order)


def _is_kept(apart: int, record: Any) -> bool:
    """Whether a record is of one of the families that are looked at: one in so many."""
    return _family(record.key) % apart == 0


def _family(key: bytes | None) -> int:
    """Those who may become one have the same: a person, and the visitors that it may turn out to be."""
    kind, _, number = (key or b"").lstrip(b"LMS").decode(errors="replace").partition("-")
    if not number.isdigit():
        return 1
    return int(number) // 3 if kind == "lead" else int(number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
