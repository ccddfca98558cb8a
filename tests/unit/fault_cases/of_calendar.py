"""Faults of business hours: which they are, and where they can be asked for."""

from tests.unit.fault_cases.case import Case, calendar, points, rules, scores, when

_NEEDED = "`4bh` needs a `calendar`"
_ADD_ONE = "add one: calendar: {zone: Europe/Oslo, hours: mon-fri 09:00-17:00}"
_TIMES = "a pattern does not compare times"
_HOURS = "hours: mon 09:00-17:00"

CASES = [
    *(
        Case("calendar-needed", text, _NEEDED, _ADD_ONE)
        for text in (
            when("{in_stage: ▸4bh}"),
            when("{none: [{quiet: ▸4bh}]}"),
            when("{quiet: {for: ▸4bh, of: x}}"),
            when("{did: x, within: ▸4bh}"),
            when("{sum: x, of: y, at_least: 1, within: ▸4bh}"),
            when("{sequence: [x, y], span: ▸4bh}"),
            rules("{to: mql, when: {did: x}, again_after: ▸4bh}"),
            points("{on: x, add: 1, at_most: 2, per: ▸4bh}"),
        )
    ),
    Case(
        "business-half-life",
        scores("half_life: ▸4bh", "points: [{on: x, add: 1}]"),
        "`half_life`: points decay by night too, so a half-life is no business hours: write 30d",
    ),
    Case("missing-key", calendar("zone: UTC").replace("{zone", "▸{zone"), "`hours` is missing here"),
    Case(
        "unknown-key",
        calendar(f"{_HOURS}, ▸tz: UTC"),
        "unknown key `tz`",
        "known here: zone, hours, holidays",
    ),
    *(
        Case(
            "unknown-zone",
            calendar(f"zone: ▸{zone}, {_HOURS}"),
            f"unknown time zone `{zone}`",
            hint,
        )
        for zone, hint in (
            ("Europe/Olso", "did you mean `Europe/Oslo`?"),
            ("europe/oslo", "did you mean `Europe/Oslo`?"),
            ("oslo", "did you mean `Europe/Oslo`?"),
            ("../../etc/passwd", "zones are named such as Europe/Oslo, or UTC"),
        )
    ),
    *(
        Case(
            "bad-hours",
            calendar(f"hours: ▸'{hours}'"),
            f"`hours`: `{wrong}` is not days and times such as mon-fri 09:00-17:00 or sat 10:00-14:00",
        )
        for hours, wrong in (
            ("9-17", "9-17"),
            ("mon-fri 09:00-17:00, sat 9:00-12:00", "sat 9:00-12:00"),
            ("mon-fri", "mon-fri"),
        )
    ),
    Case(
        "bad-hours",
        calendar("hours: ▸mon-fry 09:00-17:00"),
        "`hours`: `mon-fry 09:00-17:00` names no day `fry`: they are mon, tue, wed, thu, fri, sat, sun",
        beyond_schema="the pattern takes any word for a day, to stay short",
    ),
    *(
        Case(
            "bad-hours",
            calendar(f"hours: ▸mon {hours}"),
            f"`hours`: `mon {hours}` has no time of day `{wrong}`: they are 00:00 to 24:00",
            beyond_schema=_TIMES,
        )
        for hours, wrong in (("09:00-17:60", "17:60"), ("09:00-24:01", "24:01"), ("25:00-26:00", "25:00"))
    ),
    *(
        Case(
            "bad-hours",
            calendar(f"hours: ▸mon {hours}"),
            f"`hours`: `mon {hours}` ends before it begins: over midnight it takes two ranges, "
            "…-24:00 and 00:00-…",
            beyond_schema=_TIMES,
        )
        for hours in ("22:00-06:00", "09:00-09:00")
    ),
    Case(
        "bad-hours",
        calendar("hours: ▸'mon-wed 09:00-17:00, fri-mon 16:59-18:00, tue 8-9'"),
        "`hours`: `fri-mon 16:59-18:00` overlaps `mon-wed 09:00-17:00`; `tue 8-9` is not days and times "
        "such as mon-fri 09:00-17:00 or sat 10:00-14:00",
    ),
    Case(
        "bad-hours",
        calendar("hours: ▸'mon-fri 09:00-17:00, fri 16:00-18:00'"),
        "`hours`: `fri 16:00-18:00` overlaps `mon-fri 09:00-17:00`",
        beyond_schema=_TIMES,
    ),
    Case(
        "no-open-hours",
        calendar("hours: ▸' '"),
        "`hours`: no hour is open; write such as mon-fri 09:00-17:00",
    ),
    Case("wrong-type", calendar("hours: ▸9"), "`hours`: text such as mon-fri 09:00-17:00 is needed here"),
    *(
        Case(
            "bad-holiday",
            calendar(f"{_HOURS}, holidays: [▸{day}]"),
            f"`holidays`: `{day}` is no date such as 2026-12-25",
            beyond_schema=beyond,
        )
        for day, beyond in (("2026-02-29", "which days a month has"), ("25.12.2026", ""))
    ),
    Case(
        "wrong-type",
        calendar(f"{_HOURS}, holidays: [▸2026]"),
        "`holidays`: a date such as 2026-12-25 is needed here",
    ),
    Case(
        "duplicate-holiday",
        calendar(f"{_HOURS}, holidays: [2026-12-25, ▸2026-12-25]"),
        "the holiday 2026-12-25 is named twice (first at 7:47)",
        "keep one of them",
    ),
]
