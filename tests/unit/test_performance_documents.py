"""The figures in the documents are the committed report's, and what is reckoned of them is right."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from docs import performance, scale
from tests.benchmarks import report
from tests.benchmarks.measures import MEASURES

MACHINE = {"cpu": "one", "cores": 2, "memory_gib": 8.0, "python": "3.11.7", "kafka": "4.1.1"}


def result(measure: str, round_: int = 1, peer: str = "leadgate", **figures: Any) -> dict[str, Any]:
    empty = {column.name: None for column in MEASURES[measure].columns}
    return {"measure": measure, "peer": peer, "round": round_, **empty, **figures}


RESULTS = [
    result("throughput", per_second=40_000.0, cpu_us=16.0, broker_cpu_us=4.0, differing_leads=0),
    result("throughput", round_=2, per_second=60_000.0, cpu_us=18.0, broker_cpu_us=6.0, differing_leads=0),
    result("throughput", peer="bare", per_second=500_000.0, cpu_us=1.0, broker_cpu_us=1.0),
    result("cost", what="as a rule", funnel="reference", partitions=4, leads=20_000, cpu_us=10.0),
    result("cost", what="partitions", funnel="reference", partitions=64, leads=20_000, cpu_us=10.5),
    result("latency", partitions=4, per_second=1_000, transactions_per_second=60.0),
    result("latency", partitions=4, per_second=20_000, transactions_per_second=20.0),
    result("latency", partitions=64, per_second=20_000, transactions_per_second=7.0),
    result("transactions", partitions=4, requests=8.0),
    result("transactions", partitions=64, requests=40.0),
    result("recovery", leads=100_000, all_open_seconds=1.0, cpu_seconds=0.5),
    result("recovery", leads=1_000_000, all_open_seconds=4.0, cpu_seconds=3.0),
    result("takeover", total_seconds=11.0, transaction_seconds=2.0),
    result("memory", leads=0, rss_bytes=100 * 2**20),
    result(
        "memory",
        leads=1_000_000,
        rss_bytes=400 * 2**20,
        rss_a_lead=400.0,
        state_bytes=200.0,
        changelog_bytes_a_lead=150.0,
    ),
]


def measured(*results: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "machine": MACHINE,
        "settings": {"rounds": 1, "quick": False, "seconds": 20.0},
        "software": {"leadgate": "leadgate 1"},
        "results": list(results or RESULTS),
        "failed": [],
    }
    return made | changes


@pytest.mark.parametrize("document", performance.DOCUMENTS, ids=lambda path: path.name)
def test_the_figures_are_the_committed_report_s(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert performance.filled(text, performance.committed()) == text, (
        "write them anew: python -m docs.performance"
    )


def test_every_measure_and_every_reckoning_stands_somewhere() -> None:
    text = "".join(document.read_text(encoding="utf-8") for document in performance.DOCUMENTS)
    assert set(re.findall(r"<!-- measured: (.+?) -->", text)) == set(performance.PLACES)


def test_what_is_read_back_is_what_was_written() -> None:
    assert json.loads(report.as_json(measured())) == measured()


@pytest.mark.parametrize("name", performance.PLACES)
def test_a_report_fills_every_place(name: str) -> None:
    place = f"<!-- measured: {name} -->\nstale\n<!-- /measured -->"
    filled = performance.filled(place, measured(*RESULTS, *_others()))
    assert "stale" not in filled
    assert performance.NOT_YET not in filled
    assert "lacks" not in filled


def _others() -> list[dict[str, Any]]:
    """A result of each measure that nothing is reckoned from."""
    return [result(name) for name in MEASURES if not any(one["measure"] == name for one in RESULTS)]


def test_a_table_tells_the_median_and_the_range_of_the_rounds() -> None:
    leadgate, bare = report.table(measured(), MEASURES["throughput"])[2:]
    assert "| 50,000 (40,000–60,000) |" in leadgate
    assert "| 500,000 |" in bare
    assert report.ratios(measured())[1] == "- a bare consume loop: the limit: 0.10×"


def test_what_a_load_needs() -> None:
    of = scale.units(measured())
    assert (of.per_second, of.requests, of.transactions_per_second) == (50_000, 8, 20)
    few = scale.needs(scale.Load(10_000, 1_000_000), of)
    assert (few.workers, few.partitions) == (2, 8), "one must survive"
    assert few.takeover_seconds == scale.SESSION_SECONDS + 2.0 + few.start_seconds
    many = scale.needs(scale.Load(1_000_000, 100_000_000), of)
    assert many.workers == 40, "a million a second, at half of 50,000 each"
    assert many.worker_cores == pytest.approx(17.0)
    assert many.requests_per_second == 40 * 20 * 8
    assert many.start_seconds == pytest.approx(2.5 * 4.0), "2.5 million leads each"
    assert many.takeover_seconds == pytest.approx(scale.SESSION_SECONDS + 2.0 + 10.0 / 39)
    assert many.worker_rss_bytes == 100 * 2**20 + 2_500_000 * 400
    assert many.changelog_bytes == 15e9


def test_leads_may_need_more_workers_than_activities_do() -> None:
    by_leads = scale.needs(scale.Load(1_000, 100_000_000), scale.units(measured()))
    assert by_leads.workers == 5, "40 GB of leads, in workers of 8 GiB"
    assert by_leads.worker_rss_bytes <= scale.WORKER_BYTES


def test_a_later_report_takes_the_place_of_its_measures_only() -> None:
    later = measured(result("cost", what="anew"), settings=measured()["settings"] | {"rounds": 3})
    both = performance.merged([measured(), later])
    assert [one["what"] for one in both["results"] if one["measure"] == "cost"] == ["anew"]
    assert [one for one in both["results"] if one["measure"] == "recovery"] == RESULTS[10:12]
    assert both["settings"]["rounds"] == 3


def test_a_measure_that_takes_another_s_place_may_have_other_sizes() -> None:
    longer = measured(result("latency"), settings=measured()["settings"] | {"seconds": 30.0})
    assert performance.merged([measured(), longer])["settings"]["seconds"] == 30.0


@pytest.mark.parametrize(
    ("later", "why"),
    [
        (measured(settings=measured()["settings"] | {"quick": True}), "tries the harness"),
        (measured(result("cost"), settings=measured()["settings"] | {"seconds": 1.0}), "seconds"),
        (measured(machine=MACHINE | {"cpu": "two"}), "cpu"),
        (measured(result("throughput", differing_leads=1)), "leadgate were not what they must be"),
    ],
)
def test_a_report_that_would_mislead_is_not_published(later: dict[str, Any], why: str) -> None:
    with pytest.raises(performance.Unfit, match=why):
        performance.merged([measured(), later])
