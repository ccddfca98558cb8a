"""The report: what was measured, on what, as JSON for whoever compares and as Markdown for people.

The Markdown is made of the JSON, so that what is read later says what was measured then.
"""

import json
import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from streams.local_kafka import FULL, source
from streams.local_kafka.jars import DEPLOY
from tests.benchmarks.measures import MEASURES, Column, Measure, Result
from tests.benchmarks.peers import PEERS

Report = Mapping[str, Any]
"""``machine``, ``settings``, ``software`` by peer, ``results``, ``failed``: as it is in JSON."""


@dataclass(frozen=True)
class Row:
    """One measurement of one peer, in one round."""

    measure: str
    peer: str
    round: int
    result: Result


def machine() -> dict[str, Any]:
    """What it ran on, and what else ran there when it began."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    kafka = re.search(r"kafka_2\.13</artifactId>\s*<version>([^<]+)", (DEPLOY / "pom.xml").read_text())
    how = "Docker" if source() == "docker" else f"java {' '.join(FULL)}"
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu[1] if cpu else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_average_before": round(os.getloadavg()[0], 2),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "kafka": f"{kafka[1] if kafka else '?'}, one node, {how}",
    }


def make(
    about: Mapping[str, Any],
    settings: Mapping[str, Any],
    software: Mapping[str, str],
    rows: Iterable[Row],
    failed: Sequence[str],
) -> Report:
    """Everything, each round by itself; ``software`` by peer."""
    return {
        "machine": about,
        "settings": settings,
        "software": software,
        "results": [
            {"measure": row.measure, "peer": row.peer, "round": row.round, **_rounded(asdict(row.result))}
            for row in rows
        ],
        "failed": list(failed),
    }


def as_json(report: Report) -> str:
    """A line a result: so that two reports can be read beside each other."""
    head = {name: value for name, value in report.items() if name != "results"}
    lines = ",\n".join(f"    {json.dumps(result)}" for result in report["results"])
    return f'{json.dumps(head, indent=2)[:-2]},\n  "results": [\n{lines}\n  ]\n}}\n'


def as_markdown(report: Report) -> str:
    """A table a measure: medians over the rounds, with the range where there are several."""
    parts = ["# Benchmarks\n"]
    for measure in MEASURES.values():
        if lines := table(report, measure):
            parts += [f"## {measure.title}\n", f"{measure.explained}\n", *lines, ""]
    parts += [*ratios(report), "## On what\n", *conditions(report)]
    return "\n".join(parts) + "\n"


def table(report: Report, measure: Measure) -> list[str]:
    """The lines of a measure's table; none where nothing was measured."""
    results = [result for result in report["results"] if result["measure"] == measure.name]
    if not results:
        return []
    columns = [column for column in measure.columns if any(column.name in result for result in results)]
    compares = len({result["peer"] for result in results}) > 1
    whose = ["", "guarantee"] if compares else [""]
    lines = [_line([*whose, *(column.heading for column in columns)])]
    lines.append(_line(["---" for _ in whose] + ["---:"] * len(columns)))
    for of_case in _cases(results, [column.name for column in columns if column.is_case]):
        peer = PEERS[of_case[0]["peer"]]
        whose = [peer.label, peer.guarantee] if compares else [peer.label]
        lines.append(_line([*whose, *(_cell(column, of_case) for column in columns)]))
    return lines


def ratios(report: Report) -> list[str]:
    """A line for each peer beside leadgate: how its throughput compares, in the rounds' median."""
    rates: dict[str, list[float]] = {}
    for result in report["results"]:
        if result["measure"] == "throughput":
            rates.setdefault(result["peer"], []).append(result["per_second"])
    if "leadgate" not in rates:
        return []
    own = median(rates.pop("leadgate"))
    lines = [f"- {PEERS[name].label}: {own / median(rate):.2f}×" for name, rate in rates.items()]
    return ["leadgate works off so many times as many activities a second:\n", *lines, ""] if lines else []


def conditions(report: Report) -> list[str]:
    """On what machine, with what settings and versions, and what could not be measured: lines of a list."""
    software = {PEERS[name].label: what for name, what in report["software"].items()}
    stated = {**report["machine"], **report["settings"], **software}
    lines = [f"- {name.replace('_', ' ')}: {_said(value)}" for name, value in stated.items()]
    return lines + [f"- **failed**: {said}" for said in report["failed"]]


def _said(value: Any) -> str:
    return ", ".join(map(_said, value)) if isinstance(value, list | tuple) else str(value)


def _cases(results: Sequence[Report], names: Sequence[str]) -> Iterator[list[Report]]:
    """The results of the same thing, one a round."""
    cases: dict[tuple[Any, ...], list[Report]] = {}
    for result in results:
        cases.setdefault((result["peer"], *(result[name] for name in names)), []).append(result)
    yield from cases.values()


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(column: Column, results: Sequence[Report]) -> str:
    found = [result[column.name] for result in results if result[column.name] is not None]
    if not found:
        return "–"
    if isinstance(found[0], str):
        return str(found[0])
    values = [value / column.unit for value in found]
    shown = format(median(values), column.form)
    low, high = format(min(values), column.form), format(max(values), column.form)
    return shown if low == high else f"{shown} ({low}–{high})"


def _rounded(figures: Mapping[str, Any]) -> dict[str, Any]:
    """To what means something: six digits."""
    return {
        name: float(f"{value:.6g}") if isinstance(value, float) else value for name, value in figures.items()
    }
