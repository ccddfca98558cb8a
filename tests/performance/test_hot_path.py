"""The hot path does no more than it did: counted, so that no other program can make it fail."""

import pytest

from tests.performance import hot_path

BAND = 0.01
"""A call more for each activity is more than that: somebody should know of it, and of one less."""


def differing(funnel: str, name: str, committed: int, counted: int) -> str:
    """What is wrong with a figure, and what to do; empty where it is within the band."""
    if abs(counted - committed) <= committed * BAND:
        return ""
    each = f"{name.replace('_', ' ')} an activity"
    was, now = committed / hot_path.ACTIVITIES, counted / hot_path.ACTIVITIES
    by = counted / committed - 1
    advice = "If that has its reason" if by > 0 else "It costs less: so that this is not lost unseen"
    return (
        f"funnel {funnel}: {now:.2f} {each}, where {was:.2f} are committed: {by:+.1%}, and ±{BAND:.0%} is "
        f"let pass. {advice}, run `{hot_path.RENEW}`, and commit {hot_path.FIGURES.name} with the change"
    )


@pytest.fixture(scope="module")
def counted() -> hot_path.Figures:
    return hot_path.counted()


@pytest.mark.xdist_group("hot path")
@pytest.mark.parametrize("funnel", hot_path.FUNNELS)
def test_the_hot_path_does_what_it_did(funnel: str, counted: hot_path.Figures) -> None:
    committed = hot_path.committed()[funnel]
    assert committed.keys() >= counted[funnel].keys() - hot_path.OF_VERSION
    every = [differing(funnel, name, figure, counted[funnel][name]) for name, figure in committed.items()]
    wrong = "\n".join(filter(None, every))
    assert wrong == ""


def test_more_than_the_band_is_told_with_what_to_do() -> None:
    assert differing("startup", "calls", 100_000, 101_000) == ""
    assert hot_path.RENEW in differing("startup", "calls", 100_000, 101_001)
    assert hot_path.RENEW in differing("startup", "calls", 100_000, 98_999)


def test_a_python_without_figures_has_those_of_every_python() -> None:
    of_every = hot_path.committed("2.7")
    assert of_every.keys() == hot_path.FUNNELS.keys()
    for figures in of_every.values():
        assert "calls" in figures
        assert not hot_path.OF_VERSION & figures.keys()
