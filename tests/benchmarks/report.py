"""The report: what was measured, on what, as Markdown for people and as JSON for whoever compares."""

import json
import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from streams.local_kafka import FULL, source
from streams.local_kafka.jars import DEPLOY
from tests.benchmarks.measures import Latency, Recovery, Result, Throughput
from tests.benchmarks.peers import PEERS


@dataclass(frozen=True)
class Row:
    """One measurement of one peer, in one round."""

    peer: str
    round: int
    result: Result


class Column(NamedTuple):
    """A figure of a result: its name there, its heading, how it is written, what it is divided by."""

    name: str
    heading: str
    form: str = ",.0f"
    unit: float = 1


_MEMORY = Column("peak_rss_bytes", "peak RSS, MiB", ",.0f", 2**20)
_CPU = Column("cpu_seconds_per_million", "CPU s a million", ",.1f")

TABLES: Mapping[type[Result], tuple[str, str, tuple[Column, ...]]] = {
    Throughput: (
        "Throughput",
        """\
A backlog worked off, by committed offsets, from the first commit seen to the last. Rates are
what is compared: slower peers get the first part of the same input. Stage changes are read
back read_committed and compared, lead by lead, with what `leadgate qualify` makes of it: a peer
of which leads differ does not count.""",
        (
            Column("activities", "activities"),
            Column("per_second", "**activities a second**"),
            _CPU,
            _MEMORY,
            Column("stage_changes", "stage changes"),
            Column("differing_leads", "leads that differ"),
        ),
    ),
    Latency: (
        "Latency",
        """\
From the moment at which an activity was meant to be sent to the moment at which a read_committed
subscriber has the stage change that it caused. A sender that falls behind counts against the peer.""",
        (
            Column("per_second", "activities a second"),
            Column("stage_changes", "stage changes"),
            Column("unseen", "activities not done"),
            Column("p50_ms", "**p50, ms**", ",.1f"),
            Column("p99_ms", "**p99, ms**", ",.1f"),
            Column("worst_ms", "worst, ms", ",.1f"),
            _CPU,
        ),
    ),
    Recovery: (
        "Recovery",
        """\
A worker starts on the changelog that another has left. Assignment and readiness are as `/readyz`
says; leadgate's own metric is a mean over the partitions.""",
        (
            Column("leads", "leads"),
            Column("changelog_length", "changelog offsets"),
            Column("assigned_to_ready_seconds", "**assignment to ready, s**", ",.2f"),
            Column("own_metric_seconds", "table_recovery_seconds", ",.2f"),
            Column("start_to_ready_seconds", "start to ready, s", ",.2f"),
            _MEMORY,
        ),
    ),
}


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


def as_json(about: Mapping[str, Any], settings: Mapping[str, Any], rows: Iterable[Row]) -> str:
    """Everything, each round by itself."""
    results = [
        {
            "peer": row.peer,
            "round": row.round,
            "measure": type(row.result).__name__.lower(),
            **asdict(row.result),
        }
        for row in rows
    ]
    return json.dumps({"machine": about, "settings": settings, "results": results}, indent=2) + "\n"


def as_markdown(about: Mapping[str, Any], settings: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """A table a measure: medians over the rounds, with the range where there are several."""
    parts = ["# Benchmarks\n"]
    for kind, (title, explained, columns) in TABLES.items():
        of_kind = [row for row in rows if type(row.result) is kind]
        if not of_kind:
            continue
        parts.append(f"## {title}\n\n{explained}\n")
        parts.append(_line(["", "guarantee", *(column.heading for column in columns)]))
        parts.append(_line(["---", "---", *["---:"] * len(columns)]))
        for name in dict.fromkeys(row.peer for row in of_kind):
            peer = PEERS[name]
            results = [asdict(row.result) for row in of_kind if row.peer == name]
            parts.append(_line([peer.label, peer.guarantee, *(_cell(column, results) for column in columns)]))
        parts.append("")
    parts += _ratios(rows)
    parts.append("## On what\n")
    software = {PEERS[name].label: PEERS[name].software for name in dict.fromkeys(row.peer for row in rows)}
    stated = {**about, **settings, **software}
    parts += [f"- {name.replace('_', ' ')}: {value}" for name, value in stated.items()]
    return "\n".join(parts) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(column: Column, results: Sequence[Mapping[str, float | None]]) -> str:
    found = [result[column.name] for result in results]
    values = [value / column.unit for value in found if value is not None]
    if not values:
        return "–"
    shown = format(median(values), column.form)
    low, high = format(min(values), column.form), format(max(values), column.form)
    return shown if low == high else f"{shown} ({low}–{high})"


def _ratios(rows: Sequence[Row]) -> list[str]:
    """A line for each peer beside leadgate: how its throughput compares, in the rounds' median."""
    rates: dict[str, list[float]] = {}
    for row in rows:
        if isinstance(row.result, Throughput):
            rates.setdefault(row.peer, []).append(row.result.per_second)
    if "leadgate" not in rates:
        return []
    own = median(rates.pop("leadgate"))
    lines = [f"- {PEERS[name].label}: {own / median(rate):.2f}×" for name, rate in rates.items()]
    return ["leadgate works off so many times as many activities a second:\n", *lines, ""] if lines else []
