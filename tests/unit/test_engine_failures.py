"""Passes that fail, at every step and in every way: nothing is lost, nothing is said twice."""

from collections.abc import Callable

import pytest

from streams.engine.failures import EngineFailed
from streams.engine.transaction import (
    Aborted,
    Fenced,
    Interrupted,
    Lost,
    Outgoing,
    TooLarge,
    Transaction,
)
from tests.doubles.engines import NAMES, Bench, lead_of
from tests.doubles.kafka import Step

LEADS = [lead_of(number, nth) for number in range(3) for nth in range(4)]


def raiser(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def working() -> Bench:
    bench = Bench()
    bench.assign()
    bench.work()
    return bench


def send_all(bench: Bench) -> None:
    for lead in LEADS:
        bench.send(lead, "demo")
        bench.send(lead, "call")


def check(bench: Bench) -> None:
    assert bench.said() == {lead: ["created", "to-mql"] for lead in LEADS}
    assert bench.dead() == []
    assert bench.failures == []


@pytest.mark.parametrize("step", ["begin", "produce", "offsets", "commit"])
@pytest.mark.parametrize("error", [Aborted, Fenced])
def test_a_step_fails(step: Step, error: type[Exception]) -> None:
    bench = working()
    bench.kafka.order(step, raiser(error("ordered")))
    send_all(bench)
    bench.work()
    assert bench.engine.assigned == {0, 1, 2}, "it need not leave the group for that"
    check(bench)


@pytest.mark.parametrize("committed", [True, False])
def test_what_became_of_a_commit_is_unknown(committed: bool) -> None:
    """The tables are built again from what the broker says, whichever it was."""
    bench = working()

    def vanish() -> None:
        if committed:
            bench.kafka.end_transaction("worker", "committed")
        raise Aborted("unknown")

    bench.kafka.order("commit", vanish)
    send_all(bench)
    bench.work()
    check(bench)


def test_an_abort_that_fails_is_a_new_producer() -> None:
    bench = working()
    bench.kafka.order("offsets", raiser(Aborted("ordered")))
    bench.kafka.order("abort", raiser(Fenced("ordered")))
    send_all(bench)
    bench.work()
    check(bench)


def test_fenced_three_times_in_a_row_the_worker_ends() -> None:
    bench = working()
    bench.kafka.order("commit", *[raiser(Fenced("another"))] * 3)
    send_all(bench)
    with pytest.raises(EngineFailed, match="LEADGATE_WORKER_ID"):
        bench.work()


def test_fenced_by_new_owners_of_what_it_had_before_it_never_ends() -> None:
    """Each of them tells of itself by a new assignment."""
    bench = working()
    for _ in range(4):
        bench.kafka.order("commit", raiser(Fenced("a new owner")))
        bench.send(LEADS[0], "seen")
        bench.work()
        bench.assign()
    send_all(bench)
    bench.work()
    check(bench)


def test_lost_for_want_of_an_answer_it_never_ends() -> None:
    bench = working()
    bench.kafka.order("commit", *[raiser(Lost("it took too long"))] * 4)
    send_all(bench)
    bench.work()
    check(bench)


def test_giving_up_while_stopping_leaves_it_open_and_the_next_worker_does_it_again() -> None:
    bench = working()
    bench.kafka.order("commit", raiser(Interrupted("the broker is away")))
    send_all(bench)
    with pytest.raises(Interrupted):
        bench.work()
    heir = Bench(bench.kafka)
    heir.assign()
    heir.work()
    check(heir)


def test_a_broker_that_refuses_for_long_makes_no_dead_letters() -> None:
    """Only what is wrong with a record itself may put it aside."""
    bench = working()
    bench.kafka.order("commit", *[raiser(Aborted("a topic is out of service"))] * 60)
    send_all(bench)
    for _ in range(70):
        bench.work()
    check(bench)


def refuse(lead: str) -> Callable[[Outgoing], Exception | None]:
    """What comes of ``lead`` can't be sent anywhere but to the dead letters."""

    def refuses(record: Outgoing) -> Exception | None:
        keys = (lead.encode(), b"L" + lead.encode())
        if record.topic != NAMES.dead_letters and record.key in keys:
            return TooLarge("too large")
        return None

    return refuses


@pytest.mark.parametrize("lead", LEADS)
def test_a_record_whose_outputs_cant_be_sent_is_found_and_is_alone_a_dead_letter(lead: str) -> None:
    bench = working()
    bench.refuses = refuse(lead)
    for _ in range(3):
        send_all(bench)
    bench.work()
    assert bench.dead() == ["leadgate.too_large"] * 6
    assert bench.said() == {other: ["created", "to-mql", "to-sql"] for other in LEADS if other != lead}
    assert bench.failures == []


def test_where_its_dead_letter_cannot_be_sent_either_the_worker_ends_and_says_so() -> None:
    """Not the broker's limit alone decides: it is of what a client has compressed, and clients differ."""
    bench = working()
    bench.refuses = lambda record: TooLarge("too large") if record.key == lead_of(0).encode() else None
    bench.send(lead_of(1), "demo")
    bench.send(lead_of(0), "demo")
    with pytest.raises(EngineFailed, match=r"at offset 0 of partition 0 .*max\.message\.bytes"):
        bench.work()


def test_it_is_found_though_the_other_partitions_are_never_empty() -> None:
    bench = working()
    bench.refuses = refuse(lead_of(0))
    bench.send(lead_of(0), "demo")
    for _ in range(60):
        for number in (1, 2):
            for nth in range(5):
                bench.send(lead_of(number, nth), "seen")
        bench.open()
        bench.deliver()
        bench.one_pass()
        if bench.dead():
            break
    assert bench.dead() == ["leadgate.too_large"]


def test_a_producer_that_got_no_answer_is_followed_by_another() -> None:
    bench = working()
    bench.kafka.order("commit", raiser(Lost("no answer")))
    takes, in_vain = bench._transaction, iter([Lost("nor now"), Lost("nor now")])

    def take(name: str) -> Transaction:
        for lost in in_vain:
            raise lost
        return takes(name)

    bench._transaction = take  # type: ignore[method-assign]
    send_all(bench)
    bench.work()
    assert next(in_vain, None) is None
    check(bench)


def test_a_broker_that_takes_no_transactions_of_ours_ends_the_worker_with_a_reason() -> None:
    """Not authorised, say: that is somebody's to mend, and no bug of leadgate's."""
    bench = Bench()

    def refused(_stop: object, _wait: object) -> Transaction:
        raise Fenced("init_transactions: not authorised")

    bench.engine.new_transaction = refused
    bench.assign()
    with pytest.raises(EngineFailed, match=r"transactional id .*not authorised"):
        bench.work()
