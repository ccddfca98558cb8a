import json
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.decision import ActivityCause, DueCause, Evidence, Place, StageChange, encode_stage_change
from schemas.moments import LAST_MOMENT, format_moment, parse_moment
from tests.unit.story import START

CHANGE: dict[str, Any] = {
    "id": "i",
    "lead_id": 'a "from_": ø',
    "seq": 2,
    "funnel": "f",
    "funnel_hash": "h",
    "from_": "a",
    "to": "b",
    "direction": "forward",
    "rule": "to-b",
    "late": False,
    "occurred_at": START,
    "decided_at": START + 1,
    "scores": {"s": 1.0},
    "source": None,
    "reason": "R",
    "evidence": [
        Evidence(condition="c", value=None),
        Evidence(condition="d", value={"n": [1]}, activity_id="x", occurred_at=START),
    ],
    "previous_stage_seconds": 1.5,
    "cause": ActivityCause(activity_id="x", topic="t", partition=0, offset=7),
}


@pytest.mark.parametrize(
    "other",
    [
        {},
        {
            "from_": None,
            "previous_stage_seconds": None,
            "evidence": [],
            "source": "s",
            "direction": "created",
        },
        {"cause": DueCause(due=START, topic="t", partition=1, before_offset=3)},
        {"cause": DueCause(due=START, before_line=3)},
        {"cause": ActivityCause(activity_id="x", line=3)},
    ],
)
def test_the_fast_way_writes_what_the_model_writes(other: dict[str, Any]) -> None:
    change = StageChange(**CHANGE | other)
    written = encode_stage_change(change)
    assert json.loads(written) == json.loads(change.model_dump_json())
    assert list(json.loads(written)) == list(json.loads(change.model_dump_json()))


def test_what_is_made_unlooked_at_is_what_is_made_with_care() -> None:
    made, careful = StageChange.of(**CHANGE), StageChange(**CHANGE)
    assert made == careful
    assert made.model_dump_json() == careful.model_dump_json()
    assert made.model_copy(update={"seq": 3}).seq == 3
    assert repr(made) == repr(careful)


def test_a_place_becomes_a_cause() -> None:
    place = Place(topic="t", partition=1, offset=5)
    assert place.of_activity("x") == ActivityCause(activity_id="x", topic="t", partition=1, offset=5)
    assert place.of_time(9) == DueCause(due=9, topic="t", partition=1, before_offset=5)
    assert Place(line=4).of_time(9).model_dump(mode="json") == {
        "due": "1970-01-01T00:00:00.009Z",
        "before_line": 4,
    }


@pytest.mark.parametrize(
    "at", [0, -1, 1, 999, START, START + 86_399_999, 951_782_400_000, -62_135_596_800_000, LAST_MOMENT]
)
def test_a_moment_is_written_to_the_millisecond(at: int) -> None:
    moment = datetime.fromtimestamp(at // 1000, UTC)
    assert format_moment(at) == moment.strftime("%Y-%m-%dT%H:%M:%S").zfill(19) + f".{at % 1000:03d}Z"
    assert parse_moment(format_moment(at)) == at
