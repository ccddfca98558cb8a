"""`leadgate backtest`: its figures are those of what `leadgate qualify` decides."""

import json
import os
import pty
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from schemas.backtest_report import History
from schemas.moments import DAY
from streams.cli.schema import Document, json_schema
from streams.reports.backtest import history_notes
from streams.simulation import population, records

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
FUNNEL: dict[str, Any] = {
    "funnel": "f",
    "stages": ["lead", "mql", "customer"],
    "off_path": ["recycled", "lost"],
    "final": ["customer", "lost"],
    "transitions": [
        {"to": "mql", "when": {"did": "demo_requested", "since": "entry"}},
        {"to": "customer", "when": {"did": "deal_won"}},
        {"name": "slow", "from": "mql", "to": "recycled", "when": {"in_stage": "2d"}},
        {"name": "rejected", "from": "mql", "to": "recycled", "when": {"did": "rejected", "since": "entry"}},
        {"name": "back", "from": "recycled", "to": "mql", "when": {"did": "came_back", "since": "entry"}},
        {"name": "no-fit", "from": ["lead", "mql"], "to": "lost", "when": {"did": "no_fit"}},
        {"name": "never", "from": "lead", "to": "lost", "when": {"did": "seen", "times": 60}},
    ],
    "signals": [
        {"name": "seen", "in": "lead", "when": {"did": "seen"}},
        {"name": "unheard", "in": "lead", "when": {"did": "heard"}},
    ],
}


def line(lead_id: str, day: int, type_: str, **members: Any) -> str:
    """An activity of a day of January 2026."""
    moment = f"2026-01-{day:02d}T00:00:00Z"
    identity = {"id": f"{lead_id}-{day}-{type_}", "lead_id": lead_id, "type": type_, "occurred_at": moment}
    return json.dumps(identity | members) + "\n"


LINES = "".join(
    [
        line("a", 1, "seen"),
        line("a", 2, "demo_requested"),
        line("a", 3, "deal_won"),
        line("b", 1, "seen"),
        line("b", 2, "demo_requested"),
        line("b", 3, "rejected"),
        line("b", 5, "came_back"),
        line("b", 6, "no_fit"),
        line("c", 2, "seen"),
        line("c", 3, "demo_requested"),
        line("c", 9, "seen"),
        line("d", 9, "seen"),
        line("d", 9, "seen"),
    ]
)


class Ran:
    """How a run ended, and what it said."""

    def __init__(self, done: "subprocess.CompletedProcess[bytes]") -> None:
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()


def leadgate(*arguments: object, stdin: str = "") -> Ran:
    command = [sys.executable, "-m", "streams", *map(str, arguments)]
    return Ran(subprocess.run(command, input=stdin.encode(), capture_output=True, timeout=120))


def on_a_terminal(columns: int, *arguments: object, stdin: str) -> str:
    """What a person sees whose terminal is so wide."""
    command = [sys.executable, "-m", "streams", *map(str, arguments)]
    ours, its = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=its, env=environment) as running:
        os.close(its)
        assert running.stdin is not None
        running.stdin.write(stdin.encode())
        running.stdin.close()
        shown = b""
        with suppress(OSError):  # so a terminal says that nobody has it any more
            while some := os.read(ours, 65_536):
                shown += some
    os.close(ours)
    assert running.returncode == 0
    return shown.decode()


@pytest.fixture
def funnel(tmp_path: Path) -> Path:
    path = tmp_path / "funnel.yaml"
    path.write_text(json.dumps(FUNNEL))
    return path


def report(*arguments: object, stdin: str = "", code: int = 0) -> dict[str, Any]:
    ran = leadgate("backtest", *arguments, "--format", "json", stdin=stdin)
    assert (ran.code, ran.err) == (code, "")
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(found, json_schema(Document.BACKTEST))
    return found


def test_leads_by_stage_and_how_long_they_stayed(funnel: Path) -> None:
    found = report(funnel, stdin=LINES)
    assert found["history"] == {
        "name": "stdin",
        "activities": 13,
        "duplicates": 1,
        "broken": 0,
        "leads": 4,
        "begins": "2026-01-01T00:00:00.000Z",
        "ends": "2026-01-09T00:00:00.000Z",
    }
    days = 86_400
    assert [tuple(stage.values()) for stage in found["stages"]] == [
        # on path, final; entered, left, are there; median, p90
        ("lead", True, False, 4, 3, 1, 1 * days, 1 * days),
        ("mql", True, False, 4, 4, 0, 1 * days, 2 * days),
        ("customer", True, True, 1, 0, 1, None, None),
        ("recycled", False, False, 2, 1, 1, 2 * days, 2 * days),
        ("lost", False, True, 1, 0, 1, None, None),
    ]


def test_moves_and_conversion(funnel: Path) -> None:
    found = report(funnel, stdin=LINES)
    assert [tuple(move.values()) for move in found["moves"]] == [
        (None, "lead", "created", 4, None),
        ("lead", "mql", "to-mql", 3, 0.75),
        ("mql", "customer", "to-customer", 1, 0.25),
        ("mql", "recycled", "rejected", 1, 0.25),
        ("mql", "recycled", "slow", 1, 0.25),
        ("mql", "lost", "no-fit", 1, 0.25),
        ("recycled", "mql", "back", 1, 0.5),
    ]
    assert [tuple(one.values()) for one in found["conversions"]] == [
        ("lead", "mql", 4, 3, 0.75),
        ("mql", "customer", 3, 1, 1 / 3),
    ]


def test_what_became_of_the_leads_that_a_rule_moved(funnel: Path) -> None:
    found = report(funnel, stdin=LINES)
    nothing = dict.fromkeys(("accepted", "rejected", "ignored", "won", "lost"), 0)
    quality = {rule["rule"]: (rule["fired"], rule["quality"]) for rule in found["rules"]}
    assert quality == {
        "to-mql": (3, nothing | {"accepted": 1, "rejected": 1, "ignored": 1, "won": 1}),
        "to-customer": (1, nothing),
        "slow": (1, nothing),
        "rejected": (1, nothing),
        "back": (1, nothing | {"rejected": 1, "lost": 1}),
        "no-fit": (1, nothing),
        "never": (0, nothing),
    }
    assert found["signals"] == [{"signal": "seen", "given": 4}, {"signal": "unheard", "given": 0}]


def test_a_merged_lead_counts_as_what_it_is_part_of(funnel: Path) -> None:
    merge = line("a", 4, "lead_merged", properties={"into": "d"})
    found = report(funnel, stdin=LINES + merge)
    assert found["history"]["leads"] == 3
    assert [one["reached"] for one in found["conversions"]] == [3, 3]


def test_so_it_does_when_what_it_is_part_of_has_been_erased(funnel: Path) -> None:
    merge = line("a", 4, "lead_merged", properties={"into": "d"})
    found = report(funnel, stdin=LINES + merge + line("d", 5, "lead_erased"))
    assert [one["reached"] for one in found["conversions"]] == [3, 3]


def test_until_lets_time_go_on(funnel: Path) -> None:
    text = line("a", 1, "seen") + line("a", 2, "demo_requested")
    stages = {stage["stage"]: stage["leads"] for stage in report(funnel, stdin=text)["stages"]}
    assert stages["mql"] == 1
    later = report(funnel, "--until", "2026-01-04T00:00:00Z", stdin=text)
    assert {stage["stage"]: stage["leads"] for stage in later["stages"]}["recycled"] == 1
    assert later["history"]["ends"] == "2026-01-04T00:00:00.000Z"


def test_the_figures_are_those_of_qualify(tmp_path: Path) -> None:
    """Over a believable population, more lines than are read at once, in two files."""
    files = [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]
    lines = [value for _, value in records(population(700, START, START + 60 * DAY, seed=3))]
    for file, some in zip(files, (lines[:2_000], lines[2_000:]), strict=True):
        file.write_bytes(b"\n".join(some) + b"\n")
    assert len(lines) > 4_000
    states = tmp_path / "states.jsonl"
    qualified = leadgate("qualify", "startup", *files, "--leads", states)
    said = [json.loads(text) for text in qualified.out.splitlines()]
    changes = [one for one in said if one["kind"] == "stage_change"]

    found = report("startup", *files)
    assert found["history"]["activities"] == len(lines)
    moves = {(one["from"], one["to"], one["rule"]): one["count"] for one in found["moves"]}
    assert moves == Counter((one["from"], one["to"], one["rule"]) for one in changes)
    here = Counter(json.loads(text)["stage"] for text in states.read_text().splitlines())
    assert {one["stage"]: one["leads"] for one in found["stages"] if one["leads"]} == here
    for stage in found["stages"]:
        stays = sorted(one["previous_stage_seconds"] for one in changes if one["from"] == stage["stage"])
        assert stage["left"] == len(stays)
        if stays:
            assert sum(stay <= stage["median_seconds"] for stay in stays) >= len(stays) / 2
            assert stage["median_seconds"] in stays
            assert sum(stay <= stage["p90_seconds"] for stay in stays) >= 0.9 * len(stays)
    reached = {
        stage: {one["lead_id"] for one in changes if one["to"] == stage} for stage in ("sqo", "customer")
    }
    (last,) = [one for one in found["conversions"] if one["to"] == "customer"]
    assert (last["reached"], last["went_on"]) == (
        len(reached["sqo"] | reached["customer"]),
        len(reached["customer"]),
    )


def test_a_broken_line_is_said_and_counted_and_the_rest_goes_on(funnel: Path) -> None:
    text = "nonsense\n" + line("a", 1, "seen") + '{"id": "x"}\n\n' + line("a", 2, "demo_requested")
    ran = leadgate("backtest", funnel, stdin=text)
    assert ran.code == 1
    assert [said.split(":")[:2] for said in ran.err.splitlines()] == [
        ["line 1", " not_json"],
        ["line 3", " missing_member"],
    ]
    assert "2 lines could not be applied" in ran.out


def test_of_several_files_the_one_is_named_in_which_a_line_is_broken(funnel: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one", "none", "other")]
    for file, text in zip(files, (line("a", 1, "seen") + "{", "", "\nnonsense\n"), strict=True):
        file.write_text(text)
    ran = leadgate("backtest", funnel, *files)
    assert ran.code == 1
    assert [said.split(":")[0] for said in ran.err.splitlines()] == [
        f"{files[0]} line 2",
        f"{files[2]} line 2",
    ]


def test_of_many_broken_lines_the_first_are_said(funnel: Path) -> None:
    ran = leadgate("backtest", funnel, stdin="nonsense\n" * 50 + line("a", 1, "seen"))
    assert ran.code == 1
    said = ran.err.splitlines()
    assert [text.split(":")[0] for text in said[:-1]] == [f"line {number}" for number in range(1, 21)]
    assert said[-1] == "… and 30 more that could not be applied"


@pytest.mark.parametrize(("duplicates", "said"), [(1, "1 of these was there"), (2, "2 of these were there")])
def test_what_was_there_already_is_told_in_good_english(duplicates: int, said: str) -> None:
    history = History(
        name="h", activities=3, duplicates=duplicates, broken=0, leads=1, begins=START, ends=START + DAY
    )
    assert history_notes(history)[1] == f"{said} already, and changed nothing."


@pytest.mark.parametrize("columns", [40, 200])
def test_a_terminal_may_be_narrow_and_cuts_no_name_off(tmp_path: Path, columns: int) -> None:
    name = "has-been-waiting-for-a-call-and-was-never-called"
    rules = [{"name": name, "from": "lead", "to": "lost", "when": {"in_stage": "2d"}}]
    path = tmp_path / "long.yaml"
    path.write_text(json.dumps(FUNNEL | {"transitions": FUNNEL["transitions"] + rules}))
    shown = on_a_terminal(columns, "backtest", path, stdin=LINES)
    assert "…" not in shown
    assert (name in shown) is (columns == 200)


def test_a_file_of_something_else_is_told_what_activities_are(funnel: Path) -> None:
    ran = leadgate("backtest", funnel, stdin="id,lead_id,type\n1,a,seen\n")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1] == (
        "leadgate: stdin: there is no activity in it that could be applied "
        "(an activity is a JSON object, as `leadgate simulate` writes them)"
    )


def test_history_of_another_funnel_is_told_in_one_line(funnel: Path) -> None:
    text = line("a", 1, "page_view") * 2 + line("b", 1, "signed_up") + line("b", 2, "page_view")
    ran = leadgate("backtest", funnel, stdin=text)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "leadgate: stdin: none of the funnel's activity names occurs in it (came_back, deal_won, "
        "demo_requested, heard, no_fit, rejected, seen); those that occur most: "
        "page_view (3), signed_up (1)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.jsonl"], "nowhere.jsonl: cannot be read: No such file"),
        (["--until", "tomorrow"], "--until: 'tomorrow' is not an RFC 3339"),
        (["--html", "no/such/folder/report.html"], "cannot be written: No such file"),
        (["--topic", "t", "history.jsonl"], "from files or from --topic, not both"),
        ([], "stdin: there is no activity in it that could be applied"),
    ],
)
def test_misuse_is_one_line(funnel: Path, arguments: list[str], said: str) -> None:
    ran = leadgate("backtest", funnel, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_page_stays_what_it_was_where_a_run_comes_to_nothing(funnel: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("last week's")
    assert leadgate("backtest", funnel, "--html", page, stdin="").code == 2
    assert page.read_text() == "last week's"


def test_tables_have_every_stage_and_rule(funnel: Path) -> None:
    out = leadgate("backtest", funnel, stdin=LINES).out
    rows = [text.split() for text in out.splitlines()]
    assert ["lead", "4", "3", "1", "25.0%", "1.0", "d", "1.0", "d"] in rows
    assert ["to-mql", "mql", "3", "1", "1", "1", "1", "0"] in rows
    assert "Never fired: never." in out
    assert "Never given: unheard." in out


def test_the_page_is_whole_in_itself(funnel: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    found = leadgate("backtest", funnel, "--html", page, "--format", "json", stdin=LINES)
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert "://" not in text
    assert "<script" not in text
    assert text.count("<svg") == 1
    assert "<title>lead → mql: 3</title>" in text
    assert all(f"<td>{rule['rule']}</td>" in text for rule in json.loads(found.out)["rules"])
