"""A pass is run while the one before is being committed, where enough waits for that."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from schemas.activity import Activity
from streams.engine.changelog import META_KEY, decode_meta
from streams.engine.pass_runner import OVERLAP_RECORDS
from streams.engine.transaction import Outgoing
from streams.intake.native import decode_native
from tests.doubles.engines import Bench, lead_of

LEAD = lead_of(0)
SECONDS = 30.0


@contextmanager
def committing(bench: Bench) -> Iterator[threading.Event]:
    """A pass over one activity, the commit of which ends once the event is set."""
    begun, ended = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        assert ended.wait(SECONDS)

    bench.kafka.order("commit", hang)
    bench.send(LEAD, "demo")
    bench.deliver()
    assert bench.engine.run_pass()
    assert begun.wait(SECONDS)
    try:
        yield ended
    finally:
        ended.set()


def test_few_wait_for_the_commit_and_take_along_what_comes_until_then() -> None:
    positions = []

    def note(record: Outgoing) -> None:
        if record.key == META_KEY and record.value and record.partition == 0:
            positions.append(decode_meta(record.value).position)

    bench = Bench()
    bench.assign()
    bench.work()
    bench.refuses = note
    with committing(bench) as ended, ThreadPoolExecutor(1) as engine:
        bench.send(LEAD, "call")
        bench.deliver()
        second = engine.submit(bench.engine.run_pass)
        bench.send(LEAD, "call")
        bench.deliver()
        ended.set()
        assert second.result(SECONDS)
    assert bench.engine.commits_within(SECONDS)
    assert positions == [1, 3], "two transactions of three activities"


def test_many_do_not_wait() -> None:
    decoded = 0
    all_decoded = threading.Event()

    def decode(value: bytes | None) -> Activity:
        nonlocal decoded
        decoded += 1
        if decoded > OVERLAP_RECORDS:
            all_decoded.set()
        return decode_native(value)

    bench = Bench(decode=decode, pass_records=2 * OVERLAP_RECORDS)
    bench.assign()
    bench.work()
    with committing(bench) as ended, ThreadPoolExecutor(1) as engine:
        for _ in range(OVERLAP_RECORDS):
            bench.send(LEAD, "call")
        bench.deliver(2 * OVERLAP_RECORDS)
        second = engine.submit(bench.engine.run_pass)
        assert all_decoded.wait(SECONDS), "while the commit of the pass before is under way"
        ended.set()
        assert second.result(SECONDS)
    bench.work()
    assert bench.said() == {LEAD: ["created", "to-mql", "to-sql"]}
