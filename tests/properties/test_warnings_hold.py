"""What `leadgate lint` warns of is so, whatever leads do: a rule that never fires does not, and so on."""

import re
from collections import Counter
from typing import Any

from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from qualifiers import Fault, lint_funnel
from qualifiers.built_in import STAGE_ASSIGNED
from qualifiers.loader_nodes import Node
from qualifiers.loader_yaml import read_tree
from schemas.decision import moves
from tests.profiles import share
from tests.properties.driving import by_engine, loaded
from tests.properties.strategies import (
    Case,
    cases_of,
    funnels,
    general_cases,
    returning_cases,
    scored_cases,
    timely_cases,
)
from tests.properties.strategies_conditions import (
    combined,
    did,
    plain_scores,
    score_is,
    timely,
    trait_tests,
)
from tests.properties.strategies_streams import scoring_streams, streams

_asked = st.one_of(timely, score_is, did, trait_tests)
_whens = st.one_of(_asked, _asked, combined(_asked))


def _rules(pair: tuple[Any, Any]) -> list[Any]:
    """Rules in which two conditions come after one another, together, and one without the other."""
    one, other = pair
    return [
        ({"to": "mql"}, one, {}, True),
        ({"to": "sql", "from": ["lead"]}, other, {}, True),
        ({"to": "sql"}, {"any": [other, {"did": "deal"}]}, {}, True),
        ({"to": "recycled", "from": ["lead", "mql", "sql"]}, {"all": [one, other]}, {}, True),
        ({"to": "lost", "from": ["lead", "mql", "sql"]}, {"all": [other, {"none": [one]}]}, {}, True),
    ]


related_cases: SearchStrategy[Case] = cases_of(
    funnels(st.tuples(_whens, _whens).map(_rules), plain_scores, (None,)), st.one_of(streams, scoring_streams)
)
"""A funnel that asks the same two things several times, so that much in it can't be."""
all_cases = st.one_of(
    related_cases, related_cases, general_cases, scored_cases, timely_cases, returning_cases
)


def _ruled_out(case: Case) -> dict[str, set[str]]:
    """By code: the rules that never fire, or the stages that no lead comes to, as the warnings say."""
    tree = read_tree(case.text, "funnel.yaml")[0]
    rules = tree.value["transitions"].value
    found: dict[str, set[str]] = {}
    for warning in lint_funnel(case.text):
        if warning.code in ("never-fires", "no-way-in"):
            named = re.match(r"`(.+?)` never fires|no rule leads to `(.+?)`", warning.message)
            assert named
            found.setdefault(warning.code, set()).add(named[1] or named[2])
        elif warning.code in ("never-true", "out-of-reach") and "unless" not in warning.message:
            names = {rule.value["name"].value for rule in rules if _is_needed(rule.value["when"], warning)}
            found.setdefault(warning.code, set()).update(names)
    return {code: names for code, names in found.items() if names}


def _is_needed(when: Node, warning: Fault) -> bool:
    """Whether the warning is about a condition, or a part of its `all`: then it is about the whole."""
    parts = [when, *(when.value["all"].listed() if "all" in when.value else ())]
    bounds = [bound for part in parts if part.get("score") for bound in part.value.values()]
    pairs = [end for bound in bounds if isinstance(bound.value, list) for end in bound.value]
    places = {(node.line, node.column) for node in (*parts, *bounds, *pairs)}
    return (warning.line, warning.column) in places


@settings(max_examples=share(2))
@given(all_cases)
def test_what_is_ruled_out_does_not_happen(case: Case) -> None:
    """But for what people do: they may move a lead to where no rule does."""
    loaded(case)
    ruled_out = _ruled_out(case)
    by_themselves = [activity for activity in case.activities if activity.type != STAGE_ASSIGNED]
    assume(by_themselves)
    done = moves(by_engine(Case(case.text, by_themselves)).said)
    fired, entered = {move.rule for move in done}, {move.to for move in done}
    for code, names in ruled_out.items():
        assert not names & (entered if code == "no-way-in" else fired), code


def test_much_is_ruled_out() -> None:
    """Else the property above would prove little."""
    seen: Counter[str] = Counter()

    @settings(max_examples=400, derandomize=True, database=None, phases=[Phase.generate])
    @given(related_cases)
    def look(case: Case) -> None:
        loaded(case)
        seen.update(_ruled_out(case).keys())

    look()
    assert {code for code, count in seen.items() if count >= 5} == {
        "never-fires",
        "never-true",
        "out-of-reach",
    }, seen
