"""The end of a demo: what was counted where, and whether it adds up."""

from collections import Counter
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from streams.demo.read_back import StageChanges

_WORDS = {"dead_letter": "dead letter", "rekeyed": "re-keyed"}


@dataclass(frozen=True)
class Summary:
    """Counts of one and the same thing, each taken by somebody else.

    ``sent`` at the producer, ``in_topic`` read back, ``outcomes`` and ``decided`` by the
    worker's metrics, ``said`` read back.
    """

    sent: int
    in_topic: int
    outcomes: Counter[str]
    decided: int
    said: StageChanges

    def faults(self) -> list[str]:
        """What does not add up, a sentence each."""
        ended, said = self.outcomes.total(), self.said
        checks = {
            f"{self.sent:,} activities were sent, but {self.in_topic:,} are in the topic": (
                self.sent == self.in_topic
            ),
            f"{self.in_topic:,} activities are in the topic, but the worker has ended {ended:,}": (
                self.in_topic == ended
            ),
            f"{self.decided:,} stage changes were decided, but {said.records:,} were read back": (
                self.decided == said.records
            ),
            f"{said.missing:,} stage changes are missing, by each lead's count": said.missing == 0,
            f"{said.repeated:,} stage changes were said twice": said.repeated == 0,
        }
        return [fault for fault, holds in checks.items() if not holds]

    def table(self) -> Table:
        """The counts, for a person."""
        in_right = self.sent == self.in_topic == self.outcomes.total()
        out_right = self.decided == self.said.records
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column()
        grid.add_column(justify="right")
        grid.add_column()
        grid.add_row(Text("activities in", "bold"), f"{self.sent:,}", "sent, counted at the producer")
        grid.add_row("", f"{self.in_topic:,}", "in the topic, read back with kafka-python")
        for outcome, number in self.outcomes.items():
            grid.add_row("", f"{number:,}", Text(f"  {_WORDS.get(outcome, outcome)}"))
        grid.add_row(
            "", f"{self.outcomes.total():,}", Text.assemble("ended, by the worker  ", _mark(in_right))
        )
        grid.add_row(Text("stage changes", "bold"), f"{self.decided:,}", "decided, by the worker's metrics")
        grid.add_row(
            "",
            f"{self.said.records:,}",
            Text.assemble("read back with kafka-python, read_committed  ", _mark(out_right)),
        )
        grid.add_row("", f"{self.said.missing:,}", "missing, by the count of each lead's own")
        grid.add_row("", f"{self.said.repeated:,}", "said twice, likewise")
        return grid


def _mark(right: bool) -> tuple[str, str]:
    return ("✓ adds up", "green") if right else ("✗ DOES NOT ADD UP", "bold red")
