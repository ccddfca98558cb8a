"""The fewest facts that lack: found by trying all of them out on small trees."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from qualifiers.lacking import fewest
from schemas.explanation import ExplainedCondition


def fact(holds: bool, share: float = 0.0, wanted: str = "fact") -> ExplainedCondition:
    return ExplainedCondition(
        form="did", name=None, wanted=wanted, actual="", value=None, holds=holds, until=None, since=None,
        share=1.0 if holds else share, needs=None, parts=[],
    )  # fmt: skip


def true(condition: ExplainedCondition, turned: frozenset[int] = frozenset()) -> bool:
    """Whether it is true once these facts have turned, which are named by what they are (`id`)."""
    if not condition.parts:
        return condition.holds is not (id(condition) in turned)
    count = sum(true(part, turned) for part in condition.parts)
    assert condition.needs is not None
    return count == 0 if condition.form == "none" else count >= condition.needs


def combined(form: str, parts: list[ExplainedCondition], needs: int) -> ExplainedCondition:
    bare = fact(False).model_copy(update={"form": form, "parts": parts, "needs": needs})
    return bare.model_copy(update={"holds": true(bare)})


def leaves(condition: ExplainedCondition) -> list[ExplainedCondition]:
    return [leaf for part in condition.parts for leaf in leaves(part)] if condition.parts else [condition]


@st.composite
def _combined(draw: st.DrawFn, parts: st.SearchStrategy[ExplainedCondition]) -> ExplainedCondition:
    some = draw(st.lists(parts, min_size=1, max_size=3))
    form = draw(st.sampled_from(["all", "any", "none", "at_least"]))
    needs = {"all": len(some), "any": 1, "none": 0}.get(form) if form != "at_least" else None
    return combined(form, some, draw(st.integers(1, len(some))) if needs is None else needs)


_facts = st.builds(fact, st.booleans(), st.sampled_from([0, 0.25, 0.5, 0.75]))
trees = st.one_of(_facts, _combined(_facts), _combined(st.one_of(_facts, _combined(_facts))))


@given(trees)
def test_what_lacks_makes_it_true_and_nothing_less_does(tree: ExplainedCondition) -> None:
    found = fewest(tree)
    assert true(tree, frozenset(id(one.fact) for one in found))
    assert all(one.must_be is not one.fact.holds for one in found)
    some = [id(leaf) for leaf in leaves(tree)]
    for size in range(len(found)):
        assert not any(true(tree, frozenset(turned)) for turned in combinations(some, size))


@given(trees)
def test_the_nearest_comes_first(tree: ExplainedCondition) -> None:
    shares = [one.fact.share if one.must_be else 0 for one in fewest(tree)]
    assert shares == sorted(shares, reverse=True)


def test_of_two_ways_it_is_the_one_of_which_there_is_more() -> None:
    tree = combined("any", [fact(False, 0.25, "far"), fact(False, 0.75, "near"), fact(False, 0.5)], 1)
    assert [one.fact.wanted for one in fewest(tree)] == ["near"]


def test_of_equals_it_is_the_first_in_the_file() -> None:
    tree = combined("any", [fact(False, 0.5, "first"), fact(False, 0.5, "second")], 1)
    assert [one.fact.wanted for one in fewest(tree)] == ["first"]


def test_fewer_facts_go_before_nearer_ones() -> None:
    two = combined("all", [fact(False, 0.75), fact(False, 0.75)], 2)
    tree = combined("any", [two, fact(False, 0.0, "one")], 1)
    assert [one.fact.wanted for one in fewest(tree)] == ["one"]


def test_what_a_none_forbids_must_turn_false() -> None:
    tree = combined("none", [fact(True, wanted="stays"), fact(False)], 0)
    assert [(one.must_be, one.fact.wanted) for one in fewest(tree)] == [(False, "stays")]
