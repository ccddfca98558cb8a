"""One leadgate worker, as anyone deploys it: compiled, settings as they are by default, exactly once."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from streams import topics
from streams.settings import Settings
from tests.benchmarks.peers import code
from tests.benchmarks.peers.peer import Run


@dataclass(frozen=True)
class Leadgate:
    """`leadgate worker`, of the wheel or of the checkout."""

    label: str = "leadgate, one worker"
    compiled: bool = True
    guarantee: str = "exactly once"
    decides: bool = True

    @property
    def software(self) -> str:
        """Its version, and that of the client."""
        return f"leadgate {version('leadgate')}, confluent-kafka {version('confluent-kafka')}"

    def build(self) -> None:
        """Nothing: `make wheel` does. Raises NotBuilt."""
        if self.compiled:
            code.check()

    def prepare(self, run: Run) -> None:
        """All topics that are missing."""
        topics.create(Settings.model_validate(_settings(run)))

    def command(self, run: Run) -> Sequence[str]:
        """`leadgate worker`; history is loaded while the clock is held."""
        return [sys.executable, "-P", "-m", "streams", "worker", *(["--hold-clock"] if run.history else [])]

    def environment(self, run: Run) -> Mapping[str, str]:
        """Its code, and its settings."""
        settings = {f"LEADGATE_{name.upper()}": value for name, value in _settings(run).items()}
        return {**code.importing(compiled=self.compiled), **settings}


def _settings(run: Run) -> dict[str, str]:
    return {
        "bootstrap_servers": run.bootstrap,
        "group": run.name,
        "activities_topic": run.activities,
        "stage_changes_topic": run.stage_changes,
        "signals_topic": f"{run.name}.signals",
        "dead_letters_topic": f"{run.name}.dead-letters",
        "funnels_topic": f"{run.name}.funnels",
        "state_directory": str(run.directory / "state"),
        "funnel": run.funnel,
        "web_port": "0",
        "log_format": "json",
    }
