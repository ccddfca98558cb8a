"""The due index: whoever is due is found, whatever was put and has moved since."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.moments import NEVER
from streams.engine.due_index import DueIndex

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
    assert index.until(moment) == expected
    assert index.until(moment) == expected  # looking changes nothing
    assert index.earliest <= min(present.values(), default=NEVER)


def test_entries_that_no_longer_count_are_dropped_in_the_end() -> None:
    present = {b"a": 0}
    index = DueIndex(present.__getitem__)
    for due in range(1, 5000):
        present[b"a"] = due
        index.put(due, b"a")
        index.tidy(1)
    assert len(index) < 2000
    assert index.until(10_000) == [(4999, b"a")]
