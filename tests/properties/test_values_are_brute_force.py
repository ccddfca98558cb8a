"""Operators, `has` and the merging of traits, with values far more varied than the streams'."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qualifiers import compile_funnel, load_funnel
from schemas import conditions
from schemas.activity import Activity
from schemas.decision import moves
from tests.profiles import share
from tests.properties.brute_force_values import at_path, is_there, merged, satisfies
from tests.properties.driving import Driven, funnel_text
from tests.properties.strategies_conditions import OPERATORS, numbers, operators, scalars, words
from tests.properties.strategies_streams import START

texts = st.one_of(
    words,
    st.text(max_size=6),
    st.sampled_from(["7.5e0", "-1", "+07", "1_000", "nan", "inf", "ÆRE", "ære", "straße", "STRASSE", "0x7"]),
    st.sampled_from(["vp_sales", "VP/Sales", "co-head", "ahead", "head", "saleså", "vp7"]),
)
json_values = st.recursive(
    st.one_of(st.none(), texts, numbers, st.booleans(), st.integers(-10, 60), st.floats(-10, 60)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=2)
    ),
    max_leaves=5,
)


def ends_in(when: dict[str, Any], *activities: Activity) -> bool:
    """Whether the engine finds `when` true after these."""
    text = funnel_text(
        {"funnel": "f", "stages": ["a", "b"], "transitions": [{"to": "b", "from": "a", "when": when}]}
    )
    driven = Driven(compile_funnel(load_funnel(text))).apply_all(activities)
    return moves(driven.said)[-1].to == "b"


@settings(max_examples=share(2))
@given(
    st.sampled_from(sorted(OPERATORS)).flatmap(lambda name: st.tuples(st.just(name), OPERATORS[name])),
    json_values,
)
def test_an_operator_of_a_trait(operator: tuple[str, Any], value: Any) -> None:
    name, wanted = operator
    activity = Activity("1", "l", "identified", START, traits={"t": value})
    test = conditions.Test.model_validate({name: wanted})
    # The patch strips nulls from objects, as any patch does; a list stands as it came.
    held = merged([{"t": value}]).get("t")
    assert ends_in({"trait": "t", name: wanted}, activity) == satisfies(test, held)


@given(st.one_of(operators, scalars, st.lists(scalars, min_size=1, max_size=3)), json_values)
def test_a_test_of_a_property(test: Any, value: Any) -> None:
    short = test if isinstance(test, dict) else {"in" if isinstance(test, list) else "is": test}
    activity = Activity("1", "l", "t", START, properties={"p": {"q": value}})
    expected = satisfies(conditions.Test.model_validate(short), value)
    assert ends_in({"did": "t", "where": {"p.q": test}}, activity) == expected


_tree = st.recursive(
    st.one_of(st.none(), st.sampled_from([0, 1, "x", "", False, [1], [], [{"a": None}]])),
    lambda inner: st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)
_patches = st.lists(
    st.tuples(st.integers(0, 3), st.dictionaries(st.sampled_from(["a", "b"]), _tree, max_size=2)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=share(2))
@given(_patches, st.sampled_from(["a", "a.a", "b.a", "a.b.a"]))
def test_traits_are_those_of_all_patches_in_the_order_of_their_own_time(
    patches: list[tuple[int, dict[str, Any]]], path: str
) -> None:
    activities = [
        Activity(str(number), "l", "identified", START + at, traits=patch)
        for number, (at, patch) in enumerate(patches)
    ]
    in_order = sorted(activities, key=lambda one: one.occurred_at)  # stable: a tie goes by arrival
    traits = merged(one.traits for one in in_order)

    never = {"all": [{"did": "nothing"}, {"has": path}, {"trait": "b", "exists": True}]}
    text = funnel_text({"funnel": "f", "stages": ["a", "b"], "transitions": [{"to": "b", "when": never}]})
    driven = Driven(compile_funnel(load_funnel(text))).apply_all(activities)
    driven.store_and_load("l")
    assert driven.funnel.view("l", driven.leads["l"]).traits == traits

    for number in range(len(activities)):  # what is true after each, not only at the end
        so_far = sorted(activities[: number + 1], key=lambda one: one.occurred_at)
        held = at_path(merged(one.traits for one in so_far), path)
        blank = Activity("blank", "l", "other", START)
        assert ends_in(
            {"all": [{"did": "other"}, {"has": path}]}, *activities[: number + 1], blank
        ) == is_there(held)
