import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from schemas.decision import (
    ActivityCause,
    DueCause,
    Evidence,
    Place,
    Signal,
    SignalDocument,
    StageChange,
    StageChangeDocument,
    encode_decision,
)
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
    "occurred_at": "2026-01-01T00:00:00.000Z",
    "decided_at": "2026-01-01T00:00:00.001Z",
    "scores": {"s": 1.0},
    "source": None,
    "reason": "R",
    "evidence": [
        Evidence(condition="c", value=None),
        Evidence(condition="d", value={"n": [1]}, activity_id="x", occurred_at="2026-01-01T00:00:00.000Z"),
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
        {"cause": DueCause(due="2026-01-01T00:00:00.000Z", topic="t", partition=1, before_offset=3)},
        {"cause": DueCause(due="2026-01-01T00:00:00.000Z", before_line=3)},
        {"cause": ActivityCause(activity_id="x", line=3)},
    ],
)
def test_what_is_written_is_what_the_document_says(other: dict[str, Any]) -> None:
    written = encode_decision(StageChange(**CHANGE | other))
    document = StageChangeDocument.model_validate_json(written)
    assert json.loads(document.model_dump_json()) == json.loads(written)
    assert list(json.loads(document.model_dump_json())) == list(json.loads(written))


def test_a_signal_is_written_as_its_document_says() -> None:
    of_a_move = ("from_", "to", "direction", "rule", "previous_stage_seconds")
    members = {name: value for name, value in CHANGE.items() if name not in of_a_move}
    written = encode_decision(Signal(**members, n=2, signal="overdue", stage="b"))
    document = SignalDocument.model_validate_json(written)
    assert json.loads(document.model_dump_json()) == json.loads(written)
    assert list(json.loads(document.model_dump_json())) == list(json.loads(written))


def test_a_place_becomes_a_cause() -> None:
    place = Place(topic="t", partition=1, offset=5)
    assert place.of_activity("x") == ActivityCause(activity_id="x", topic="t", partition=1, offset=5)
    assert place.of_time(9) == DueCause("1970-01-01T00:00:00.009Z", "t", 1, before_offset=5)
    assert msgspec.to_builtins(Place(line=4).of_time(9)) == {
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
