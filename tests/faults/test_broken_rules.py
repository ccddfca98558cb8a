"""A fault of our own in the rules: what they raise on is put aside, the rest goes on, and nothing is lost."""

from streams import kafka_clients
from streams.engine.forwarding import FORWARDED, INTERNAL
from streams.engine.hold import say
from tests.faults import oracle
from tests.faults.broken_rules import ALL, TIME
from tests.faults.keeping import end
from tests.faults.letters import command, listed
from tests.faults.load import history
from tests.faults.nightly import nightly
from tests.faults.waiting import opened, release
from tests.faults.workers import Group, GroupMaker

VICTIM = "person-2"
"""Not merged into another, as visitors are; but some are into it."""
IN_A_ROW = 20


def test_on_one_lead_they_cost_that_lead_alone_until_they_are_mended(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true", max_pass_records="300")
    workers.send(history(seed=71, activities=4_000, leads=90))
    broken = workers.start(rules=VICTIM)
    workers.settle()
    broken.terminate()
    assert broken.wait(30) == 0, workers.logs()
    assert _failed(workers) == _of_the_victim(workers)
    _mended(workers)


def test_on_all_the_worker_stops_before_it_has_put_aside_a_topic(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true", max_dead_letters_in_a_row=str(IN_A_ROW))
    workers.send(history(seed=72, activities=3_000, leads=90))
    broken = workers.start(rules=ALL)
    assert broken.wait(60) == 3, workers.logs()
    told = workers.said_by(broken).strip().splitlines()[-1]
    assert told.startswith("leadgate: the rules fail on too many activities"), told
    assert "It goes on where it stood once the fault is mended" in told
    assert len(_failed(workers)) <= IN_A_ROW
    _mended(workers)


@nightly
def test_on_a_lead_that_time_moves_the_worker_stops_and_the_next_one_moves_it(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true", max_pass_records="300")
    workers.send(history(seed=73, activities=3_000, leads=90))
    loading = workers.start()
    workers.settle()
    end(workers, loading)
    broken = workers.start(rules=TIME)
    opened(workers, broken)
    say(kafka_clients.producer(workers.settings), workers.settings.control, held=False)
    assert broken.wait(60) == 3, workers.logs()
    told = workers.said_by(broken).strip().splitlines()[-1]
    assert told.startswith("leadgate: leadgate's rules failed on a lead that time moves"), told
    workers.start()
    release(workers)
    workers.stop()
    recomputed = workers.check()
    assert any(one.get("rule") == "gone-quiet" for said in recomputed.decisions.values() for one in said)


def _mended(workers: Group) -> None:
    """A worker whose rules are right goes on, and what was put aside is replayed."""
    failed = _failed(workers)
    workers.start()
    workers.settle()
    done = command(workers, "replay", "--reason", "failed_evaluation")
    assert done.returncode == 0, done.stdout + done.stderr
    release(workers)
    workers.stop()
    assert listed(workers) == []
    workers.check(failed=failed)


def _failed(workers: Group) -> set[tuple[int, int]]:
    """Where the activities lay that were put aside because the rules raised."""
    letters = [
        dict(record.headers)
        for record in oracle.read_all(workers.bootstrap, workers.settings.dead_letters_topic)
    ]
    return {
        (int(headers["kafka_dlt-original-partition"]), int(headers["kafka_dlt-original-offset"]))
        for headers in letters
        if headers["kafka_dlt-exception-fqcn"] == b"leadgate.failed_evaluation"
    }


def _of_the_victim(workers: Group) -> set[tuple[int, int]]:
    """Where its activities lie: its own, and those of visitors that have become part of it."""
    records = oracle.read_all(workers.bootstrap, workers.settings.activities_topic)
    found = {
        (record.partition, record.offset): dict(record.headers)
        for record in records
        if record.key == VICTIM.encode()
    }
    assert any(FORWARDED in headers for headers in found.values())
    return {place for place, headers in found.items() if INTERNAL not in headers}
