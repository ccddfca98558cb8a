"""Funnels and streams of activities for the property tests.

A funnel comes as the mapping that its YAML says, valid by construction: its stages,
scores and definitions have fixed names, so that every reference finds its end, and
its circles can be turned only by what a lead does (but for some: see ``funnels``). A
stream is drawn as steps in time that like the edges: ties, windows met to the
millisecond or missed by one, late activities, repeats.

All strategies are made once, when this is imported: making them anew for each example
costs more than drawing from them.
"""

from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from schemas.activity import Activity
from schemas.funnel_file import parse_duration

PATH = ["lead", "mql", "sql"]
OFF_PATH = ["recycled", "lost"]
DURATIONS = ["1h", "1d", "3d", "7d"]
TYPES = ["opened", "demo", "deal"]
TYPES_THAT_HAPPEN = [*TYPES, "identified", "grouped", "known_to_no_rule"]
SOURCES = ["search", "Event ", None]
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
MAX_LEADS = 3

Json = dict[str, Any]
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _mapping(required: Json | None = None, /, **optional: SearchStrategy[Any]) -> SearchStrategy[Json]:
    return st.fixed_dictionaries(required or {}, optional=optional)


def _tagged(key: str, values: SearchStrategy[Any]) -> SearchStrategy[Json]:
    return values.map(lambda value: {key: value})


# Values ----------------------------------------------------------------------------------------------

words = st.sampled_from(["acme", "Head of Sales", "the VP.", "vpn", "7", " 7.50", ""])
numbers = st.sampled_from([0, 7, 7.5, 50, -1])
scalars = st.one_of(words, numbers, st.booleans())
values = st.one_of(
    scalars, st.none(), st.lists(st.one_of(words, numbers), max_size=3), st.just({"in": {"deep": 7}})
)

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

durations = st.sampled_from(DURATIONS)
types = st.one_of(
    st.sampled_from(TYPES), st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True)
)
_where = _mapping(**{"p": _tests, "q.r": _tests})
_trait_paths = st.sampled_from(["title", "company.size", "company", "company.in.deep"])
trait_tests = st.tuples(_trait_paths, operators).map(lambda pair: {"trait": pair[0]} | pair[1])
has = _tagged("has", st.one_of(_trait_paths, st.lists(_trait_paths, min_size=1, max_size=2, unique=True)))
_counts = {"where": _where, "source": _tests, "times": st.integers(1, 3), "within": durations}
did = st.one_of(
    _mapping({"did": types}, within=durations),
    _mapping({"did": types}, times=st.integers(1, 3), within=durations, since=st.just("entry")),
    _mapping({"did": types}, **_counts, since=st.just("entry"), distinct=st.just("k")),
)
_thresholds = st.sampled_from([-5, 0, 2.5, 5, 7.5, 10, 20])
_score_names = st.sampled_from(["engagement", "fit"])
score_is = st.one_of(
    _mapping({"score": _score_names, "at_least": _thresholds}),
    _mapping({"score": _score_names, "below": _thresholds}),
    _mapping({"score": _score_names, "between": st.sampled_from([[0, 5], [2.5, 10], [7.5, 7.5]])}),
)
in_stage = _tagged("in_stage", durations)
quiet = _tagged(
    "quiet",
    st.one_of(durations, _mapping({"for": durations}, of=st.one_of(types, st.just("identified")))),
)
visited = _tagged("visited", st.sampled_from([*PATH, *OFF_PATH]))

leaves_on_traits = st.one_of(trait_tests, has)
leaves = st.one_of(did, did, score_is, score_is, in_stage, quiet, visited, leaves_on_traits)


def _combined(parts: SearchStrategy[Json]) -> SearchStrategy[Json]:
    lists = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        _tagged("all", lists),
        _tagged("any", lists),
        _tagged("none", lists),
        lists.flatmap(lambda of: st.integers(1, len(of)).map(lambda k: {"at_least": k, "of": of})),
    )


conditions_on_traits = st.one_of(leaves_on_traits, st.just({"use": "known"}), _combined(leaves_on_traits))
_flat = st.one_of(leaves, st.sampled_from([{"use": "known"}, {"use": "named"}]))
conditions = st.one_of(_flat, leaves, _combined(_flat), _combined(st.one_of(_flat, _combined(_flat))))

# Scores ----------------------------------------------------------------------------------------------

_adds = st.sampled_from([1, 2.5, 5, 10, 0.1, -4])
_on_line = _mapping({"on": types, "add": _adds}, where=_where, source=_tests)


_rooms = st.sampled_from([0.5, 1, 1.5, 3])
_pers = st.one_of(st.none(), durations)


def _bounded(line: Json, rooms: tuple[float, str | None]) -> Json:
    room, per = rooms
    return line | {"at_most": abs(line["add"]) * room} | ({"per": per} if per else {})


on_lines = st.one_of(
    _on_line,
    st.builds(_bounded, _on_line, st.tuples(_rooms, _pers)),
)
if_lines = _mapping({"if": conditions_on_traits, "add": _adds})
scores = _mapping(
    {"points": st.lists(st.one_of(on_lines, on_lines, if_lines), min_size=1, max_size=3)},
    half_life=durations,
    limits=st.sampled_from([[0, 10], [0, 100], [-5, 20]]),
)

# For a closer look at scores and at time alone: next to nothing else plays a part.
_plain_line = _mapping({"on": types, "add": _adds})
_plain_lines = st.one_of(_plain_line, st.builds(_bounded, _plain_line, st.tuples(_rooms, _pers)))
plain_scores = _mapping(
    {"points": st.lists(st.one_of(_plain_lines, _plain_lines, if_lines), min_size=1, max_size=3)},
    half_life=durations,
    limits=st.sampled_from([[0, 10], [-5, 20]]),
)
scored_conditions = st.one_of(score_is, score_is, _combined(score_is))
_timely = st.one_of(_mapping({"did": types, "within": durations}, times=st.integers(1, 2)), in_stage, quiet)
timely_conditions = st.one_of(_timely, _combined(_timely))
_returns: SearchStrategy[Any] = st.tuples(
    st.one_of(_mapping({"did": types}), score_is),
    st.lists(_timely, min_size=2, max_size=3).map(lambda parts: {"any": parts}),
).map(
    lambda whens: [
        ({"to": "mql"}, whens[0], {}, True),
        ({"to": "lead", "from": "mql"}, whens[1], {}, True),
    ]
)

# Funnels ---------------------------------------------------------------------------------------------

_RANK = {stage: rank for rank, stage in enumerate([*PATH, *OFF_PATH])}
_moves: SearchStrategy[Json] = st.one_of(
    # to, and a `from` that the language takes with it
    st.sampled_from(
        [
            {"to": "mql"},
            {"to": "sql"},
            {"to": "mql", "from": "earlier"},
            {"to": "sql", "from": "earlier"},
            {"to": "recycled", "from": ["mql", "sql"]},
            {"to": "mql", "from": "recycled"},
            {"to": "lead", "from": ["mql", "recycled"]},
            {"to": "mql", "from": ["lead", "sql"]},
            {"to": "mql", "from": "any"},
            {"to": "recycled", "from": "any"},
        ]
    ),
    st.tuples(
        st.sampled_from(sorted(_RANK)), st.lists(st.sampled_from(sorted(_RANK)), min_size=1, unique=True)
    )
    .map(lambda pair: {"to": pair[0], "from": [stage for stage in pair[1] if stage != pair[0]]})
    .filter(lambda move: bool(move["from"])),
)
_by_what_it_does = _mapping(
    {"did": types, "since": st.just("entry")}, within=durations, times=st.integers(1, 2)
)
_finals = st.sampled_from([[], [], ["sql"], ["lost"], ["sql", "lost"]])


def _transitions(when: SearchStrategy[Json]) -> SearchStrategy[Any]:
    return st.lists(st.tuples(_moves, when, _by_what_it_does, st.booleans()), min_size=3, max_size=6)


@st.composite
def funnels(
    draw: st.DrawFn,
    rules: SearchStrategy[Any],
    scored: SearchStrategy[Json] = scores,
    guards: tuple[str | None, ...] = ("down", "down", "up", "up", None),
) -> Json:
    """A funnel file as the mapping that its YAML says, with these rules."""
    final = draw(_finals)
    # Every circle has a step down this order and one up it. Where one of the two kinds is taken
    # only by what a lead does in its stay, time alone turns no circle. Left to itself, now and
    # then, a funnel may have one that the loader refuses.
    guarded = draw(st.sampled_from(guards))
    transitions = []
    for number, (move, when, did_it, both) in enumerate(draw(rules), start=1):
        transition = {**move}
        if isinstance(transition.get("from"), list):
            transition["from"] = [stage for stage in transition["from"] if stage not in final]
            if not transition["from"]:
                continue
        if guarded is not None and _goes(transition, final, down=guarded == "down"):
            when = {"all": [did_it, when]} if both else did_it
        transitions.append({"name": f"rule-{number}"} | transition | {"when": when})
    if not transitions:
        transitions = [{"to": PATH[1], "when": draw(conditions)}]
    return {
        "funnel": "drawn",
        "stages": PATH,
        "off_path": OFF_PATH,
        "final": final,
        "define": {"known": draw(leaves_on_traits), "named": draw(st.one_of(leaves, _combined(leaves)))},
        "scores": {"engagement": draw(scored), "fit": draw(scored)},
        "transitions": transitions,
    }


def _goes(transition: Json, final: list[str], *, down: bool) -> bool:
    """Whether one of a transition's steps goes down the order of the stages (or, not ``down``, up it)."""
    to, from_ = transition["to"], transition.get("from")
    if from_ is None or from_ == "earlier":
        return not down
    stages = (
        [stage for stage in _RANK if stage not in final]
        if from_ == "any"
        else [from_]
        if isinstance(from_, str)
        else from_
    )
    return any((_RANK[stage] > _RANK[to]) == down for stage in stages if stage != to)


# Streams ---------------------------------------------------------------------------------------------

_edges = st.builds(
    lambda duration, off: parse_duration(duration) + off, durations, st.sampled_from([0, 0, -1, 1])
)
_forward = st.one_of(
    st.sampled_from([0, 0, 1, 60_000, 1_800_000]),
    _edges,
    st.builds(lambda one, two: one + two, _edges, _edges),
)
_back = st.one_of(st.just(1), _edges)
# Ready-made, as one draw is cheaper than ten; the operators have a property of their own.
_properties = st.sampled_from(
    [
        {},
        {},
        {"p": "acme", "k": "a"},
        {"p": " ACME", "k": " A", "q": {"r": 7}},
        {"p": 7, "k": 1},
        {"p": "7", "k": "1", "q": {"r": None}},
        {"p": 50, "k": True, "q": {"r": "Head of Sales"}},
        {"p": None, "k": None},
        {"p": ["vpn", 7], "k": "b", "q": {"r": ["the VP.", 50]}},
        {"p": {"r": 7}, "k": "", "q": 7},
        {"p": False, "k": 2, "q": {"r": False}},
    ]
)
_traits = st.sampled_from(
    [
        {},
        {},
        {},
        {"title": "Head of Sales"},
        {"title": "the VP.", "company": {"size": 50}},
        {"title": None},
        {"title": ""},
        {"title": ["acme", 7]},
        {"company": {"size": 7}},
        {"company": {"size": "50", "in": {"deep": "acme"}}},
        {"company": {"in": {"deep": 7}}},
        {"company": {"in": {"deep": None}}},
        {"company": {"size": None}},
        # `company` is an object, mostly: now and then something else takes its place.
        {"company": None},
        {"company": "acme"},
        {"company": {"in": 50}},
        {"company": {}},
    ]
)
_new = st.tuples(
    st.sampled_from([*TYPES, *TYPES, *TYPES_THAT_HAPPEN]), _properties, _traits, st.sampled_from(SOURCES)
)
_leads = st.sampled_from([0, 0, 0, 0, 1, 2])
_steps = st.one_of(
    st.tuples(st.just("forward"), _leads, _forward, _new),
    st.tuples(st.just("forward"), _leads, _forward, _new),
    st.tuples(st.just("late"), _leads, _back, _new),
    st.tuples(st.just("repeat"), _leads, _forward, st.sampled_from([1, 1, 2, 31, 32, 33])),
)
_many_steps = st.lists(_steps, min_size=6, max_size=30)


def _activities(steps: list[tuple[str, int, int, Any]], crowd: int) -> list[Activity]:
    """The activities that these steps make; ``crowd`` more of a type no rule knows stand before them."""
    now, made = (
        START,
        [Activity(f"crowd-{number}", "lead-0", "known_to_no_rule", START) for number in range(crowd)],
    )
    for number, (kind, lead_number, gap, what) in enumerate(steps):
        lead = f"lead-{lead_number}"
        now += 0 if kind == "late" else gap
        if kind == "repeat":
            of_the_lead = [one for one in made if one.lead_id == lead]
            if len(of_the_lead) < what:
                continue
            first = of_the_lead[-what]
            made.append(
                Activity(first.id, lead, first.type, now, first.properties, first.traits, first.source)
            )
        else:
            type_, properties, traits, source = what
            at = now - gap if kind == "late" else now
            made.append(Activity(f"activity-{number}", lead, type_, at, properties, traits, source))
    return made


streams = st.builds(_activities, _many_steps, st.sampled_from([0, 0, 0, 0, 0, 31]))
"""Activities of up to three leads, in the order in which they arrive."""

# One lead, most of whose activities score, ever again at the edge of a duration.
_scoring: SearchStrategy[Any] = st.tuples(
    st.sampled_from([*TYPES, "identified"]), st.just({}), _traits, st.none()
)
_scoring_steps = st.one_of(
    st.tuples(st.just("forward"), st.just(0), _forward, _scoring),
    st.tuples(st.just("forward"), st.just(0), _edges, _scoring),
    st.tuples(st.just("late"), st.just(0), _back, _scoring),
)
scoring_streams = st.builds(_activities, st.lists(_scoring_steps, min_size=4, max_size=20), st.just(0))


@dataclass(frozen=True)
class Case:
    """A funnel's YAML, and activities in the order in which they arrive."""

    text: str
    activities: list[Activity]

    def __repr__(self) -> str:
        """What went wrong, as one would like to read it."""
        return "\n".join(["", self.text, *map(str, self.activities)])


@st.composite
def _cases(draw: st.DrawFn, drawn: SearchStrategy[Json], stream: SearchStrategy[list[Activity]]) -> Case:
    return Case(yaml.dump(draw(drawn), Dumper=_Dumper, sort_keys=False), draw(stream))


general_cases = _cases(funnels(_transitions(conditions)), streams)
"""A funnel of every kind of condition, and a stream to run it on."""
scored_cases = _cases(funnels(_transitions(scored_conditions), plain_scores), scoring_streams)
"""Rules on scores: bounds, half-lives, points to the millisecond."""
timely_cases = _cases(funnels(_transitions(timely_conditions), plain_scores), scoring_streams)
"""Rules that time alone turns, both ways."""
returning_cases = _cases(funnels(_returns, plain_scores, (None,)), scoring_streams)
"""Leads that go forth and back, and rules that are passed over and let in again."""
cases = st.one_of(general_cases, general_cases, scored_cases, timely_cases, returning_cases)
