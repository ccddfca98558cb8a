"""What the web knows of the worker: plain things to read, and nothing to change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry

from streams.engine.partition import Partition
from streams.funnels import Funnels
from streams.metrics.collector import Waiting
from streams.ownership import Advertised, Ownership
from streams.web.tokens import Tokens


class EngineView(Protocol):
    """What is read of the engine, from the event loop's thread while the engine's own go on."""

    @property
    def assigned(self) -> frozenset[int]:
        """The partitions that the group has given this worker."""

    @property
    def open_partitions(self) -> Mapping[int, Partition]:
        """Those of them whose tables are complete. Only committed passes show in them."""

    @property
    def dead_threads(self) -> Sequence[str]:
        """The names of the engine's threads that have begun and ended, though the worker goes on."""


class MetricsView(Protocol):
    """What is read of the metrics."""

    @property
    def registry(self) -> CollectorRegistry:
        """What a scrape shows."""

    @property
    def waiting_for_broker(self) -> Waiting | None:
        """Since when the brokers do not answer; None while they do."""


@dataclass(slots=True, frozen=True)
class WorkerView:
    """One worker; ``me`` is what it tells the others, ``partitions`` how many the input has."""

    me: Advertised
    funnels: Funnels
    partitions: int
    engine: EngineView
    ownership: Ownership
    metrics: MetricsView
    tokens: Tokens
