"""``python -m tests.benchmarks.offline``: what the rules cost, on one core, without a broker.

Whoever is measured runs in turn, several times; the least CPU time of each counts, as what else
the machine does can only add to it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from qualifiers import compile_funnel, load_funnel
from qualifiers.presets import preset_text
from qualifiers.replay import Replay
from schemas.decision import Place
from schemas.lead_state import MEMBERS, encode_lead
from streams.errors import Mendable
from streams.intake.native import decode_native
from tests.benchmarks import by_hand, load
from tests.benchmarks.many_rules import many_rules
from tests.benchmarks.peers import code

FUNNEL = "startup"
AFTER = 20
"""Activities a lead after which its state is weighed."""


@dataclass(frozen=True)
class Cost:
    """What a run has used."""

    cpu_seconds: float
    peak_rss_bytes: int


@dataclass(frozen=True)
class Runner:
    """A program that reads activities from stdin and writes what it decides to stdout."""

    label: str
    command: Sequence[str]
    compiled: bool

    def run(self, source: Path, out: Path) -> Cost:
        """Run it over a file. Raises CalledProcessError."""
        environment = dict(os.environ) | dict(code.importing(compiled=self.compiled))
        with source.open("rb") as lines, out.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", *self.command], stdin=lines, stdout=said, env=environment
            )
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, list(self.command))
        return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def runners(directory: Path) -> Mapping[str, Runner]:
    """Who is measured."""
    big = directory / "many-rules.yaml"
    big.write_text(many_rules())
    return {
        "qualify": Runner("`leadgate qualify`, compiled", ("streams", "qualify", FUNNEL), True),
        "plain": Runner("`leadgate qualify`, not compiled", ("streams", "qualify", FUNNEL), False),
        "hand": Runner("the same funnel, written by hand", ("tests.benchmarks.by_hand",), False),
        "backtest": Runner("`leadgate backtest`, compiled", ("streams", "backtest", FUNNEL), True),
        "diff": Runner("`leadgate diff`, compiled", ("streams", "diff", FUNNEL, FUNNEL, "-"), True),
        "many": Runner("compiled, 100 transitions, 500 points lines", ("streams", "qualify", str(big)), True),
    }


def measure(activities: int, leads: int, rounds: int) -> str:
    """The report, in Markdown. Raises AssertionError when what is written by hand decides otherwise."""
    with tempfile.TemporaryDirectory(prefix="leadgate-offline-") as name:
        directory = Path(name)
        source = directory / "activities.jsonl"
        with source.open("wb") as file:
            file.writelines(value + b"\n" for _, value in load.in_order(activities, leads))
        outputs = {key: directory / f"{key}.jsonl" for key in runners(directory)}
        costs: dict[str, list[Cost]] = {key: [] for key in outputs}
        for number in range(1, rounds + 1):
            for key, runner in runners(directory).items():
                print(f"round {number}: {runner.label} …", file=sys.stderr)
                costs[key].append(runner.run(source, outputs[key]))
        compare(outputs["qualify"], outputs["hand"])
        table = _table(directory, activities, costs)
    return f"{table}\n{_weights(weigh(activities, leads))}"


def compare(qualified: Path, written: Path) -> None:
    """Line by line, in what `by_hand.SAID` names."""
    with qualified.open("rb") as ours, written.open("rb") as theirs:
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True), 1):
            change = json.loads(one)
            wanted = {name: change[name] for name in by_hand.SAID}
            assert wanted == json.loads(other), f"line {number}: {wanted} is not {other!r}"


def _table(directory: Path, activities: int, costs: Mapping[str, Sequence[Cost]]) -> str:
    least = {key: min(cost.cpu_seconds for cost in every) for key, every in costs.items()}
    rows = [
        "| | activities a CPU second | µs each | beside `qualify` | peak RSS, MiB |",
        "|---|---:|---:|---:|---:|",
    ]
    for key, runner in runners(directory).items():
        seconds = least[key]
        rows.append(
            f"| {runner.label} | {activities / seconds:,.0f} | {seconds / activities * 1e6:.2f} "
            f"| {seconds / least['qualify']:.2f}× | {max(c.peak_rss_bytes for c in costs[key]) / 2**20:.0f} |"
        )
    return "\n".join(rows) + "\n"


def weigh(activities: int, leads: int) -> dict[str, float]:
    """What the encoded states are made of, in bytes a lead, when each lead has had so many activities."""
    replay, place = Replay(compile_funnel(load_funnel(preset_text(FUNNEL)))), Place()
    had: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    encode = msgspec.msgpack.encode
    for _, value in load.in_order(activities, leads):
        activity = decode_native(value)
        replay.apply(activity, place)
        had[activity.lead_id] += 1
        if had[activity.lead_id] == AFTER:
            state = encode_lead(replay.leads[activity.lead_id])
            members = zip(MEMBERS, msgspec.msgpack.decode(state), strict=True)
            parts.update({name: len(encode(member)) for name, member in members})
            parts["whole"] += len(state)
            parts["leads"] += 1
    count = parts.pop("leads")
    return {name: size / count for name, size in parts.items()}


def _weights(parts: Mapping[str, float]) -> str:
    whole = parts["whole"]
    named = {name: size for name, size in parts.items() if name != "whole" and size >= 2}
    named["the rest, and what frames it"] = whole - sum(named.values())
    rows = [
        f"A lead's state after {AFTER} activities: {whole:.0f} bytes.\n",
        "| of which | bytes |",
        "|---|---:|",
    ]
    rows += [f"| {name} | {size:.0f} |" for name, size in sorted(named.items(), key=lambda one: -one[1])]
    return "\n".join(rows) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.offline", description=__doc__)
    parser.add_argument("--activities", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--leads", type=int, default=20_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    asked = parser.parse_args(arguments)
    try:
        code.check()
    except Mendable as error:
        print(error, file=sys.stderr)
        return 3
    print(measure(asked.activities, asked.leads, asked.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
