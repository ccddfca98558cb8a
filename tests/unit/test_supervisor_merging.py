"""Metrics of several workers become one: each by what it means, and what the dead have counted stays."""

from collections.abc import Callable, Iterable

import pytest
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics import parser

from streams.metrics.catalogue import CATALOGUE, PREFIX
from streams.metrics.collector import Metrics
from streams.supervisor.merging import Ledger
from tests.doubles.workers import worker

parse: Callable[[str], Iterable[Metric]] = parser.text_string_to_metric_families

KINDS = {PREFIX + entry.name: entry.kind for entry in CATALOGUE} | {
    "process_cpu_seconds_total": "counter",
    "process_resident_memory_bytes": "gauge",
}


def text(*lines: str) -> str:
    """What a worker tells: a sample a line, the prefix left out where it is ours."""
    families: dict[str, list[str]] = {}
    for line in lines:
        name = line.partition("{")[0].partition(" ")[0]
        line = line if name in KINDS else PREFIX + line
        family = line.partition("{")[0].partition(" ")[0]
        for suffix in ("_bucket", "_sum", "_count"):
            family = family.removesuffix(suffix) if family not in KINDS else family
        families.setdefault(family, [f"# TYPE {family} {KINDS[family]}"]).append(line)
    return "".join(f"{line}\n" for family in families.values() for line in family)


class Scene:
    """Workers that come and go, and what is told of them."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.registry = CollectorRegistry()
        self.registry.register(self.ledger)
        self._lives: dict[str, int] = {}

    def begin(self, worker: str, *lines: str) -> None:
        self._lives[worker] = self._lives.get(worker, 0) + 1
        self.ledger.begun(worker, self._lives[worker])
        self.tell(worker, *lines)

    def tell(self, worker: str, *lines: str) -> None:
        self.ledger.heard(worker, self._lives[worker], text(*lines))

    def value(self, name: str, **labels: str) -> float | None:
        name = PREFIX + name if not name.startswith("process") else name
        return self.registry.get_sample_value(name, labels)


@pytest.fixture
def scene() -> Scene:
    return Scene()


MERGED = [
    ("signals_total", "counter", {"signal": "hot"}, (3, 4), 7),
    ("leads", "gauge", {"stage": "mql"}, (3, 4), 7),
    ("leads_to_reread", "gauge", {}, (3, 0), 3),
    ("consumer_lag_records", "gauge", {"topic": "in", "partition": "0"}, (3, 9), 9),
    ("stream_time_seconds", "gauge", {"partition": "0"}, (30, 20), 30),
    ("table_leads", "gauge", {"partition": "0"}, (5, 4), 5),
    ("funnel_info", "gauge", {"funnel": "shop", "hash": "a"}, (1, 1), 1),
    ("funnel_reload_success", "gauge", {}, (1, 0), 0),
    ("broker_waiting_seconds", "gauge", {}, (0, 4), 4),
    ("chunk_seconds_bucket", "histogram", {"le": "0.1"}, (2, 3), 5),
    ("chunk_seconds_sum", "histogram", {}, (0.5, 0.25), 0.75),
    ("chunk_seconds_count", "histogram", {}, (2, 3), 5),
]


@pytest.mark.parametrize(("name", "kind", "labels", "told", "merged"), MERGED, ids=str)
def test_the_same_sample_of_two_workers_is_one_figure(
    scene: Scene, name: str, kind: str, labels: dict[str, str], told: tuple[float, float], merged: float
) -> None:
    said = ",".join(f'{label}="{value}"' for label, value in labels.items())
    for worker_id, value in zip(("w-0", "w-1"), told, strict=True):
        scene.begin(worker_id, f"{name}{{{said}}} {value}")
    assert scene.value(name, **labels) == merged


def test_every_gauge_of_the_catalogue_is_in_that_table() -> None:
    assert {entry.name for entry in CATALOGUE if entry.kind == "gauge"} == {
        name for name, kind, *_ in MERGED if kind == "gauge"
    }


def test_partitions_of_two_workers_stand_side_by_side(scene: Scene) -> None:
    scene.begin("w-0", 'table_leads{partition="0"} 5')
    scene.begin("w-1", 'table_leads{partition="1"} 6')
    assert (scene.value("table_leads", partition="0"), scene.value("table_leads", partition="1")) == (5, 6)


def test_what_the_catalogue_does_not_know_is_kept_apart(scene: Scene) -> None:
    for worker_id, bytes_ in (("w-0", 100), ("w-1", 200)):
        scene.begin(worker_id, f"process_resident_memory_bytes {bytes_}")
    assert scene.value("process_resident_memory_bytes", worker="w-0") == 100
    assert scene.value("process_resident_memory_bytes", worker="w-1") == 200


ONE_LIFE = (
    'stage_changes_total{from="",to="mql",rule="r"} 10',
    'chunk_seconds_bucket{le="0.1"} 2',
    'chunk_seconds_bucket{le="+Inf"} 4',
    "chunk_seconds_sum 3",
    "chunk_seconds_count 4",
    'leads{stage="mql"} 8',
    "process_cpu_seconds_total 60",
    "process_resident_memory_bytes 100",
)


def test_a_dead_workers_counters_stay_and_its_gauges_go(scene: Scene) -> None:
    scene.begin("w-0", *ONE_LIFE)
    scene.begin("w-1", *ONE_LIFE)
    scene.ledger.ended("w-0")
    changes = {"from": "", "to": "mql", "rule": "r"}
    assert scene.value("stage_changes_total", **changes) == 20
    assert scene.value("chunk_seconds_count") == 8
    assert scene.value("leads", stage="mql") == 8
    assert scene.value("process_cpu_seconds_total", worker="w-0") == 60
    assert scene.value("process_resident_memory_bytes", worker="w-0") is None
    scene.ledger.ended("w-1")
    assert scene.value("stage_changes_total", **changes) == 20
    assert scene.value("leads", stage="mql") is None


def test_the_next_life_counts_on(scene: Scene) -> None:
    scene.begin("w-0", *ONE_LIFE)
    for life in (1, 2):
        scene.ledger.ended("w-0")
        assert scene.value("stage_changes_total", **{"from": "", "to": "mql", "rule": "r"}) == 10 * life
        scene.begin("w-0", 'stage_changes_total{from="",to="mql",rule="r"} 0')
        assert scene.value("stage_changes_total", **{"from": "", "to": "mql", "rule": "r"}) == 10 * life
        scene.tell("w-0", *ONE_LIFE)
        assert scene.value("stage_changes_total", **{"from": "", "to": "mql", "rule": "r"}) == 10 * life + 10
        assert scene.value("chunk_seconds_sum") == 3 * life + 3
        assert scene.value("process_cpu_seconds_total", worker="w-0") == 60 * life + 60


def test_what_a_life_says_is_taken_once_however_late_it_is_heard(scene: Scene) -> None:
    scene.begin("w-0", "signals_total 5")
    scene.ledger.ended("w-0")
    scene.ledger.heard("w-0", 1, text("signals_total 6"))
    assert scene.value("signals_total") == 5
    scene.begin("w-0", "signals_total 1")
    scene.ledger.heard("w-0", 1, text("signals_total 6"))
    assert scene.value("signals_total") == 6


def test_a_silent_workers_counters_stay_as_they_were(scene: Scene) -> None:
    scene.begin("w-0", *ONE_LIFE)
    scene.ledger.heard("w-0", 1, None)
    assert scene.value("chunk_seconds_sum") == 3
    assert scene.value("leads", stage="mql") is None
    scene.tell("w-0", *ONE_LIFE)
    assert scene.value("leads", stage="mql") == 8


def test_a_real_workers_metrics_come_through_whole(scene: Scene) -> None:
    metrics = worker("w", None).metrics  # type: ignore[arg-type]
    assert isinstance(metrics, Metrics)
    metrics.rebalanced()
    scene.ledger.begun("w-0", 1)
    scene.ledger.heard("w-0", 1, generate_latest(metrics.registry).decode())
    # OpenMetrics is the stricter form: what its parser reads, everybody does.
    encode, _ = choose_encoder("application/openmetrics-text; version=1.0.0")
    again = {family.name: family for family in parse(encode(scene.registry).decode())}
    for entry in CATALOGUE:
        family = again[PREFIX + entry.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (entry.kind, entry.help)
    [rebalances] = again["leadgate_rebalances"].samples
    assert (rebalances.labels, rebalances.value) == ({}, 1)
