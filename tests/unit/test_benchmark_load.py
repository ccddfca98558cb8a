"""The benchmarks' inputs are what the report says of them."""

import json
from collections import Counter
from typing import Any

from schemas.moments import parse_moment
from tests.benchmarks.load import Pace, each, known
from tests.benchmarks.measures.latency import percentiles


def read(records: Any) -> list[dict[str, Any]]:
    activities = []
    for lead_id, value in records:
        activity = json.loads(value)
        assert activity["lead_id"] == lead_id
        activities.append(activity)
    return activities


def test_every_lead_has_as_many_activities_as_each_other() -> None:
    activities = read(each(50, 3))
    assert set(Counter(one["lead_id"] for one in activities).values()) == {3}
    assert len({one["id"] for one in activities}) == 150


def test_every_lead_is_known_before_what_counts() -> None:
    activities = read(known(50, 200, None))
    leads = [one["lead_id"] for one in activities]
    assert len(set(leads[:50])) == 50
    assert set(leads[50:]) <= set(leads[:50])
    assert len({one["id"] for one in activities}) == 250, "none is taken for a repeat"
    moments = [parse_moment(one["occurred_at"]) for one in activities]
    assert moments == sorted(moments)


def test_by_zipf_s_law_the_busiest_lead_is_far_busier() -> None:
    busy = Counter(one["lead_id"] for one in read(known(50, 5_000, 1.0))[50:])
    (_, first), (_, second) = busy.most_common(2)
    assert first > 1.5 * second
    assert first > 10 * min(busy.values())


def test_an_activity_is_meant_for_when_it_says_that_it_happened() -> None:
    pace = Pace(seed=7, rate=3_000, seconds=0.5, start=1_767_225_600_000)
    activities = read(pace.records())
    assert len(activities) == pace.activities == 1_500
    assert [pace.meant(one["id"]) for one in activities] == [
        parse_moment(one["occurred_at"]) for one in activities
    ]
    assert pace.meant("6-1") is None, "it is of the pace before"
    assert pace.end == pace.start + 500


def test_percentiles_are_of_what_was_seen_and_never_beyond_the_worst() -> None:
    found = percentiles("meant", [float(ms) for ms in range(1, 1_002)])
    assert found == {
        "meant_p50_ms": 501,
        "meant_p99_ms": 991,
        "meant_p999_ms": 1_000,
        "meant_worst_ms": 1_001,
    }
    assert set(percentiles("meant", [1.0]).values()) == {None}
