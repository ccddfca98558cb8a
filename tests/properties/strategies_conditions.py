"""Conditions and scores to draw from, as a funnel file writes them; see ``strategies``.

All strategies are made once, when this is imported: making them anew for each example
costs more than drawing from them.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

PATH = ["lead", "mql", "sql"]
OFF_PATH = ["recycled", "lost"]
DURATIONS = ["1h", "1d", "3d", "7d"]
BUSINESS_DURATIONS = ["1bh", "4bh", "8bh", "40bh"]
TYPES = ["opened", "demo", "deal"]
OFFICE = "mon-fri 09:00-17:00"
CALENDARS: list[dict[str, Any]] = [
    {"hours": OFFICE},
    {"hours": "mon-sun 00:00-24:00"},
    {"zone": "Europe/Oslo", "hours": OFFICE, "holidays": ["2026-01-01", "2026-01-02", "2026-04-03"]},
    {"zone": "Europe/Oslo", "hours": "mon-fri 09:00-12:00, mon-thu 13:00-17:00, sat 10:00-14:00"},
    {"zone": "Europe/Oslo", "hours": "sat-sun 01:30-02:45, mon-fri 22:00-24:00, tue-fri 00:00-04:00"},
    {"zone": "America/New_York", "hours": "sun-thu 08:30-16:15, fri 00:00-24:00", "holidays": ["2026-01-09"]},
    {"zone": "Africa/Casablanca", "hours": "sun 00:00-12:00, mon 06:00-24:00", "holidays": ["2026-02-15"]},
    {"zone": "Asia/Kolkata", "hours": "mon-sat 10:00-18:30", "holidays": ["2026-01-26", "2026-01-03"]},
    {"zone": "Australia/Lord_Howe", "hours": "sun 01:00-03:00, mon-fri 00:15-08:45"},
    {"zone": "Pacific/Chatham", "hours": "mon-sun 02:30-06:00", "holidays": ["2026-04-05", "2026-09-27"]},
]
"""Clocks that are changed while it is open, also by half an hour, and on a holiday; lunch; nights."""

Json = dict[str, Any]


def mapping(required: Json | None = None, /, **optional: SearchStrategy[Any]) -> SearchStrategy[Json]:
    """Mappings with these keys, and each of the optional ones now and then."""
    return st.fixed_dictionaries(required or {}, optional=optional)


def _tagged(key: str, values: SearchStrategy[Any]) -> SearchStrategy[Json]:
    return values.map(lambda value: {key: value})


# Values ----------------------------------------------------------------------------------------------

words = st.sampled_from(["acme", "Head of Sales", "the VP.", "vpn", "7", " 7.50", ""])
numbers = st.sampled_from([0, 7, 7.5, 50, -1])
scalars = st.one_of(words, numbers, st.booleans())

_bounds = st.sampled_from([0, 7, 7.5, 50, "7", "b"])
_pairs = st.sampled_from([[0, 7], [7, 50], [7.5, 7.5], ["a", "m"]])
_parts_of_text = st.sampled_from(["a", "ACME", "head", "vp", "sales"])
OPERATORS: dict[str, SearchStrategy[Any]] = {
    "is": scalars,
    "is_not": scalars,
    "in": st.lists(scalars, min_size=1, max_size=3),
    "not_in": st.lists(scalars, min_size=1, max_size=3),
    "above": _bounds,
    "at_least": _bounds,
    "below": _bounds,
    "at_most": _bounds,
    "between": _pairs,
    "matches": st.sampled_from(["^a", "[0-9]", "VP|Head", "^$"]),
    "has_word": st.one_of(_parts_of_text, st.lists(_parts_of_text, min_size=1, max_size=2)),
    "starts_with": _parts_of_text,
    "ends_with": _parts_of_text,
    "contains": _parts_of_text,
    "exists": st.booleans(),
}
_one_operator = st.sampled_from(sorted(OPERATORS)).flatmap(lambda name: _tagged(name, OPERATORS[name]))
operators = st.one_of(
    _one_operator, st.tuples(_one_operator, _one_operator).map(lambda pair: pair[0] | pair[1])
)
_tests = st.one_of(operators, scalars, st.lists(scalars, min_size=1, max_size=2))

# Conditions ------------------------------------------------------------------------------------------

elapsed = st.sampled_from(DURATIONS)
durations = st.one_of(elapsed, elapsed, st.sampled_from(BUSINESS_DURATIONS))
calendars = st.sampled_from(CALENDARS)
types = st.one_of(
    st.sampled_from(TYPES), st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True)
)
_where = mapping(**{"p": _tests, "q.r": _tests})
_trait_paths = st.sampled_from(["title", "company.size", "company", "company.in.deep"])
trait_tests = st.tuples(_trait_paths, operators).map(lambda pair: {"trait": pair[0]} | pair[1])
has = _tagged("has", st.one_of(_trait_paths, st.lists(_trait_paths, min_size=1, max_size=2, unique=True)))
_counts = {"where": _where, "source": _tests, "times": st.integers(1, 3), "within": durations}
did = st.one_of(
    mapping({"did": types}, within=durations),
    mapping({"did": types}, times=st.integers(1, 3), within=durations, since=st.just("entry")),
    mapping({"did": types}, **_counts, since=st.just("entry"), distinct=st.just("k")),
)
sum_is = st.one_of(
    mapping({"sum": st.just("q.r"), "of": st.just("demo"), "at_least": st.just(7)}, within=durations),
    st.builds(
        lambda of, at_least, rest: {"sum": "p", "of": of, "at_least": at_least} | rest,
        types,
        st.sampled_from([7, 7.5, 50, 57, 100]),
        mapping(within=durations, since=st.just("entry"), source=_tests, where=_where),
    ),
)
_steps = st.one_of(types, types, mapping({"did": types}, where=_where, source=_tests))
sequence = mapping(
    {"sequence": st.lists(_steps, min_size=2, max_size=3)},
    span=durations,
    within=durations,
    since=st.just("entry"),
)
_thresholds = st.sampled_from([-5, -1.5, 0, 2.5, 5, 7.5, 10, 20])
_score_names = st.sampled_from(["engagement", "fit"])
score_is = st.one_of(
    mapping({"score": _score_names, "at_least": _thresholds}),
    mapping({"score": _score_names, "below": _thresholds}),
    mapping({"score": _score_names, "between": st.sampled_from([[0, 5], [2.5, 10], [7.5, 7.5]])}),
)
in_stage = _tagged("in_stage", durations)
quiet = _tagged(
    "quiet",
    st.one_of(durations, mapping({"for": durations}, of=st.one_of(types, st.just("identified")))),
)
visited = _tagged("visited", st.sampled_from([*PATH, *OFF_PATH]))

leaves_on_traits = st.one_of(trait_tests, has)
leaves = st.one_of(did, did, sum_is, sequence, score_is, score_is, in_stage, quiet, visited, leaves_on_traits)


def combined(parts: SearchStrategy[Json]) -> SearchStrategy[Json]:
    """`all`, `any`, `none` and `at_least` of these."""
    lists = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        _tagged("all", lists),
        _tagged("any", lists),
        _tagged("none", lists),
        lists.flatmap(lambda of: st.integers(1, len(of)).map(lambda k: {"at_least": k, "of": of})),
    )


conditions_on_traits = st.one_of(leaves_on_traits, st.just({"use": "known"}), combined(leaves_on_traits))
_flat = st.one_of(leaves, st.sampled_from([{"use": "known"}, {"use": "named"}]))
conditions = st.one_of(_flat, leaves, combined(_flat), combined(st.one_of(_flat, combined(_flat))))

# Scores ----------------------------------------------------------------------------------------------

_adds = st.sampled_from([1, 2.5, 5, 10, 0.1, -4])
_on_line = mapping({"on": types, "add": _adds}, where=_where, source=_tests)
_rooms = st.sampled_from([0.5, 1, 1.5, 3])
_pers = st.one_of(st.none(), durations)


def _bounded(line: Json, rooms: tuple[float, str | None]) -> Json:
    room, per = rooms
    return line | {"at_most": abs(line["add"]) * room} | ({"per": per} if per else {})


on_lines = st.one_of(
    _on_line,
    st.builds(_bounded, _on_line, st.tuples(_rooms, _pers)),
)
if_lines = mapping({"if": conditions_on_traits, "add": _adds})
scores = mapping(
    {"points": st.lists(st.one_of(on_lines, on_lines, if_lines), min_size=1, max_size=3)},
    half_life=elapsed,
    limits=st.sampled_from([[0, 10], [0, 100], [-5, 20]]),
)

# For a closer look at scores and at time alone: next to nothing else plays a part.
_plain_line = mapping({"on": types, "add": _adds})
_plain_lines = st.one_of(_plain_line, st.builds(_bounded, _plain_line, st.tuples(_rooms, _pers)))
plain_scores = mapping(
    {"points": st.lists(st.one_of(_plain_lines, _plain_lines, if_lines), min_size=1, max_size=3)},
    half_life=elapsed,
    limits=st.sampled_from([[0, 10], [-5, 20]]),
)
scored_conditions = st.one_of(score_is, score_is, combined(score_is))
timely = st.one_of(mapping({"did": types, "within": durations}, times=st.integers(1, 2)), in_stage, quiet)
timely_conditions = st.one_of(timely, combined(timely))
