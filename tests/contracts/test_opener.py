"""Opening partitions, on the double and on the real broker: from what is committed, and nothing else."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from streams.engine.opening import Opened
from streams.engine.refusals import Refused
from streams.engine.transaction import Outgoing, Transaction
from tests.doubles.brokers import PATIENCE, Broker, TheReal, kept, open_all, state


def committed(broker: Broker, position: int, clock: int, *leads: bytes, number: int = 0) -> Transaction:
    made = broker.transaction("one")
    made.begin()
    made.produce(kept(broker.changelog, number, position, clock, *leads))
    made.offsets({number: position}, broker.group())
    made.commit()
    return made


def test_a_new_partition_begins_at_its_beginning(broker: Broker) -> None:
    opened = open_all(broker.opener(), 0, 1)
    assert {number: (one.position, one.clock, len(one.table)) for number, one in opened.items()} == {
        0: (0, 0, 0),
        1: (0, 0, 0),
    }


def test_it_goes_on_where_the_last_transaction_ended_with_what_it_left(broker: Broker) -> None:
    committed(broker, 5, 50, b"anna", b"bob")
    committed(broker, 9, 90, b"bob", b"carl")
    opened = open_all(broker.opener(), 0, 1)
    assert (opened[0].position, opened[0].clock) == (9, 90)
    assert {lead: opened[0].table.get(lead) for lead in (b"anna", b"bob", b"carl", b"dora")} == {
        b"anna": state(),
        b"bob": state(),
        b"carl": state(),
        b"dora": None,
    }
    assert len(opened[1].table) == 0


def test_what_was_aborted_is_not_read(broker: Broker) -> None:
    made = committed(broker, 5, 50, b"anna")
    made.begin()
    made.produce(kept(broker.changelog, 0, 9, 90, b"bob"))
    made.offsets({0: 9}, broker.group())
    made.abort()
    opened = open_all(broker.opener(), 0)[0]
    assert (opened.position, opened.clock, len(opened.table)) == (5, 50, 1)


@pytest.mark.parametrize("ends_well", [True, False])
def test_it_waits_for_the_end_of_a_transaction_on_it(broker: Broker, ends_well: bool) -> None:
    """A pass of an earlier owner may still be on its way: what becomes of it must be known first."""
    made = committed(broker, 5, 50, b"anna")
    made.begin()
    made.produce(kept(broker.changelog, 0, 9, 90, b"bob"))
    made.offsets({0: 9}, broker.group())
    opening = Opening(broker, 0)
    assert not opening.done.wait(1.0)
    (made.commit if ends_well else made.abort)()
    opened = opening.result()
    assert (opened.position, opened.clock, len(opened.table)) == ((9, 90, 2) if ends_well else (5, 50, 1))


def test_a_transaction_on_another_partition_holds_nothing_up(broker: Broker) -> None:
    made = committed(broker, 5, 50, b"anna")
    made.begin()
    made.produce(kept(broker.changelog, 1, 9, 90, b"bob"))
    made.offsets({1: 9}, broker.group())
    assert open_all(broker.opener(), 0)[0].position == 5
    made.abort()


def test_it_gives_up_when_it_is_wanted_no_more(broker: Broker) -> None:
    made = committed(broker, 5, 50)
    made.begin()
    made.offsets({0: 9}, broker.group())
    opening = Opening(broker, 0)
    assert not opening.done.wait(0.5)
    opening.wanted = False
    opening.thread.join(PATIENCE)
    assert not opening.done.is_set()
    made.abort()


def test_an_end_is_that_of_the_log_with_what_is_not_committed(broker: Broker) -> None:
    opener = broker.opener()
    assert opener.ends([0, 1]) == {0: 0, 1: 0}
    made = broker.transaction("one")
    made.begin()
    made.produce([Outgoing(broker.input, 1, b"key", b"value")])
    made.offsets({0: 0}, broker.group())
    assert _sooner_or_later(lambda: opener.ends([0, 1]) == {0: 0, 1: 1})
    assert opener.readable_ends([0, 1]) == {0: 0, 1: 0}
    made.commit()
    # The marker takes an offset; the broker writes it after it has said that all is committed.
    assert _sooner_or_later(lambda: opener.ends([0, 1]) == {0: 0, 1: 2})
    assert _sooner_or_later(lambda: opener.readable_ends([0, 1]) == {0: 0, 1: 2})
    assert opener.ends([]) == opener.readable_ends([]) == {}


# On the real one alone: where it does not fit together --------------------------------------


def test_an_offset_that_somebody_has_changed_is_refused_with_the_command_that_mends_it(real: TheReal) -> None:
    made = committed(real, 5, 50, b"anna")
    made.begin()
    made.offsets({0: 3}, real.group())
    made.commit()
    with pytest.raises(Refused, match=r"(?s)offset is 3, but .* says 5\n.*--to-offset 5 --execute"):
        open_all(real.opener(), 0)


def test_offsets_without_a_changelog_are_refused(real: TheReal) -> None:
    made = real.transaction("one")
    made.begin()
    made.offsets({0: 3}, real.group())
    made.commit()
    with pytest.raises(Refused, match="--to-earliest"):
        open_all(real.opener(), 0)


def test_a_topic_made_anew_is_refused(real: TheReal) -> None:
    committed(real, 5, 50, b"anna")
    with pytest.raises(Refused, match="created anew"):
        open_all(real.opener(topic_id="another"), 0)


class Opening:
    """An opening in a thread of its own."""

    def __init__(self, broker: Broker, number: int) -> None:
        self.wanted = True
        self.done = threading.Event()
        self.opened: list[Opened] = []
        opener = broker.opener()

        def keep(one: Opened) -> None:
            self.opened.append(one)
            self.done.set()

        self.thread = threading.Thread(target=opener.open, args=([number], lambda: self.wanted, keep))
        self.thread.start()

    def result(self) -> Opened:
        assert self.done.wait(PATIENCE)
        self.thread.join(PATIENCE)
        return self.opened[0]


def _sooner_or_later(holds: Callable[[], Any]) -> bool:
    pause = threading.Event()
    return any(holds() or pause.wait(0.05) for _ in range(int(PATIENCE / 0.05)))
