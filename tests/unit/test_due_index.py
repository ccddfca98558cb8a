"""The due index: whoever is due is found, whatever was put and has moved since."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from schemas.moments import NEVER
from streams.engine.due_index import DueIndex, Upcoming

LEADS = [b"a", b"b", b"c", b"d"]
moments = st.one_of(st.integers(0, 20), st.just(NEVER))


@given(
    st.dictionaries(st.sampled_from(LEADS), moments),
    st.lists(st.tuples(st.sampled_from(LEADS), moments)),
    st.integers(0, 20),
)
def test_until_gives_every_lead_that_is_due_in_order(
    start: dict[bytes, int], moves: list[tuple[bytes, int]], moment: int
) -> None:
    present = dict(start)
    index = DueIndex(lambda lead: present.get(lead, NEVER), [(due, lead) for lead, due in start.items()])
    for lead, due in moves:
        present[lead] = due
        index.put(due, lead)
        index.tidy(len(present))
    expected = sorted((due, lead) for lead, due in present.items() if due <= moment)
    assert list(index.until(moment)) == expected
    assert list(index.until(moment)) == expected  # looking changes nothing
    assert index.earliest <= min(present.values(), default=NEVER)


def test_entries_that_no_longer_count_are_dropped_in_the_end() -> None:
    present = {b"a": 0}
    index = DueIndex(present.__getitem__, [])
    for due in range(1, 5000):
        present[b"a"] = due
        index.put(due, b"a")
        index.tidy(1)
    assert len(index) < 2000
    assert list(index.until(10_000)) == [(4999, b"a")]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(LEADS))),
    st.lists(st.none() | st.tuples(st.integers(0, 20), st.sampled_from(LEADS))),
)
def test_the_soonest_is_next_whoever_joins(
    entries: list[tuple[int, bytes]], steps: list[tuple[int, bytes] | None]
) -> None:
    """A step puts one in, or takes the next one."""
    upcoming, left = Upcoming(iter(sorted(entries))), sorted(entries)
    for step in [*steps, *[None] * (len(entries) + len(steps))]:
        assert upcoming.earliest == (left[0][0] if left else NEVER)
        if step is not None:
            upcoming.put(*step)
            left = sorted([*left, step])
        elif left:
            assert upcoming.pop() == left.pop(0)


def test_a_few_of_many_are_found_without_looking_at_all() -> None:
    looked: list[bytes] = []

    def due_of(lead: bytes) -> int:
        looked.append(lead)
        return int(lead)

    index = DueIndex(due_of, [(number, b"%d" % number) for number in range(100_000)])
    assert [due for due, _ in islice(index.until(100_000), 100)] == list(range(100))
    assert len(looked) == 100
