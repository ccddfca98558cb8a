"""`leadgate qualify`: lines in, lines out, as the contract has it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from schemas.decision import StageChangeDocument

FUNNEL = {
    "funnel": "f",
    "stages": ["lead", "mql"],
    "off_path": ["recycled"],
    "scores": {"fit": {"points": [{"if": {"trait": "company.employees", "above": 50}, "add": 5}]}},
    "transitions": [
        {"to": "mql", "when": {"did": "demo_requested"}},
        {"name": "slow", "from": "mql", "to": "recycled", "when": {"in_stage": "2d"}},
    ],
}


def line(lead_id: str, day: int, type_: str = "demo_requested", **members: Any) -> str:
    moment = f"2026-01-{day:02d}T00:00:00Z"
    return json.dumps(
        {"id": f"{lead_id}{day}", "lead_id": lead_id, "type": type_, "occurred_at": moment} | members
    )


class Ran:
    """What a run said, and how it ended."""

    def __init__(self, done: "subprocess.CompletedProcess[bytes]") -> None:
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.said = [json.loads(text) for text in self.out.splitlines()]
        self.err = done.stderr.decode()


@pytest.fixture
def funnel(tmp_path: Path) -> Path:
    path = tmp_path / "funnel.yaml"
    path.write_text(json.dumps(FUNNEL))
    return path


def qualify(funnel: Path, *arguments: object, stdin: str | bytes = b"") -> Ran:
    command = [sys.executable, "-m", "streams", "qualify", str(funnel), *map(str, arguments)]
    given = stdin.encode() if isinstance(stdin, str) else stdin
    return Ran(subprocess.run(command, input=given, capture_output=True, timeout=60))


MERGE = line("x", 4, "Lead Merged", properties={"into": "y"})
JOBS_INPUT = "\n".join(
    [
        *(line(f"lead-{number}", 1) for number in range(12)),
        "",
        line("x", 2),
        line("y", 3, traits={"company": {"employees": 60}}),
        "no JSON at all",
        line("z", 3, "seen", properties={"lead_id": "y", "said": 'ä \\ "'}),
        MERGE,
        line("x", 5, "seen", traits={"company": {"employees": 6}}),
        line("z", 5, "lead_merged", properties={"into": "z"}),
        line("lead-3", 5, "lead_erased"),
        line("lead-4", 6) + "\r",
        line("lead-3", 7),
    ]
)


@pytest.mark.parametrize("jobs", ["2", "3", "0"])
def test_jobs_say_to_the_byte_what_one_process_says(funnel: Path, tmp_path: Path, jobs: str) -> None:
    activities = tmp_path / "activities"
    activities.write_text(JOBS_INPUT)

    def ran(*arguments: object, stdin: str = "") -> tuple[int, str, str, str]:
        states = tmp_path / "states"
        ran = qualify(funnel, *arguments, "--until", "2026-01-20T00:00:00Z", "--leads", states, stdin=stdin)
        return ran.code, ran.out, ran.err, states.read_text()

    alone = ran(activities, activities)
    assert alone[0] == 1
    assert ran(activities, activities, "--jobs", jobs) == alone
    assert ran("-", activities, "--jobs", jobs, stdin=JOBS_INPUT) == alone


def many_lines() -> str:
    """Enough that a file's lines are taken lead by lead, with all that may depend on their order."""
    types = ["seen", "demo_requested", "Lead Erased", "seen", "seen", "lead_merged", "seen"]
    return "\n".join(
        "no JSON at all"
        if number % 97 == 0
        else line(
            f"lead-{number % 37}",
            1 + number // 200,
            types[number // 37 % 7],
            id=str(number),
            properties={"into": f"lead-{number * 5 % 37}", "suppress": number % 5 == 0},
        )
        for number in range(2_000)
    )


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_lead_by_lead_says_to_the_byte_what_line_by_line_says(
    funnel: Path, tmp_path: Path, jobs: str
) -> None:
    activities, lead_by_lead, line_by_line = (tmp_path / name for name in ("activities", "one", "other"))
    activities.write_text(many_lines())
    assert activities.stat().st_size > 2 * 65_536  # more than is read from a pipe at once
    # What comes from a pipe comes in small blocks.
    other = qualify(funnel, "--leads", line_by_line, stdin=many_lines())
    one = qualify(funnel, activities, "--leads", lead_by_lead, "--jobs", jobs)
    assert (one.code, one.out, one.err) == (other.code, other.out, other.err)
    assert lead_by_lead.read_text() == line_by_line.read_text()
    assert len(one.said) > 100
    assert one.err.count("not_json") == 21


def test_each_stage_change_is_a_line_and_is_whole(funnel: Path) -> None:
    ran = qualify(funnel, stdin=line("a", 1, source="search") + "\n" + line("a", 9))
    assert (ran.code, ran.err) == (0, "")
    assert [(one["seq"], one["from"], one["to"], one["rule"]) for one in ran.said] == [
        (1, None, "lead", "created"),
        (2, "lead", "mql", "to-mql"),
        (3, "mql", "recycled", "slow"),
    ]
    assert [one["cause"] for one in ran.said] == [
        {"activity_id": "a1", "line": 1},
        {"activity_id": "a1", "line": 1},
        {"due": "2026-01-03T00:00:00.000Z", "before_line": 2},
    ]
    for one in ran.said:
        assert one.pop("kind") == "stage_change"
        assert one["decided_at"] == one["occurred_at"]
        assert one["source"] == "search"
        assert set(one) == {field.alias or name for name, field in StageChangeDocument.model_fields.items()}


def test_files_are_read_as_one_and_lines_counted_through(funnel: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    first.write_text(line("a", 1) + "\n\n")
    second.write_text(line("c", 3) + "\n")
    ran = qualify(funnel, first, "-", second, stdin=line("b", 2) + "\r\n")
    assert [(one["lead_id"], one["cause"]["line"]) for one in ran.said if one["seq"] == 1] == [
        ("a", 1),
        ("b", 3),
        ("c", 4),
    ]


def test_a_file_may_begin_with_a_byte_order_mark(funnel: Path, tmp_path: Path) -> None:
    marked = tmp_path / "marked.jsonl"
    marked.write_text(line("a", 1) + "\n", encoding="utf-8-sig")
    ran = qualify(funnel, marked, marked, "-", stdin=b"\xef\xbb\xbf" + line("b", 2).encode())
    assert (ran.code, ran.err) == (0, "")
    assert [one["lead_id"] for one in ran.said if one["seq"] == 1] == ["a", "b"]


def test_until_lets_time_go_on(funnel: Path) -> None:
    text = line("a", 1)
    assert [one["to"] for one in qualify(funnel, stdin=text).said] == ["lead", "mql"]
    later = qualify(funnel, "--until", "2026-01-03T01:00:00+01:00", stdin=text).said
    assert [one["to"] for one in later] == ["lead", "mql", "recycled"]
    assert later[-1]["cause"] == {"due": "2026-01-03T00:00:00.000Z", "before_line": 2}
    assert qualify(funnel, "--until", "now", stdin=text).said == later
    assert qualify(funnel, "--until", "2025-01-01T00:00:00Z", stdin=text).code == 0


def test_a_bad_line_goes_to_the_dead_letters_and_the_rest_goes_on(funnel: Path, tmp_path: Path) -> None:
    lines = [b"nonsense", line("a", 1).encode(), b'{"id": "caf\xe9"}', b"", b"{}", line("b", 2).encode()]
    letters = tmp_path / "dead.jsonl"
    ran = qualify(funnel, "--dead-letters", letters, stdin=b"\n".join(lines))
    assert (ran.code, ran.err) == (1, "")
    assert [one["lead_id"] for one in ran.said if one["seq"] == 1] == ["a", "b"]
    dead = [json.loads(text) for text in letters.read_text().splitlines()]
    assert [set(one) for one in dead] == [{"line", "reason", "value"}] * 3
    assert [(one["line"], one["reason"].split(":")[0], one["value"]) for one in dead] == [
        (1, "not_json", "nonsense"),
        (3, "not_utf8", '{"id": "caf\\xe9"}'),
        (5, "missing_member", "{}"),
    ]


def test_dead_letters_go_to_stderr_by_default(funnel: Path) -> None:
    ran = qualify(funnel, stdin="[]")
    assert (ran.code, ran.said) == (1, [])
    assert json.loads(ran.err) == {
        "line": 1,
        "reason": "wrong_type: an activity is a JSON object, not a list",
        "value": "[]",
    }


def test_leads_are_written_with_their_last_state(funnel: Path, tmp_path: Path) -> None:
    states = tmp_path / "leads.jsonl"
    text = line("b", 1) + "\n" + line("a", 2, "identified", traits={"company": {"employees": 80}})
    ran = qualify(funnel, "--leads", states, "--until", "2026-01-09T00:00:00Z", stdin=text)
    assert ran.code == 0
    leads = [json.loads(text) for text in states.read_text().splitlines()]
    assert [(one["lead_id"], one["stage"], one["scores"], one["due"]) for one in leads] == [
        ("a", "lead", {"fit": 5.0}, None),
        ("b", "recycled", {"fit": 0.0}, None),
    ]
    assert leads[0]["traits"] == {"company": {"employees": 80}}


def test_a_score_is_shown_as_it_is_at_the_end_of_time(tmp_path: Path) -> None:
    funnel, states = tmp_path / "funnel.yaml", tmp_path / "leads.jsonl"
    score = {"half_life": "1d", "points": [{"on": "demo_requested", "add": 8}]}
    funnel.write_text(json.dumps(FUNNEL | {"scores": {"heat": score}}))
    qualify(funnel, "--leads", states, "--until", "2026-01-04T00:00:00Z", stdin=line("a", 1))
    assert json.loads(states.read_text())["scores"] == {"heat": 1.0}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.jsonl"], "nowhere.jsonl: cannot be read: No such file"),
        (["--until", "tomorrow"], "--until: 'tomorrow' is not an RFC 3339"),
        (["--leads", "no/such/folder/leads.jsonl"], "cannot be written: No such file"),
        (["--format"], "No such option"),
    ],
)
def test_misuse_is_one_line_and_does_nothing(funnel: Path, arguments: list[str], said: str) -> None:
    ran = qualify(funnel, *arguments, stdin=line("a", 1))
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_funnel_with_faults_is_refused_with_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("funnel: f\nstages: [lead, mql]\ntransitions:\n- {to: mpl, when: {did: x}, hold: 3}\n")
    ran = qualify(path, stdin=line("a", 1))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[0] == "leadgate: the funnel has faults:"
    assert [text.split(" ")[0] for text in ran.err.splitlines()[1:]] == [f"{path}:4:8", f"{path}:4:29"]


def test_a_reader_that_leaves_early_is_no_fault(funnel: Path, tmp_path: Path) -> None:
    many = tmp_path / "many.jsonl"
    many.write_text("".join(line(f"lead{number}", 1) + "\n" for number in range(3_000)))
    run = subprocess.Popen(
        [sys.executable, "-m", "streams", "qualify", str(funnel), str(many)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert run.stdout is not None
    assert run.stderr is not None
    run.stdout.readline()
    run.stdout.close()
    assert run.stderr.read() == b""
    run.stderr.close()
    assert run.wait(timeout=60) == 141
