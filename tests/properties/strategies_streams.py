"""Streams of activities to draw from; see ``strategies``.

A stream is drawn as steps in time that like the edges: ties, windows met to the
millisecond or missed by one, late activities, repeats.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from schemas.activity import Activity
from schemas.durations import parse_elapsed
from tests.properties.strategies_conditions import TYPES, elapsed

TYPES_THAT_HAPPEN = [*TYPES, "identified", "grouped", "known_to_no_rule"]
SOURCES = ["search", "Event ", None]
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
MAX_LEADS = 3

_edges = st.builds(
    lambda duration, off: parse_elapsed(duration) + off, elapsed, st.sampled_from([0, 0, -1, 1])
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
_done = st.tuples(
    st.sampled_from([*TYPES, *TYPES, *TYPES_THAT_HAPPEN]), _properties, _traits, st.sampled_from(SOURCES)
)
_assigned: SearchStrategy[Any] = st.tuples(
    st.just("stage_assigned"),
    st.sampled_from(
        [
            {"to": "lead"},
            {"to": "mql"},
            {"to": "mql", "hold": "1h"},
            {"to": "sql", "hold": "1d"},
            {"to": "recycled", "hold": "3d"},
            {"to": "lost"},
            {"to": "nowhere"},
        ]
    ),
    _traits,
    st.sampled_from(SOURCES),
)
_new = st.sampled_from([_done] * 12 + [_assigned]).flatmap(lambda what: what)
_merged: SearchStrategy[Any] = st.tuples(
    st.just("lead_merged"),
    st.sampled_from([{"into": f"lead-{number}"} for number in range(MAX_LEADS + 1)]),
    _traits,
    st.sampled_from(SOURCES),
)
_erased: SearchStrategy[Any] = st.tuples(
    st.just("lead_erased"), st.sampled_from([{}, {}, {"suppress": True}]), st.just({}), st.none()
)
_new_or_departed = st.sampled_from(
    [_done] * 13 + [_assigned, _assigned, _merged, _merged, _merged, _merged, _erased]
).flatmap(lambda what: what)
_leads = st.sampled_from([0, 0, 0, 0, 1, 2])


def _many_steps(leads: SearchStrategy[int], new: SearchStrategy[Any]) -> SearchStrategy[Any]:
    steps = st.one_of(
        st.tuples(st.just("forward"), leads, _forward, new),
        st.tuples(st.just("forward"), leads, _forward, new),
        st.tuples(st.just("late"), leads, _back, new),
        st.tuples(st.just("repeat"), leads, _forward, st.sampled_from([1, 1, 2, 31, 32, 33])),
    )
    return st.lists(steps, min_size=6, max_size=30)


def _activities(steps: list[tuple[str, int, int, Any]], crowd: int) -> list[Activity]:
    """The activities that these steps make; ``crowd`` more of a type no rule knows stand before them."""
    now = START
    made = [Activity(f"crowd-{number}", "lead-0", "known_to_no_rule", now) for number in range(crowd)]
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


_crowds = st.sampled_from([0, 0, 0, 0, 0, 31])
streams = st.builds(_activities, _many_steps(_leads, _new), _crowds)
"""Activities of up to three leads, in the order in which they arrive."""
departing_streams = st.builds(
    _activities, _many_steps(st.sampled_from([0, 0, 1, 1, 2]), _new_or_departed), _crowds
)
"""The same of leads that are merged into each other, and erased."""

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
"""The same of one lead that does next to nothing but score."""
assigned_streams = st.builds(
    _activities,
    st.lists(
        st.one_of(
            _scoring_steps, _scoring_steps, st.tuples(st.just("forward"), st.just(0), _forward, _assigned)
        ),
        min_size=4,
        max_size=20,
    ),
    st.just(0),
)
"""The same of one that a person moves ever again."""
