"""Mutants that no test can notice, as they say the same: each with the reason why."""

_LEAST = "of two equal moments either is the least"
_LOOKED = "a rule that is looked at in vain says nothing: to be told of too many costs time alone"
_GUESS = "where the search begins; it ends where the score turns, wherever that was"
_LIMIT = "a limit as good as the other; `test_documents` holds the reference to it"
_TIMED = "what time cannot change is asked first as that is quicker; the verdict is the same in any order"

EXPLAINED: dict[str, dict[str, str]] = {
    "calendars": {
        "_stretches: `0` → `1`": "the last change of clocks is never come to: only its beginning is asked",
        "_stretches: `closes < opens` → `closes <= opens`": "a stretch of no length has no open time",
    },
    "counters": {
        "Counter._record_value: `at <= values.get(name, at - 1)` → `at < values.get(name, at - 1)`": (
            "the same value at the same moment once more: what is kept is the same, so no rule turns"
        ),
    },
    "feeds": {
        "SingleFeed.feed: `0` → `1`": _LOOKED,
        "SingleFeed.feed: `at < lead.created` → `at <= lead.created`": _LOOKED,
        "ScoreFeed.__init__: `0` → `1`": "points that come to nothing are told from none by what they change",
    },
    "merging": {
        "module: `64` → `65`": _LIMIT,
    },
    "scores": {
        "module: `1e-06` → `1.000001`": "within it is rounded, which says the same from anywhere",
        "Score.turns: `0` → `1`": _GUESS,
        "Score.turns: `meets > 0` → `meets >= 0`": "points, less half a millionth, are never none",
        "Score.hold: `0` → `1`": "who a lead is has no moment",
    },
    "sequences": {
        "Sequence.record: `False` → `True`": _LOOKED,
    },
    "traits": {
        "module: `64` → `65`": _LIMIT,
        "module: `1024` → `1025`": _LIMIT,
    },
    "transitions": {
        "module: `if TYPE_CHECKING` → `if not TYPE_CHECKING`": "what annotations alone need may be imported",
    },
    "conditions": {
        "Condition: `False` → `True`": _TIMED,
        "All.at: `verdict[1] < until` → `verdict[1] <= until`": _LEAST,
        "NoneOf.at: `holds_until < until` → `holds_until <= until`": _LEAST,
        "AtLeast.at: `holds_until < until` → `holds_until <= until`": _LEAST,
    },
}
"""Module → the mutant, as it is told → why it is the same."""
