"""Funnels and streams of activities for the property tests.

A funnel comes as the YAML of a mapping that is valid by construction: its stages,
scores and definitions have fixed names, so that every reference finds its end, and
its circles can be turned only by what a lead does (but for some: see ``funnels``).
"""

from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from schemas.activity import Activity
from tests.properties.strategies_conditions import (
    OFF_PATH,
    PATH,
    Json,
    calendars,
    combined,
    conditions,
    durations,
    leaves,
    leaves_on_traits,
    mapping,
    plain_scores,
    score_is,
    scored_conditions,
    scores,
    timely,
    timely_conditions,
    types,
)
from tests.properties.strategies_streams import assigned_streams, departing_streams, scoring_streams, streams

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

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
            {"to": "mql", "from": ["recycled"]},
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
_by_what_it_does = mapping(
    {"did": types, "since": st.just("entry")}, within=durations, times=st.integers(1, 2)
)
_after = mapping(
    again_after=durations, resets=st.sampled_from([["engagement"], ["fit"], ["engagement", "fit"]])
)
_afterwards: SearchStrategy[Json] = st.one_of(st.just({}), st.just({}), _after)
_signals = st.lists(
    st.builds(
        lambda stages, when: {"in": stages, "when": when},
        st.lists(st.sampled_from(sorted(_RANK)), min_size=1, max_size=3, unique=True),
        st.one_of(conditions, timely, combined(timely), score_is),
    ),
    max_size=2,
)
_holds = st.one_of(st.none(), st.none(), st.one_of(leaves, combined(leaves)))
_finals = st.sampled_from([[], [], ["sql"], ["lost"], ["sql", "lost"]])


def _transitions(when: SearchStrategy[Json]) -> SearchStrategy[Any]:
    moves = st.builds(lambda move, after: move | after, _moves, _afterwards)
    return st.lists(st.tuples(moves, when, _by_what_it_does, st.booleans()), min_size=3, max_size=6)


_returns: SearchStrategy[Any] = st.tuples(
    st.one_of(mapping({"did": types}), score_is),
    st.lists(timely, min_size=2, max_size=3).map(lambda parts: {"any": parts}),
).map(
    lambda whens: [
        ({"to": "mql"}, whens[0], {}, True),
        ({"to": "lead", "from": ["mql"]}, whens[1], {}, True),
    ]
)
"""Forth by what is done, back by what any of several facts says as time goes by."""


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
    hold = draw(_holds)
    held = {} if hold is None else {"hold": {"when": hold}}
    signals = [{"name": f"signal-{number}"} | signal for number, signal in enumerate(draw(_signals), start=1)]
    return held | {
        "signals": signals,
        "funnel": "drawn",
        "stages": PATH,
        "off_path": OFF_PATH,
        "final": final,
        "define": {"known": draw(leaves_on_traits), "named": draw(st.one_of(leaves, combined(leaves)))},
        "scores": {"engagement": draw(scored), "fit": draw(scored)},
        "transitions": transitions,
        "calendar": draw(calendars),
    }


def _goes(transition: Json, final: list[str], *, down: bool) -> bool:
    """Whether one of a transition's steps goes down the order of the stages (or, not ``down``, up it)."""
    to, from_ = transition["to"], transition.get("from")
    if from_ is None or from_ == "earlier":
        return not down
    stages = [stage for stage in _RANK if stage not in final] if from_ == "any" else from_
    return any((_RANK[stage] > _RANK[to]) == down for stage in stages if stage != to)


@dataclass(frozen=True)
class Case:
    """A funnel's YAML, and activities in the order in which they arrive."""

    text: str
    activities: list[Activity]

    def __repr__(self) -> str:
        """What went wrong, as one would like to read it."""
        return "\n".join(["", self.text, *map(str, self.activities)])


@st.composite
def cases_of(draw: st.DrawFn, drawn: SearchStrategy[Json], stream: SearchStrategy[list[Activity]]) -> Case:
    return Case(yaml.dump(draw(drawn), Dumper=_Dumper, sort_keys=False), draw(stream))


general_cases = cases_of(funnels(_transitions(conditions)), streams)
"""A funnel of every kind of condition, and a stream to run it on."""
scored_cases = cases_of(funnels(_transitions(scored_conditions), plain_scores), scoring_streams)
"""Rules on scores: bounds, half-lives, points to the millisecond."""
timely_cases = cases_of(funnels(_transitions(timely_conditions), plain_scores), scoring_streams)
"""Rules that time alone turns, both ways."""
returning_cases = cases_of(funnels(_returns, plain_scores, (None,)), scoring_streams)
"""Leads that go forth and back, and rules that are passed over and let in again."""
departing_cases = st.one_of(
    cases_of(funnels(_transitions(conditions)), departing_streams),
    cases_of(
        funnels(_transitions(st.one_of(scored_conditions, timely_conditions)), plain_scores),
        departing_streams,
    ),
)
"""Leads that are merged into each other, and erased."""
assigned_cases = cases_of(
    funnels(st.one_of(_returns, _transitions(timely_conditions)), plain_scores, (None,)), assigned_streams
)
"""Leads that a person moves, and rules that would move them back."""
cases = st.one_of(general_cases, general_cases, scored_cases, timely_cases, returning_cases, assigned_cases)
