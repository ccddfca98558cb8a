"""A changed funnel in a running engine: when it comes into force, and that leads are read again once."""

import json
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from schemas.lead_state import due_and_stage, read_under
from schemas.moments import SECOND, format_moment
from streams.engine import processing
from streams.engine.changelog import META_KEY, Meta, decode_meta, encode_meta
from streams.engine.forwarding import Moving
from streams.engine.in_force import StageLost
from streams.engine.transaction import Outgoing
from streams.funnels import NotKnown
from tests.doubles.engines import FUNNEL, NAMES, Bench, lead_of
from tests.doubles.funnels import FakeFunnels

LEADS = [lead_of(1, nth) for nth in range(4)]
SOONER = FUNNEL.replace("{did: call, times: 2}", "{did: call}")
IMPATIENT = FUNNEL.replace("quiet: 60s", "quiet: 30s")
RENAMED = FUNNEL.replace("mql", "qualified").replace("off_path", "renamed: {mql: qualified}\noff_path")


def working(*funnels: str, **changes: Any) -> Bench:
    bench = Bench(versions=FakeFunnels(*(funnels or (FUNNEL,))), **changes)
    bench.assign()
    bench.work()
    return bench


def heir_of(bench: Bench, **changes: Any) -> Bench:
    """Another worker of the group, which has read what has been published by now."""
    heir = Bench(bench.kafka, "heir", versions=bench.versions, **changes)
    heir.assign()
    heir.work()
    return heir


def metas(bench: Bench, number: int = 1) -> list[Meta]:
    return [
        decode_meta(record.value() or b"")
        for record in bench.kafka.read(NAMES.changelog, number)[0]
        if record.key() == META_KEY
    ]


def causes(bench: Bench) -> list[tuple[str, str]]:
    """The rule, and what kind of cause, of each stage change."""
    return [(change["rule"], next(iter(change["cause"]))) for change in bench.changes()]


def all_have_called_once(bench: Bench) -> None:
    for lead in LEADS:
        bench.send(lead, "demo")
        bench.send(lead, "call")
    bench.work()


def test_what_is_true_now_fires_in_the_background_and_names_the_change() -> None:
    bench = working()
    for kind in ("demo", "call"):
        bench.send(LEADS[0], kind)
    bench.work()
    before = bench.funnel.hash
    bench.change(SOONER)
    bench.passes()
    assert bench.said() == {LEADS[0]: ["created", "to-mql", "to-sql"]}
    change = bench.changes()[-1]
    assert change["cause"] == {
        "funnel_changed": before[:16],
        "topic": "in",
        "partition": 1,
        "before_offset": 2,
    }
    assert change["funnel_hash"] == bench.funnel.hash
    meta = metas(bench)[-1]
    assert (meta.version, meta.version_before, meta.funnel_from) == (2, 1, 2)
    assert meta.funnel_hash == bench.funnel.hash
    assert not bench.passes()


def test_a_lead_is_read_again_before_its_next_activity() -> None:
    bench = working(max_due=1)
    bench.send(LEADS[0], "demo")
    bench.send(LEADS[0], "call")
    bench.work()
    bench.change(SOONER)
    bench.send(LEADS[0], "seen")
    bench.work()
    assert causes(bench)[-1] == ("to-sql", "funnel_changed")


def test_silence_is_judged_up_to_the_partitions_clock_then_as_ever() -> None:
    bench = working()
    for lead in LEADS[:3]:
        bench.send(lead, "demo")
        bench.later(20 * SECOND)
    bench.change(IMPATIENT)
    bench.work()
    # The clock stands at 30 s: one has been quiet for that long, the other is so 20 s later.
    assert causes(bench)[-1] == ("gone-quiet", "funnel_changed")
    assert bench.changes()[-1]["occurred_at"] == "2026-01-01T00:00:30.000Z"
    bench.later(SECOND)
    assert causes(bench)[-1] == ("gone-quiet", "due")
    assert bench.changes()[-1]["occurred_at"] == "2026-01-01T00:00:50.000Z"


def test_while_the_clock_is_held_silence_is_not_judged() -> None:
    bench = working()
    bench.held = True
    bench.send(LEADS[0], "demo", ago=600 * SECOND)
    bench.work()
    bench.change(IMPATIENT)
    bench.work()
    assert metas(bench)[-1].funnel_since == 0
    assert bench.said() == {LEADS[0]: ["created", "to-mql"]}
    bench.held = False
    bench.later(SECOND)
    assert causes(bench)[-1] == ("gone-quiet", "due")


def test_a_change_waits_for_the_one_before_to_have_read_every_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processing, "REREAD", 1)
    bench = working()
    all_have_called_once(bench)
    bench.change(SOONER)
    bench.one_pass()
    bench.change(IMPATIENT)
    bench.one_pass()
    assert metas(bench)[-1].version == 2
    bench.passes()
    assert {meta.version for meta in metas(bench)} == {1, 2, 3}
    # Each was moved by the second version, though the third had been published by then.
    assert bench.said() == {lead: ["created", "to-mql", "to-sql"] for lead in LEADS}
    table = bench.engine.open_partitions[1].table
    assert {read_under(table.get(lead.encode()) or b"") for lead in LEADS} == {bench.funnel.mark}


def test_what_is_due_is_moved_by_the_funnel_under_which_it_became_so() -> None:
    """The clock has just been let go: the change waits until those that are due have been moved."""
    bench = working(max_due=1)
    bench.send(LEADS[3], "seen")
    bench.work()
    bench.held = True
    for lead in LEADS[:3]:
        bench.send(lead, "demo", ago=120 * SECOND)
    bench.work()
    bench.held = False
    assert bench.engine.open_partitions[1].due
    before = bench.funnel.hash
    bench.change(SOONER)
    bench.work()
    moved = [change for change in bench.changes() if change["rule"] == "gone-quiet"]
    assert {(change["funnel_hash"], next(iter(change["cause"]))) for change in moved} == {(before, "due")}
    assert metas(bench)[-1].version == 2


def test_a_partition_never_goes_back_and_its_next_owner_reads_what_it_does_not_know() -> None:
    bench = working()
    bench.send(LEADS[0], "demo")
    bench.work()
    heir = Bench(bench.kafka, "heir", versions=bench.versions)
    bench.change(SOONER)
    bench.work()
    assert heir.funnels.in_force.number == 1
    heir.assign()
    heir.work()
    heir.send(LEADS[0], "call")
    heir.work()
    assert heir.said() == {LEADS[0]: ["created", "to-mql", "to-sql"]}
    assert heir.funnels.in_force.number == 2


def test_a_change_whose_pass_is_lost_happens_again() -> None:
    bench = working()
    for kind in ("demo", "call"):
        bench.send(LEADS[0], kind)
    bench.work()
    bench.change(SOONER)
    bench.kafka.order("commit", bench.kafka.time_out)
    bench.one_pass()
    assert metas(bench)[-1].version == 1
    heir = heir_of(bench)
    assert heir.said() == {LEADS[0]: ["created", "to-mql", "to-sql"]}
    assert [meta.funnel_from for meta in metas(heir)[-1:]] == [2]


def test_the_next_owner_goes_on_reading_where_the_one_before_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processing, "REREAD", 1)
    bench = working()
    all_have_called_once(bench)
    bench.change(SOONER)
    bench.one_pass()
    left = metas(bench)[-1]
    heir = heir_of(bench)
    assert heir.said() == {lead: ["created", "to-mql", "to-sql"] for lead in LEADS}
    assert {change["cause"]["before_offset"] for change in heir.changes() if change["to"] == "sql"} == {8}
    last = metas(heir)[-1]
    assert (last.funnel_from, last.funnel_since) == (left.funnel_from, left.funnel_since)


# Stages --------------------------------------------------------------------------------------------


def test_counts_follow_a_stage_that_has_another_name() -> None:
    bench = working()
    for lead in LEADS:
        bench.send(lead, "demo")
    bench.work()
    bench.change(RENAMED)
    bench.work()
    table = bench.engine.open_partitions[1].table
    assert {stage: leads for stage, leads in table.stages.items() if leads} == {"qualified": 4}
    assert {due_and_stage(table.get(lead.encode()) or b"")[1] for lead in LEADS} == {"qualified"}
    assert len(bench.changes()) == 8
    bench.metrics.watch(lambda: bench.engine.open_partitions, dict)
    metric = bench.metrics.registry.get_sample_value
    assert metric("leadgate_leads", {"stage": "qualified"}) == 4
    assert metric("leadgate_leads", {"stage": "mql"}) is None
    assert metric("leadgate_leads_to_reread") == 0
    info = {"funnel": "clocked", "hash": bench.funnel.hash}
    assert metric("leadgate_funnel_info", info) == 1


def test_names_are_followed_through_versions_that_were_skipped() -> None:
    bench = working()
    bench.send(LEADS[0], "demo")
    bench.work()
    for funnel in (RENAMED, RENAMED.replace("qualified", "ready").replace("{mql:", "{qualified:")):
        bench.versions.publish(funnel)
    bench.versions.publish(FUNNEL.replace("mql", "ready"))
    heir = heir_of(bench)
    heir.send(LEADS[0], "demo")
    heir.work()
    table = heir.engine.open_partitions[1].table
    assert due_and_stage(table.get(LEADS[0].encode()) or b"")[1] == "ready"


def test_a_funnel_without_a_stage_that_leads_are_in_stops_the_worker_and_says_so() -> None:
    """It is the file that is at fault: no record is put aside for it."""
    bench = working()
    for lead in LEADS[:2]:
        bench.send(lead, "demo")
    bench.work()
    bench.change(FUNNEL.replace("mql", "qualified"))
    with pytest.raises(StageLost, match=r"2 leads are in stage mql.*keep it.*renamed: \{mql: …\}"):
        bench.passes()


def test_a_version_that_has_decided_and_is_not_to_be_found_is_refused() -> None:
    bench = working(FUNNEL, SOONER)
    bench.send(LEADS[0], "demo")
    bench.work()
    heir = Bench(bench.kafka, "heir", versions=FakeFunnels(FUNNEL))
    heir.assign()
    with pytest.raises(NotKnown, match="version 2 of the funnel"):
        heir.open()


@pytest.mark.parametrize(("then", "reread"), [(FUNNEL, False), (SOONER, True)])
def test_what_was_left_before_there_were_versions_goes_on(then: str, reread: bool) -> None:
    bench = working()
    for kind in ("demo", "call"):
        bench.send(LEADS[0], kind)
    bench.work()
    old = msgspec.msgpack.encode(msgspec.structs.astuple(metas(bench)[-1])[:5])
    bench.kafka.append(NAMES.changelog, Outgoing(NAMES.changelog, 1, META_KEY, b"\x01" + old))
    bench.versions = FakeFunnels(then)
    heir = heir_of(bench)
    assert heir.said()[LEADS[0]] == ["created", "to-mql", *(["to-sql"] if reread else [])]
    assert encode_meta(metas(heir)[-1])[:1] == b"\x02" or not reread


# Whenever the background comes ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("funnel", [SOONER, IMPATIENT, RENAMED])
def test_when_a_lead_is_read_again_makes_no_difference(
    seed: int, funnel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing, "REREAD", 10_000)
    at_once = lived_through(seed, funnel)
    monkeypatch.setattr(processing, "REREAD", 1)
    assert lived_through(seed, funnel) == at_once


def lived_through(seed: int, funnel: str) -> list[Any]:
    """What is said of ten leads whose funnel is changed amid their lives, lead by lead."""
    chance = random.Random(seed)
    bench = working(max_due=3, pass_records=4)
    leads = [lead_of(1, nth) for nth in range(10)]

    def one_pass() -> None:
        bench.deliver()
        bench.one_pass()

    def live(run: Callable[[], object]) -> None:
        for _ in range(25):
            kind = chance.choice(["demo", "call", "seen", "seen"])
            bench.send(chance.choice(leads), kind, ago=chance.choice([0, 0, 5, 40]) * SECOND)
            bench.kafka.now += chance.randrange(8 * SECOND)
            run()

    live(bench.work)
    bench.change(funnel)
    live(one_pass)
    bench.work()
    bench.later(200 * SECOND)
    said = bench.changes()
    for change in said:
        del change["decided_at"]
        if "due" in change["cause"]:
            del change["cause"]["before_offset"]
    return sorted(said, key=lambda change: (change["lead_id"], change["seq"]))


# Leads that travel ---------------------------------------------------------------------------------


def test_a_lead_merged_across_partitions_waits_for_the_funnel_that_has_read_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its stage is one that only the newer funnel has; the survivor's partition is not there yet."""
    monkeypatch.setattr(processing, "REREAD", 1)
    bench = working()
    for lead in (lead_of(0), *LEADS):
        bench.send(lead, "demo")
    bench.work()
    # Partition 1 has leads to read under the second version while 0 is under the third already.
    bench.change(IMPATIENT)
    bench.one_pass()
    bench.change(RENAMED)
    bench.one_pass()
    in_force = {number: one.in_force.version for number, one in bench.engine.open_partitions.items()}
    assert (in_force[0], in_force[1]) == (3, 2)
    merge(bench, lead_of(0), LEADS[0])
    bench.work()
    table = bench.engine.open_partitions[1].table
    assert {due_and_stage(table.get(lead.encode()) or b"")[1] for lead in LEADS} == {"qualified"}
    assert bench.dead() == []
    assert {stage: leads for stage, leads in table.stages.items() if leads} == {"qualified": 4}
    assert bench.engine.open_partitions[0].table.unread(1) == []


def test_what_waits_for_a_funnel_does_not_keep_it_from_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    """The partition goes on reading leads again, and moving them, while a record of it waits."""
    monkeypatch.setattr(processing, "REREAD", 3)
    bench = working()
    leads = [lead_of(1, nth) for nth in range(20)]
    for lead in (lead_of(0), *leads):
        bench.send(lead, "demo")
    bench.work()
    bench.change(IMPATIENT)
    bench.one_pass()
    bench.change(RENAMED)
    bench.one_pass()
    merge(bench, lead_of(0), leads[0])
    for _ in range(2):
        bench.deliver()
        bench.one_pass()
    assert bench.engine.open_partitions[1].awaits == 3
    assert bench.engine.open_partitions[1].in_force.version == 2
    bench.kafka.now += 15 * SECOND
    bench.work()
    assert bench.engine.open_partitions[1].in_force.version == 3
    assert bench.said()[leads[0]] == ["created", "to-mql"]
    assert bench.engine.open_partitions[1].table.get(lead_of(0).encode()) is None


def test_a_lead_merged_before_the_change_is_called_by_the_new_names_where_it_arrives() -> None:
    bench = working()
    bench.send(lead_of(0), "demo")
    bench.work()
    merge(bench, lead_of(0), LEADS[0])
    bench.deliver()
    bench.one_pass()
    bench.change(RENAMED)
    bench.work()
    table = bench.engine.open_partitions[1].table
    assert due_and_stage(table.get(LEADS[0].encode()) or b"")[1] == "qualified"
    assert bench.said()[LEADS[0]] == ["created", "merged"]


def test_a_lead_that_was_read_by_a_version_that_is_not_to_be_found_stops_the_worker() -> None:
    """The version was published before it read anyone: waiting for it would be for ever."""
    bench = working()
    moving = Moving([lead_of(0)], None, b"{}", version=9)
    forwarding = bench.engine.processor.forwarding
    bench.kafka.append(NAMES.activities, forwarding.internal(LEADS[0].encode(), moving))
    with pytest.raises(NotKnown, match=r"version 9 of the funnel, which .* does not have: restore the topic"):
        bench.work()


def merge(bench: Bench, lead: str, into: str) -> None:
    activity = {
        "id": f"merge-{lead}",
        "lead_id": lead,
        "type": "lead_merged",
        "occurred_at": format_moment(bench.kafka.now),
        "properties": {"into": into},
    }
    bench.send_bytes(lead.encode(), json.dumps(activity).encode())
