"""The hot path on a fixed input, and what it does there, counted.

``python -m tests.performance.hot_path --renew`` writes the committed figures anew. No clock is read: the
same code on the same input does the same, however busy the machine. Counted is what runs in the
packages' own files, as plain Python; what C code costs is not seen, nor what memory does.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from qualifiers import Funnel, compile_funnel, load_funnel
from qualifiers.presets import preset_text
from streams.engine.forwarding import Forwarding
from streams.engine.in_force import InForce
from streams.engine.inbox import Inbox
from streams.engine.partition import Partition
from streams.engine.passes import Names, Work
from streams.engine.processing import Processor
from streams.engine.table import Table
from streams.engine.transaction import Outgoing
from streams.intake.native import decode_native
from tests.benchmarks import load, reference
from tests.doubles.kafka import FakeRecord

CHECKOUT = Path(__file__).parents[2]
FIGURES = Path(__file__).with_name("figures.json")
RENEW = "python -m tests.performance.hot_path --renew"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
OF_VERSION = frozenset({"instructions"})
"""How source becomes instructions is each Python's own affair: these have figures for a version."""

ACTIVITIES, LEADS, PASS = 3_000, 150, 500
GRACE = 10_000
FUNNELS = {"reference": reference.FUNNEL, "startup": preset_text("startup")}
NAMES = Names("in", "out", "signals", "dead", "changelog")

Figures = dict[str, dict[str, int]]
"""By funnel: how many there are of what, over the whole input."""


@dataclass
class HotPath:
    """A processor with one partition, and the passes that it is to run."""

    funnel: Funnel

    def __post_init__(self) -> None:
        forwarding = Forwarding(NAMES.activities, 1, "group", b"secret")
        self._processor = Processor(decode_native, NAMES, "topic", forwarding, GRACE, max_due=5_000)
        self.partition = Partition(0, None, Table(), Inbox(1, 0), 0, 0, InForce(1, self.funnel))
        self.partition.come_under(self.partition.in_force)
        self.sent: list[Outgoing] = []
        self._passes = list(passes())

    def run(self) -> None:
        """Decode, apply, encode: pass after pass, each merged as if it had been committed."""
        for records in self._passes:
            position = records[-1].offset() + 1
            work = Work(self.partition, [*records], position)
            made = self._processor.run([work], self.sent.extend, records[-1].stamp, held=False)
            for touched in made.touched:
                touched.merge()


def passes() -> Iterator[list[FakeRecord]]:
    """The input: some activities come late, some twice; each is appended when the newest so far happened."""
    stamp, records = 0, []
    for offset, (lead, value) in enumerate(load.first(ACTIVITIES, load.past(ACTIVITIES, LEADS))):
        stamp = max(stamp, decode_native(value).occurred_at)
        records.append(FakeRecord((NAMES.activities, 0, offset), stamp, lead.encode(), value))
    for start in range(0, len(records), PASS):
        yield records[start : start + PASS]


def count(text: str) -> dict[str, int]:
    """What the hot path does under a funnel."""
    funnel = compile_funnel(load_funnel(text))
    HotPath(funnel).run()  # what is made once and kept is no part of it
    counter = _Counter()
    for switch, hook in ((sys.setprofile, counter.profile), (sys.settrace, counter.trace)):
        path = HotPath(funnel)
        _hooked(switch, hook, path.run)
    leads = {one.key for one in path.sent if one.topic == NAMES.stage_changes and one.key}
    return {
        **counter.counts,
        "records_sent": len(path.sent),
        "bytes_sent": sum(len(one.value or b"") for one in path.sent),
        "state_bytes": sum(len(path.partition.table.get(lead) or b"") for lead in leads),
    }


def _hooked(switch: Callable[[Any], None], hook: Any, run: Callable[[], None]) -> None:
    # Python 3.12 looks whether anyone wants opcodes when the hook is put in, not later.
    sys._getframe().f_trace_opcodes = True
    switch(hook)
    try:
        run()
    finally:
        switch(None)


class _Counter:
    """Counts in code of ours: calls of named functions and of C's, and instructions."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._ours: dict[CodeType, bool] = {}

    def profile(self, frame: FrameType, event: str, _argument: object) -> None:
        """As `sys.setprofile` calls it. Comprehensions do not count: Python 3.12 calls none."""
        if event == "call" and self._is_ours(frame.f_code) and frame.f_code.co_name[0] != "<":
            self.counts["calls"] += 1
        elif event == "c_call" and self._is_ours(frame.f_code):
            self.counts["c_calls"] += 1

    def trace(self, frame: FrameType, event: str, _argument: object) -> Any:
        """As `sys.settrace` calls it."""
        if event == "opcode":
            self.counts["instructions"] += 1
        elif event == "call":
            if not self._is_ours(frame.f_code):
                return None
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self.trace

    def _is_ours(self, code: CodeType) -> bool:
        if code not in self._ours:
            packages = [str(CHECKOUT / name) + os.sep for name in ("schemas", "qualifiers", "streams")]
            self._ours[code] = any(code.co_filename.startswith(package) for package in packages)
        return self._ours[code]


def counted() -> Figures:
    """All figures, in a process of its own: with nothing else in it, and text hashed as it always is."""
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "tests.performance.hot_path"]
    done = subprocess.run(
        command, env=environment, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True
    )
    found: Figures = json.loads(done.stdout)
    return found


def committed(version: str = VERSION) -> Figures:
    """The figures that are committed: those of every Python, and of this one where there are any."""
    kept = json.loads(FIGURES.read_text())
    of_version = kept.get(version, {})
    return {funnel: figures | of_version.get(funnel, {}) for funnel, figures in kept["any"].items()}


def renew(found: Figures) -> None:
    """Write the figures; those of other versions of Python stay, and are to be renewed there."""
    kept = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    for funnel, figures in found.items():
        for name, figure in figures.items():
            where = VERSION if name in OF_VERSION else "any"
            kept.setdefault(where, {}).setdefault(funnel, {})[name] = figure
    FIGURES.write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--renew"]:
        renew(counted())
    else:
        print(json.dumps({name: count(text) for name, text in FUNNELS.items()}))
