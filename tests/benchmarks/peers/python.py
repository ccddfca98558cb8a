"""Peers that are one program in Python: those of `tests.benchmarks.workers`."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from tests.benchmarks.peers import venvs
from tests.benchmarks.peers.code import importing
from tests.benchmarks.peers.peer import Run, told
from tests.benchmarks.topics import make


@dataclass(frozen=True)
class Python:
    """``worker`` of `tests.benchmarks.workers`, in the venv of that name where it has one of its own."""

    worker: str
    label: str
    guarantee: str
    package: str
    own_venv: bool = True
    decides: bool = True

    @property
    def software(self) -> str:
        """The package, and its version."""
        of = venvs.pinned(self.worker, self.package) if self.own_venv else version(self.package)
        return f"{self.package} {of}"

    def build(self) -> None:
        """Its venv."""
        if self.own_venv:
            venvs.make(self.worker)

    def prepare(self, run: Run) -> None:
        """The topic of stage changes; what else it needs it makes itself."""
        if self.decides:
            make(run.bootstrap, run.stage_changes, run.partitions)

    def command(self, run: Run) -> Sequence[str]:
        """The worker."""
        python = str(venvs.python(self.worker)) if self.own_venv else sys.executable
        return [python, "-P", "-m", f"tests.benchmarks.workers.{self.worker}"]

    def environment(self, run: Run) -> Mapping[str, str]:
        """Where it finds its code, reads and writes."""
        return {**importing(compiled=False), **told(run)}


@dataclass(frozen=True)
class Faust(Python):
    """`faust worker`: Faust's own command line."""

    def command(self, run: Run) -> Sequence[str]:
        """Its arguments besides."""
        return [*super().command(run), "worker", "--loglevel", "warn"]
