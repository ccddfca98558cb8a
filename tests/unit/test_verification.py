"""Decisions verified: what a worker has said is proven, and what was tampered with is found and named."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qualifiers import compile_funnel, load_funnel
from schemas.moments import MINUTE, SECOND
from schemas.verification import Difference, Verdict, VerdictName, Verification
from streams.cli.verify import lines_of
from streams.engine.changelog import (
    META_KEY,
    RESTORING,
    Meta,
    UnfinishedRestore,
    encode_meta,
    lead_key,
    reign_key,
)
from streams.settings import load_settings
from streams.verification import telling
from streams.verification.funnel_versions import known_funnels
from streams.verification.reading import metas_in
from streams.verification.said import Unsaid, read_said
from tests.doubles.engines import FUNNEL, NAMES, Bench, lead_of
from tests.doubles.funnels import FakeFunnels
from tests.doubles.kafka import FakeRecord
from tests.doubles.verified import Verifying

SIGNALLED = FUNNEL + "signals:\n  - {name: keen, in: [lead, mql], when: {did: call}}\n"
ANNA, BOB, CARL = lead_of(0), lead_of(0, 1), lead_of(1)
SOONER = SIGNALLED.replace("quiet: 60s", "quiet: 40s").replace("times: 2", "times: 1")


def worked(*, then: Callable[[Bench], None] | None = None) -> Verifying:
    """Leads that act, that are silent, one that comes late; and what a test does ``then``."""
    bench = Bench(versions=FakeFunnels(SIGNALLED))
    bench.assign()
    bench.work()
    for lead in (ANNA, BOB, CARL):
        bench.send(lead, "demo")
        bench.send(lead, "call")
        bench.later(5 * SECOND)
    bench.send(ANNA, "call", ago=2 * SECOND)
    bench.later(30 * SECOND)
    bench.send(ANNA, "seen")
    bench.later(50 * SECOND)
    if then is not None:
        then(bench)
    bench.later(3 * MINUTE)
    return Verifying(bench)


def found(verifying: Verifying) -> list[tuple[str, str | None, int | None]]:
    return [(one.verdict, one.lead_id, one.seq) for one in verifying.verdicts() if one.verdict != "proven"]


def changed(record: FakeRecord, **members: Any) -> FakeRecord:
    return replace(record, its_value=json.dumps(json.loads(record.its_value or b"") | members).encode())


def about(record: FakeRecord) -> tuple[str, int]:
    said = json.loads(record.its_value or b"")
    return said["lead_id"], said["seq"]


def test_all_that_a_worker_has_said_is_proven() -> None:
    verifying = worked()
    verdicts = verifying.verdicts()
    said = verifying.bench.kafka.all(NAMES.stage_changes) + verifying.bench.kafka.all(NAMES.signals)
    assert [one for one in verdicts if one.verdict != "proven"] == []
    assert len(verdicts) == len(said)
    assert {one.signal for one in verdicts} == {None, "keen"}
    causes = [json.loads(record.value() or b"")["cause"] for record in said]
    assert any("due" in cause for cause in causes)


@pytest.mark.parametrize("compacted", [False, True])
def test_changed_funnels_and_a_worker_started_again(compacted: bool) -> None:
    def change(bench: Bench) -> None:
        bench.send(ANNA, "demo")
        bench.later(SECOND)
        bench.change(SOONER)
        bench.later(SECOND)
        bench.take()
        bench.assign()
        bench.send(CARL, "demo")
        bench.later(SECOND)
        bench.send(CARL, "call")
        bench.later(SECOND)
        bench.change(SIGNALLED)
        bench.later(SECOND)
        bench.send(BOB, "demo")
        bench.change(SOONER.replace("90s", "70s"))

    verifying = worked(then=change)
    verifying.compacted = compacted
    assert verifying.unproven() == []
    hashes = {
        json.loads(one.value() or b"")["funnel_hash"]
        for one in verifying.bench.kafka.all(NAMES.stage_changes)
    }
    assert len(hashes) == 3


@pytest.mark.parametrize("into", [BOB, CARL])
def test_merged_and_erased_leads(into: str) -> None:
    def merge(bench: Bench) -> None:
        for lead, kind, properties in [
            (ANNA, "demo", {}),
            (ANNA, "lead_merged", {"into": into}),
            (ANNA, "call", {}),
            (into, "call", {}),
            (CARL, "lead_erased", {}),
            (CARL, "demo", {}),
        ]:
            bench.kafka.sent += 1
            value = {
                "id": f"m{bench.kafka.sent}",
                "lead_id": lead,
                "type": kind,
                "occurred_at": "2026-01-01T00:02:00Z",
                "properties": properties,
            }
            bench.send_bytes(lead.encode(), json.dumps(value).encode())
        bench.work()

    verifying = worked(then=merge)
    assert verifying.unproven() == []
    assert "merged" in {change["rule"] for change in verifying.bench.changes()}


def test_held_clocks() -> None:
    bench = Bench()
    bench.held = True
    bench.assign()
    bench.send(ANNA, "demo")
    bench.later(5 * MINUTE)
    bench.send(ANNA, "call")
    bench.later(5 * MINUTE)
    verifying = Verifying(bench)
    verifying.held = True
    assert verifying.unproven() == []
    bench.held = False
    bench.later(SECOND)
    assert Verifying(bench).unproven() == []
    assert bench.said()[ANNA][-1] == "gone-quiet"


# Tampering ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"to": "sql"}, "to"),
        ({"rule": "manual"}, "rule"),
        ({"reason": "Because."}, "reason"),
        ({"evidence": []}, "evidence"),
        ({"scores": {"fit": 1.0}}, "scores.fit"),
        ({"occurred_at": "2026-01-01T00:00:01.000Z"}, "occurred_at"),
        ({"id": "0" * 32}, "id"),
        ({"late": True}, "late"),
        ({"note": "mine"}, "note"),
        ({"funnel_hash": "0" * 64}, "funnel_hash"),
    ],
)
@pytest.mark.parametrize("place", [(ANNA, 2), (ANNA, 4)], ids=["by an activity", "by time"])
def test_an_altered_decision_is_named_with_what_differs(
    members: dict[str, Any], member: str, place: tuple[str, int]
) -> None:
    verifying = worked()
    verifying.topics.tampered[NAMES.stage_changes] = lambda records: [
        changed(one, **members) if about(one) == place else one for one in records
    ]
    (verdict,) = [one for one in verifying.verdicts() if one.verdict != "proven"]
    assert (verdict.verdict, verdict.lead_id, verdict.seq) == ("differs", *place)
    assert [one.member for one in verdict.differences] == [member]


@pytest.mark.parametrize("more", [b"1" * 5_000, b'"a"'], ids=["a number that Python does not read", "text"])
def test_a_member_that_we_never_write_is_named(more: bytes) -> None:
    verifying = worked()
    verifying.topics.tampered[NAMES.stage_changes] = lambda records: [
        replace(one, its_value=(one.its_value or b"")[:-1] + b',"more":' + more + b"}")
        if about(one) == (ANNA, 2)
        else one
        for one in records
    ]
    (verdict,) = [one for one in verifying.verdicts() if one.verdict != "proven"]
    assert (verdict.verdict, verdict.lead_id, verdict.seq) == ("differs", ANNA, 2)
    (difference,) = verdict.differences
    assert difference.member in ("more", "the record's value")
    assert more.decode().strip('"') in difference.said


@pytest.mark.parametrize(
    "cause",
    [
        {"due": "2026-01-01T00:01:39.999Z"},
        {"due": "2031-01-01T00:00:00.000Z"},
        {"before_offset": 1},
        {"before_offset": 1_000},
    ],
)
def test_a_false_word_on_when_time_moved_a_lead_harms_no_other(cause: dict[str, Any]) -> None:
    verifying = worked()

    def alter(records: list[FakeRecord]) -> list[FakeRecord]:
        return [
            changed(one, cause=json.loads(one.its_value or b"")["cause"] | cause)
            if about(one) == (ANNA, 4)
            else one
            for one in records
        ]

    verifying.topics.tampered[NAMES.stage_changes] = alter
    verdicts = [one for one in verifying.verdicts() if one.verdict != "proven"]
    assert {one.lead_id for one in verdicts} == {ANNA}
    assert {one.verdict for one in verdicts} <= {"differs", "missing"}


@pytest.mark.parametrize("place", [(ANNA, 1), (ANNA, 2), (ANNA, 4), (BOB, 3)])
def test_what_was_left_out_is_missed(place: tuple[str, int]) -> None:
    verifying = worked()
    verifying.topics.tampered[NAMES.stage_changes] = lambda records: [
        one for one in records if about(one) != place
    ]
    assert found(verifying) == [("missing", *place)]


def test_a_signal_that_was_left_out_is_missed() -> None:
    verifying = worked()
    verifying.topics.tampered[NAMES.signals] = lambda records: records[1:]
    assert {verdict for verdict, *_ in found(verifying)} == {"missing"}


def test_what_was_said_twice() -> None:
    verifying = worked()
    verifying.topics.tampered[NAMES.stage_changes] = lambda records: [
        copy for one in records for copy in ([one, one] if about(one) == (BOB, 2) else [one])
    ]
    assert found(verifying) == [("repeated", BOB, 2)]


def test_what_was_said_out_of_order() -> None:
    verifying = worked()

    def swap(records: list[FakeRecord]) -> list[FakeRecord]:
        order = {place: number for number, place in enumerate(map(about, records))}
        if (ANNA, 3) in order:
            one, other = order[ANNA, 2], order[ANNA, 3]
            records[one], records[other] = records[other], records[one]
        return records

    verifying.topics.tampered[NAMES.stage_changes] = swap
    assert found(verifying) == [("out_of_order", ANNA, 3)]


def test_what_nothing_gives() -> None:
    verifying = worked()
    verifying.topics.tampered[NAMES.stage_changes] = lambda records: [
        *records,
        *(changed(one, id="f" * 32, seq=9) for one in records if about(one) == (BOB, 1)),
    ]
    assert found(verifying) == [("unfounded", BOB, 9)]


def test_what_is_no_decision() -> None:
    verifying = worked()
    verifying.topics.tampered[NAMES.stage_changes] = lambda records: [
        replace(one, its_value=b"nothing") if about(one) == (BOB, 2) else one for one in records
    ]
    assert sorted(found(verifying), key=str) == [("missing", BOB, 2), ("unreadable", BOB, None)]


def test_the_key_is_a_part_of_it() -> None:
    verifying = worked()
    verifying.topics.tampered[NAMES.stage_changes] = lambda records: [
        replace(one, its_key=b"eve") if about(one) == (BOB, 2) else one for one in records
    ]
    assert found(verifying) == [("differs", BOB, 2)]


# What cannot be proven ------------------------------------------------------------------------


def test_a_life_that_began_before_the_input_is_told_apart() -> None:
    new = lead_of(0, 2)

    def begin(bench: Bench) -> None:
        bench.send(new, "demo")

    verifying = worked(then=begin)
    verifying.topics.begins[NAMES.activities] = 5
    verdicts = {one.lead_id: one for one in verifying.verdicts() if one.verdict == "unprovable"}
    assert verdicts[ANNA].why == "the input begins at offset 5"
    assert new not in verdicts
    assert {one.verdict for one in verifying.verdicts()} == {"proven", "unprovable"}


def test_what_was_deleted_from_the_topic_of_what_was_said_is_not_missed() -> None:
    verifying = worked()
    verifying.topics.begins[NAMES.stage_changes] = 4
    assert found(verifying) == []


# One lead, and a file --------------------------------------------------------------------------


def test_one_lead_alone() -> None:
    verifying = worked()
    verdicts = verifying.verdicts(lead=ANNA)
    assert {one.lead_id for one in verdicts} == {ANNA}
    assert {one.verdict for one in verdicts} == {"proven"}
    assert len(verdicts) == sum(one.lead_id == ANNA for one in verifying.verdicts())


def test_of_what_is_given_nothing_is_missed() -> None:
    verifying = worked()
    records = [
        one for one in verifying.bench.kafka.all(NAMES.stage_changes) if about(one) in [(ANNA, 2), (ANNA, 4)]
    ]
    lines = [records[0].its_value, changed(records[1], to="won").its_value]
    given = [read_said(line, f"said.jsonl:{n}", n) for n, line in enumerate(lines, 1)]
    verdicts: list[Verdict] = verifying.verdicts(given=given)
    assert [(one.verdict, one.where) for one in verdicts if one.lead_id == ANNA] == [
        ("proven", "said.jsonl:1"),
        ("differs", "said.jsonl:2"),
    ]


def test_the_mark_that_some_programs_begin_a_file_with_is_no_part_of_a_decision(tmp_path: Path) -> None:
    file = tmp_path / "said.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + b'{"a": 1}\r\n\n{"b": 2}\n')
    assert lines_of(str(file)) == [(f"{file}:1", b'{"a": 1}'), (f"{file}:3", b'{"b": 2}')]


@pytest.mark.parametrize("value", [None, b"", b"[]", b"{}", b'{"id": 3}', b"\xff", b"[" * 100_000])
def test_a_value_that_is_no_decision_is_refused(value: bytes | None) -> None:
    with pytest.raises(Unsaid):
        read_said(value, "here", 0)


# What the changelog tells --------------------------------------------------------------------------


def kept(key: bytes, value: bytes | None) -> FakeRecord:
    return FakeRecord((NAMES.changelog, 0, 0), 0, key, value)


OLD, RESTORED, LATER = (
    Meta(position, 0, "clocked", "ab" * 32, "topic", version, position, version_before=version - 1)
    for position, version in ((900, 2), (40, 1), (60, 2))
)


def test_what_a_partition_was_before_a_restore_tells_nothing_of_its_reigns() -> None:
    changelog = [
        kept(reign_key(2), encode_meta(OLD)),
        kept(META_KEY, encode_meta(OLD)),
        kept(META_KEY, RESTORING),
        kept(lead_key(b"anna"), b"1"),
        kept(reign_key(2), None),
        kept(META_KEY, encode_meta(RESTORED)),
        kept(reign_key(2), encode_meta(LATER)),
        kept(META_KEY, encode_meta(LATER)),
    ]
    assert metas_in(changelog) == [RESTORED, LATER, LATER]
    with pytest.raises(UnfinishedRestore):
        metas_in(changelog[:5])


# What the command says --------------------------------------------------------------------------


def test_a_person_reads_a_line_a_verdict_and_what_differs() -> None:
    verifying = worked()
    verifying.topics.tampered[NAMES.stage_changes] = lambda records: [
        changed(one, to="won") if about(one) == (BOB, 2) else one
        for one in records
        if about(one) != (ANNA, 4)
    ]
    verdicts = [one for one in verifying.verdicts() if one.verdict != "proven"]
    counts: dict[VerdictName, int] = {"proven": 11, "differs": 1, "missing": 1, "repeated": 0}
    said = list(telling.lines(Verification(group="sales", partitions=[], counts=counts, verdicts=verdicts)))
    assert said[:2] == [
        f"differs  {BOB} seq 2  out 0-4  the input gives another to",
        '    to: said "won", recomputed "mql"',
    ]
    assert said[2].startswith(f"missing  {ANNA} seq 4  nowhere  overdue to lost at ")
    assert said[3] == "12 decisions of sales: 11 proven, 1 differs, 1 missing"


def test_what_others_have_written_moves_no_terminal() -> None:
    verdict = Verdict(
        verdict="differs",
        lead_id="an\x1b[2Jna\nproven",
        why="reason\r",
        differences=[Difference(member="reason", said="\x9b2J", recomputed="so")],
    )
    said = list(telling.lines(Verification(group="sales", partitions=[], counts={}, verdicts=[verdict])))
    assert said[:2] == [
        r"differs  an\x1b[2Jna\nproven  nowhere  reason\r",
        r'    reason: said "\x9b2J", recomputed "so"',
    ]


def test_funnels_that_are_given_have_the_numbers_that_the_changelog_knows_them_by() -> None:
    first, second = compile_funnel(load_funnel(SIGNALLED)), compile_funnel(load_funnel(SOONER))
    files = [(SIGNALLED.encode(), "first.yaml"), (SOONER.encode(), "second.yaml")]
    settings = load_settings(group="sales")
    metas = [Meta(9, 0, "clocked", second.hash, "topic", version=7, version_before=6)]
    numbered = known_funnels(settings, files, metas).published
    assert [(one.version, one.hash) for one in numbered] == [(1, first.hash), (7, second.hash)]
    assert [one.version for one in known_funnels(settings, files, []).published] == [1, 2]
