"""`leadgate diff`: what changes, and for which leads of a history."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from streams.cli.schema import Document, json_schema
from tests.unit.test_backtest import FUNNEL, LINES, leadgate, line

RENAMED: dict[str, Any] = json.loads(json.dumps(FUNNEL).replace('"mql"', '"known"')) | {
    "renamed": {"mql": "known"}
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.yaml"
    path.write_text(json.dumps(FUNNEL))
    return path


def changed(tmp_path: Path, **parts: Any) -> Path:
    path = tmp_path / "new.yaml"
    path.write_text(json.dumps(FUNNEL | parts))
    return path


def slower(tmp_path: Path) -> Path:
    """`slow` takes 20 days instead of 2, and a rule asks what nobody asked."""
    rules = [
        rule | {"when": {"in_stage": "20d"}} if rule.get("name") == "slow" else rule
        for rule in FUNNEL["transitions"]
    ]
    quick = {"name": "quick", "from": "lead", "to": "customer", "when": {"did": "bought"}}
    return changed(tmp_path, transitions=[*rules, quick])


def found(*arguments: object, code: int, stdin: str = "") -> dict[str, Any]:
    ran = leadgate("diff", *arguments, "--format", "json", stdin=stdin)
    assert (ran.code, ran.err) == (code, "")
    document: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(document, json_schema(Document.DIFF))
    return document


def test_the_same_funnel_has_no_changes_and_no_lead_elsewhere(old: Path, tmp_path: Path) -> None:
    same = changed(tmp_path)
    for history in ([], ["-"]):
        document = found(old, same, *history, code=0, stdin=LINES)
        assert (document["changes"], document["starts_empty"]) == ([], [])
    leads = document["leads"]
    assert (leads["elsewhere"], leads["parted"], leads["at_once"], leads["stranded"]) == (0, [], [], {})
    assert leads["old"] == leads["new"]
    assert "0 leads would be elsewhere.\nOf no lead would anything else have been said.\n" in (
        leadgate("diff", old, same, "-", stdin=LINES).out
    )


def test_without_history_only_the_files_are_compared(old: Path, tmp_path: Path) -> None:
    document = found(old, slower(tmp_path), code=1, stdin="not read")
    assert document["leads"] is None
    assert [(one["part"], one["name"], one["change"]) for one in document["changes"]] == [
        ("rule", "slow", "changed"),
        ("rule", "quick", "added"),
    ]
    assert document["starts_empty"] == [{"what": "bought", "known": None, "asked_by": ["quick"]}]


def test_leads_that_would_be_elsewhere_are_named_with_the_rule_and_the_moment(
    old: Path, tmp_path: Path
) -> None:
    leads = found(old, slower(tmp_path), "-", code=1, stdin=LINES)["leads"]
    assert leads["elsewhere"] == 1
    assert leads["parted"] == [
        {
            "lead_id": "c",
            "old_stage": "recycled",
            "new_stage": "mql",
            "elsewhere": True,
            "old_said": {
                "at": "2026-01-05T00:00:00.000Z",
                "rule": "slow",
                "signal": None,
                "from": "mql",
                "to": "recycled",
            },
            "new_said": None,
        }
    ]


def test_the_leads_named_are_those_of_which_qualify_says_something_else(old: Path, tmp_path: Path) -> None:
    new, history = slower(tmp_path), tmp_path / "history.jsonl"
    history.write_text(LINES)

    def said(funnel: Path) -> dict[str, list[Any]]:
        by_lead: dict[str, list[Any]] = {}
        for text in leadgate("qualify", funnel, history).out.splitlines():
            one = json.loads(text)
            what = [one.get(name) for name in ("from", "to", "rule", "signal", "stage", "occurred_at")]
            by_lead.setdefault(one["lead_id"], []).append(what)
        return by_lead

    was, now = said(old), said(new)
    leads = found(old, new, history, code=1)["leads"]
    assert {one["lead_id"] for one in leads["parted"]} == {lead for lead in was if was[lead] != now[lead]}


def test_what_the_change_itself_would_move(old: Path, tmp_path: Path) -> None:
    """The old file kept that `deal_won` was done, and lead d has done it, in a stage where nobody asked."""
    rules = [
        *FUNNEL["transitions"],
        {"name": "won", "from": "lead", "to": "customer", "when": {"did": "deal_won"}},
    ]
    leads = found(
        old, changed(tmp_path, transitions=rules), "-", code=1, stdin=LINES + line("d", 9, "deal_won")
    )["leads"]
    assert leads["at_once"] == [{"from": "lead", "to": "customer", "rule": "won", "count": 1}]


def test_leads_in_a_stage_that_is_gone_are_counted(old: Path, tmp_path: Path) -> None:
    rules = [rule for rule in FUNNEL["transitions"] if "recycled" not in (rule["to"], rule.get("from"))]
    new = changed(tmp_path, off_path=["lost"], transitions=rules)
    ran = leadgate("diff", old, new, "-", stdin=LINES)
    assert ran.code == 1
    assert "leads are in stages that it lacks: recycled (1)" in ran.out
    assert found(old, new, "-", code=1, stdin=LINES)["leads"]["stranded"] == {"recycled": 1}


def test_a_renamed_stage_is_the_same_one_and_nobody_is_elsewhere(old: Path, tmp_path: Path) -> None:
    document = found(old, changed(tmp_path, **RENAMED), "-", code=1, stdin=LINES)
    assert [(one["part"], one["name"]) for one in document["changes"]] == [("renamed", "mql")]
    assert (document["leads"]["parted"], document["leads"]["stranded"]) == ([], {})


@pytest.mark.parametrize("name", [{}, {"name": "to-mql"}])
def test_a_rule_that_keeps_its_name_when_its_stage_is_renamed_parts_nobody(
    tmp_path: Path, name: dict[str, str]
) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    first, *rest = FUNNEL["transitions"]
    old.write_text(json.dumps(FUNNEL | {"transitions": [first | name, *rest]}))
    first, *rest = RENAMED["transitions"]
    new.write_text(json.dumps(RENAMED | {"transitions": [first | {"name": "to-mql"}, *rest]}))
    document = found(old, new, "-", code=1, stdin=LINES)
    assert [(one["part"], one["name"]) for one in document["changes"]] == [("renamed", "mql")]
    assert (document["leads"]["parted"], document["leads"]["elsewhere"]) == ([], 0)


def test_leads_of_a_renamed_stage_are_in_one_row(old: Path, tmp_path: Path) -> None:
    new = changed(tmp_path, **RENAMED)
    stays = line("e", 8, "demo_requested")
    ran = leadgate("diff", old, new, "-", stdin=LINES + stays)
    rows = [text.split() for text in ran.out.splitlines() if text.startswith(("known ", "mql "))]
    assert rows == [["known", "1", "1"]]
    leads = found(old, new, "-", code=1, stdin=LINES + stays)["leads"]
    assert leads["renamed"] == {"mql": "known"}
    assert {"mql", "known"} & {stage["stage"] for stage in leads["old"]["stages"]} == {"mql"}, "as it was"


def test_leads_of_stages_that_have_become_one_are_added_up(old: Path, tmp_path: Path) -> None:
    new = json.loads(json.dumps(FUNNEL).replace('"recycled"', '"lost"')) | {
        "off_path": ["lost"],
        "final": ["customer"],
        "renamed": {"recycled": "lost"},
    }
    ran = leadgate("diff", old, changed(tmp_path, **new), "-", stdin=LINES)
    rows = [text.split() for text in ran.out.splitlines() if text.startswith(("recycled ", "lost "))]
    assert rows == [["lost", "2", "2"]]


def test_a_move_by_hand_to_a_renamed_stage_leads_there_under_both(old: Path, tmp_path: Path) -> None:
    moved = line("d", 10, "stage_assigned", properties={"to": "mql", "hold": "1d"})
    broken = line("d", 11, "stage_assigned", properties={"to": ["mql"]})
    new = changed(tmp_path, **RENAMED)
    ran = leadgate("diff", old, new, "-", "--format", "json", stdin=LINES + moved + broken)
    leads = json.loads(ran.out)["leads"]
    assert (ran.code, leads["parted"], leads["old"]["history"]["broken"]) == (1, [], 1)
    assert sum(stage["leads"] for stage in leads["new"]["stages"] if stage["stage"] == "known") == 1


def test_an_activity_that_one_funnel_alone_can_take_parts_its_lead(old: Path, tmp_path: Path) -> None:
    new = changed(tmp_path, stages=["lead", "mql", "sql", "customer"])
    assigned = line("d", 10, "stage_assigned", properties={"to": "sql"})
    leads = found(old, new, "-", code=1, stdin=LINES + assigned)["leads"]
    assert [(one["lead_id"], one["old_stage"], one["new_stage"]) for one in leads["parted"]] == [
        ("a", "customer", "recycled"),
        ("d", "lead", "sql"),
    ]


def test_tables_say_what_changes_and_for_whom(old: Path, tmp_path: Path) -> None:
    page = tmp_path / "diff.html"
    ran = leadgate("diff", old, slower(tmp_path), "-", "--html", page, stdin=LINES)
    for said in (
        "48 hours in the stage",
        "20 days in the stage",
        "1 lead would be elsewhere.",
        "What was said otherwise first",
        "2026-01-05T00:00:00.000Z slow: mql → recycled",
    ):
        assert said in ran.out
        assert said in page.read_text()
    assert page.read_text().count("<svg") == 2


def test_what_comes_from_outside_can_not_move_a_terminals_cursor(old: Path, tmp_path: Path) -> None:
    evil = "\x1b[2Jx"
    lines = line(evil, 1, "seen") + line(evil, 2, "demo_requested") + line(evil, 9, evil)
    ran = leadgate("diff", old, slower(tmp_path), "-", stdin=lines)
    assert "\\x1b[2Jx" in ran.out
    assert "\x1b" not in ran.out
    ran = leadgate("backtest", old, stdin=line("a", 1, evil) + json.dumps({"id": evil, evil: 1, "type": 1}))
    assert "\x1b" not in ran.err


def test_a_broken_line_makes_the_exit_code_1_and_is_said_once(old: Path, tmp_path: Path) -> None:
    ran = leadgate("diff", old, changed(tmp_path), "-", stdin="nonsense\n" + LINES)
    assert ran.code == 1
    assert [text.split(":")[0] for text in ran.err.splitlines()] == ["line 1"]
    assert "Nothing: both files mean the same." in ran.out


def test_a_funnel_with_faults_is_refused_by_its_name(old: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("funnel: f\nstages: [lead, mql]\ntransitions:\n- {to: mpl, when: {did: x}}\n")
    ran = leadgate("diff", old, bad)
    assert (ran.code, ran.out) == (2, "")
    assert f"{bad}:4:8" in ran.err
