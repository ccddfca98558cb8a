"""The catalogue of metrics is what a scrape shows, and the figures are the engine's."""

import re
from collections import Counter

import msgspec
import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from qualifiers import Funnel
from schemas.decision import DueCause
from schemas.moments import SECOND
from streams.engine.engine import Observer
from streams.engine.opening import Opened
from streams.engine.partition import Partition
from streams.engine.passes import Pass
from streams.engine.table import Table
from streams.metrics.catalogue import CATALOGUE, PREFIX
from streams.metrics.collector import Metrics
from tests.doubles.funnels import FakeFunnels
from tests.doubles.workers import START, live, partition, shop


class Scene:
    """Metrics with a clock and partitions that a test sets."""

    def __init__(self) -> None:
        self.now = START
        self.partitions: dict[int, Partition] = {}
        self.ends: dict[int, int] = {}
        self.versions = FakeFunnels(shop())
        self.funnels = self.versions.read()
        self.metrics = Metrics(self.funnels, "lead.activities", lambda: self.now)
        self.metrics.watch(lambda: self.partitions, lambda: self.ends)

    @property
    def funnel(self) -> Funnel:
        return self.funnels.in_force.funnel

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(PREFIX + name, labels)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def made_by(scene: Scene, *types: str, stamps: int = START) -> Pass:
    """A pass of one lead's activities, as the engine makes it."""
    _, decided = live(scene.funnel, "ada", *types)
    return Pass(
        records=len(types),
        outcomes=Counter(applied=len(types)),
        types=Counter(name if name in scene.funnel.activity_types else "other" for name in types),
        decisions=decided,
        decided_stamps=[stamps] * len(decided),
    )


def test_the_catalogue_is_what_a_scrape_shows(scene: Scene) -> None:
    scene.partitions = {3: partition(3, {"ada": live(scene.funnel, "ada", "page_viewed")[0]})}
    scene.ends = {3: 0}
    scene.metrics.committed(made_by(scene, "page_viewed", "paid"), 0.02)
    shown = {
        family.name: family
        for family in text_string_to_metric_families(generate_latest(scene.metrics.registry).decode())
        if family.name.startswith(PREFIX)
    }
    assert set(shown) == {PREFIX + entry.name.removesuffix("_total") for entry in CATALOGUE}
    for entry in CATALOGUE:
        family = shown[PREFIX + entry.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (entry.kind, entry.help)
        assert family.samples, entry.name
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(entry.labels)
            assert sample.name.startswith(PREFIX + entry.name)


def test_names_follow_their_conventions() -> None:
    for entry in CATALOGUE:
        assert re.fullmatch("[a-z_]+", entry.name)
        assert entry.name.endswith("_total") == (entry.kind == "counter")
        assert bool(entry.buckets) == (entry.kind == "histogram")
        assert list(entry.buckets) == sorted(set(entry.buckets))
        assert not {"lead", "lead_id", "id"} & set(entry.labels)


def test_the_process_and_python_are_measured_too(scene: Scene) -> None:
    shown = generate_latest(scene.metrics.registry).decode()
    for name in (
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_open_fds",
        "python_gc_",
    ):
        assert name in shown


def test_what_has_not_happened_yet_is_zero(scene: Scene) -> None:
    for outcome in ("applied", "duplicate", "rekeyed", "dead_letter"):
        assert scene.value("activities_total", outcome=outcome, format="native") == 0
    for outcome in ("committed", "aborted", "fenced"):
        assert scene.value("transactions_total", outcome=outcome) == 0
    assert scene.value("dead_letters_total", reason="not_json") == 0
    assert scene.value("activities_by_type_total", type="paid") == 0
    assert scene.value("rebalances_total") == 0
    assert scene.value("decision_latency_seconds_count") == 0
    assert scene.value("leads", stage="buyer") == 0


def test_a_pass_is_counted(scene: Scene) -> None:
    scene.now = START + 40
    made = made_by(scene, "page_viewed", "sneezed", "paid")
    made.outcomes.update(duplicate=2, dead_letter=1)
    made.dead.update(not_json=1)
    scene.metrics.committed(made, 0.02)
    scene.metrics.committed(made_by(scene, "paid"), 0.3)
    assert scene.value("activities_total", outcome="applied", format="native") == 4
    assert scene.value("activities_total", outcome="duplicate", format="native") == 2
    assert scene.value("activities_by_type_total", type="other") == 1
    assert scene.value("activities_by_type_total", type="paid") == 2
    assert scene.value("dead_letters_total", reason="not_json") == 1
    assert scene.value("stage_changes_total", **{"from": "", "to": "visitor", "rule": "created"}) == 2
    assert scene.value("stage_changes_total", **{"from": "visitor", "to": "buyer", "rule": "to-buyer"}) == 2
    assert scene.value("transactions_total", outcome="committed") == 2
    assert scene.value("chunk_seconds_count") == 2
    assert scene.value("chunk_seconds_bucket", le="0.02") == 1
    assert scene.value("chunk_records_sum") == 4
    assert scene.value("signals_total", signal="browsing") == 0
    # One lead paid two seconds after it came, the other at once.
    assert scene.value("previous_stage_seconds_count", stage="visitor") == 2
    assert scene.value("previous_stage_seconds_sum", stage="visitor") == 2
    assert scene.value("decision_latency_seconds_count") == 4
    assert scene.value("decision_latency_seconds_bucket", le="0.03") == 0
    assert scene.value("decision_latency_seconds_bucket", le="0.05") == 4


def test_a_signal_is_counted_and_is_no_stage_change(scene: Scene) -> None:
    scene.metrics.committed(made_by(scene, *["page_viewed"] * 4), 0.01)
    assert scene.value("signals_total", signal="browsing") == 1
    assert scene.value("decision_latency_seconds_count") == 2


def test_what_time_moved_has_no_latency(scene: Scene) -> None:
    made = made_by(scene, "page_viewed")
    [created] = made.decisions
    by_time = msgspec.structs.replace(created, from_="visitor", cause=DueCause(created.occurred_at))
    made.decisions.append(by_time)
    made.decided_stamps.append(START - 90 * 86_400_000)
    scene.metrics.committed(made, 0.01)
    assert scene.value("decision_latency_seconds_count") == 1
    assert scene.value("decision_latency_seconds_sum") == 0


def test_gauges_are_the_open_partitions_and_go_with_them(scene: Scene) -> None:
    ada, bob = (live(scene.funnel, name, "page_viewed")[0] for name in ("ada", "bob"))
    eve = live(scene.funnel, "eve", "paid")[0]
    scene.partitions = {
        0: partition(0, {"ada": ada, "eve": eve}, position=90, clock=START + SECOND),
        2: partition(2, {"bob": bob}, position=7),
    }
    scene.ends = {0: 100, 2: 7}
    assert scene.value("leads", stage="visitor") == 2
    assert scene.value("leads", stage="buyer") == 1
    assert scene.value("table_leads", partition="0") == 2
    assert scene.value("consumer_lag_records", topic="lead.activities", partition="0") == 10
    assert scene.value("consumer_lag_records", topic="lead.activities", partition="2") == 0
    assert scene.value("stream_time_seconds", partition="0") == START / 1_000 + 1
    del scene.partitions[0]
    assert scene.value("leads", stage="visitor") == 1
    assert scene.value("leads", stage="buyer") == 0
    for name in ("table_leads", "stream_time_seconds"):
        assert scene.value(name, partition="0") is None
        assert scene.value(name, partition="2") is not None
    assert scene.value("consumer_lag_records", topic="lead.activities", partition="0") is None


def test_a_lag_that_nobody_has_measured_is_not_shown_as_none(scene: Scene) -> None:
    scene.partitions = {0: partition(0, {})}
    assert scene.value("consumer_lag_records", topic="lead.activities", partition="0") is None


def test_what_the_engine_tells_besides(scene: Scene) -> None:
    watched: Observer = scene.metrics
    watched.rebalanced()
    watched.opened(Opened(0, Table(), 0, 0, records=10, seconds=0.4))
    watched.aborted(False)
    watched.aborted(True)
    watched.closed([0])
    assert scene.value("rebalances_total") == 1
    assert scene.value("table_recovery_seconds_bucket", le="0.25") == 0
    assert scene.value("table_recovery_seconds_bucket", le="0.5") == 1
    assert scene.value("transactions_total", outcome="aborted") == 1
    assert scene.value("transactions_total", outcome="fenced") == 1


def test_waiting_for_the_broker_counts_from_its_beginning(scene: Scene) -> None:
    assert scene.value("broker_waiting_seconds") == 0
    scene.metrics.waiting("commit_transaction: timed out")
    scene.now += 3 * SECOND
    scene.metrics.waiting("commit_transaction: still timed out")
    scene.now += SECOND
    assert scene.value("broker_waiting_seconds") == 4
    assert scene.metrics.waiting_for_broker == (START, "commit_transaction: still timed out")
    scene.metrics.waiting(None)
    assert scene.value("broker_waiting_seconds") == 0
    assert scene.metrics.waiting_for_broker is None
