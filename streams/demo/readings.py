"""What the worker says of itself: its /metrics, as the demo needs them."""

import time
from collections import Counter, deque
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from streams.metrics.catalogue import PREFIX

_RATE_SECONDS = 3.0


@dataclass(frozen=True)
class Reading:
    """One scrape.

    Leads by stage, records by outcome, stage changes decided, how far behind, in how many
    open partitions, and for how long (s) the brokers have been silent.
    """

    leads: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    stage_changes: int = 0
    lag: int = 0
    partitions: int = 0
    broker_silent: float = 0.0

    @property
    def done(self) -> int:
        """Records that have come to their end, whichever."""
        return self.outcomes.total()


def parse(exposition: str) -> Reading:
    """A scrape's text, read."""
    leads, outcomes = Counter[str](), Counter[str]()
    figures = Counter[str]()
    silent = 0.0
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            match sample.name.removeprefix(PREFIX):
                case "leads":
                    leads[sample.labels["stage"]] += int(sample.value)
                case "activities_total":
                    outcomes[sample.labels["outcome"]] += int(sample.value)
                case "stage_changes_total" | "consumer_lag_records" as name:
                    figures[name] += int(sample.value)
                case "table_leads":
                    figures["partitions"] += 1
                case "broker_waiting_seconds":
                    silent = sample.value
    return Reading(
        leads,
        outcomes,
        figures["stage_changes_total"],
        figures["consumer_lag_records"],
        figures["partitions"],
        silent,
    )


class Rate:
    """How many a second, over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def of(self, total: int) -> float:
        """The rate, now that the total is this."""
        now = time.monotonic()
        self._seen.append((now, total))
        while now - self._seen[0][0] > _RATE_SECONDS:
            self._seen.popleft()
        since, before = self._seen[0]
        return (total - before) / (now - since) if now > since else 0.0
