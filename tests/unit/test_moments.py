"""Moments: RFC 3339 and nothing else in, UTC with milliseconds out."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.moments import DAY, format_moment, parse_moment

NOON = 1_769_860_800_000  # 2026-01-31T12:00:00Z


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31T12:00:00.007Z", NOON + 7),
        ("2026-01-31T12:00:00.5Z", NOON + 500),
        ("2026-01-31T12:00:00.0079999999Z", NOON + 7),
        ("2026-01-31t12:00:00z", NOON),
        ("2026-01-31 12:00:00Z", NOON),
        ("2026-01-31T13:30:00+01:30", NOON),
        ("2026-01-31T12:00:00-00:00", NOON),
        ("1969-12-31T23:59:59.999Z", -1),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000),
    ],
)
def test_rfc_3339_is_read(text: str, expected: int) -> None:
    assert parse_moment(text) == expected


@pytest.mark.parametrize("text", ["2026-01-31T12:00:00", "2026-01-31 12:00:00.5"])
def test_a_moment_without_an_offset_is_told_so(text: str) -> None:
    with pytest.raises(ValueError, match="does not say its offset"):
        parse_moment(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-01-31",
        "2026-01-31T12:00Z",
        "2026-01-31T12:00+01:00",
        "2026-01-31T12:00:00,5Z",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00+0100",
        "2026-01-31T12:00:00+01",
        "2026-01-31T12:00:00+01:00:30",
        "2026-01-31T12:00:00+01:60",
        "2026-W05-6T12:00:00Z",
        "20260131T120000Z",
        "2026-01-31T12:00:00Z ",
        "2026-01-31T12:00: 0Z",
        "\u0662026-01-31T12:00:00Z",
    ],
)
def test_what_is_not_rfc_3339_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an RFC 3339 date-time"):
        parse_moment(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T12:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T12:60:00Z",
        "2026-01-31T12:00:60Z",
        "2026-01-31T12:00:00+24:00",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ],
)
def test_what_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a moment that exists"):
        parse_moment(text)


@given(st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)), st.integers(-1439, 1439))  # noqa: DTZ001
def test_parsing_agrees_with_the_standard_library(moment: datetime, offset: int) -> None:
    moment = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    epoch = datetime.fromisoformat("1970-01-01T00:00:00Z")
    assert parse_moment(moment.isoformat()) == (moment - epoch) // timedelta(milliseconds=1)


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_what_goes_out_comes_in_again(at: int) -> None:
    assert parse_moment(format_moment(at)) == at


def test_midnight_before_the_epoch_is_written_right() -> None:
    assert format_moment(-DAY - 1) == "1969-12-30T23:59:59.999Z"
