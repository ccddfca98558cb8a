"""`leadgate lint` as a command: what it prints, and how it ends."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from qualifiers.presets import PRESETS
from streams.cli.lint import lint
from streams.cli.lint_formats import Format
from streams.errors import Misuse

ROOT = Path(__file__).parents[2]
BROKEN = "funnel: f\nstages: [lead, mql]\ntransitions:\n  - {to: mqll, when: {did: x}}\n"
DOUBTFUL = """\
funnel: f
stages: [lead, mql]
final: [mql]
off_path: [lost]
transitions: [{to: mql, when: {did: x}}]
"""
NO_WAY_IN = (
    "no rule leads to `lost`: only a person can move a lead there (write a transition to it, or take it out)"
)
WHY = "What is built on the stage waits for leads that never come."

app = typer.Typer()
app.command()(lint)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    return result.exit_code, result.output


@pytest.fixture
def broken(tmp_path: Path) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(BROKEN)
    return str(path)


@pytest.fixture
def doubtful(tmp_path: Path) -> str:
    path = tmp_path / "doubtful.yaml"
    path.write_text(DOUBTFUL)
    return str(path)


def test_presets_are_fine() -> None:
    assert run(*PRESETS) == (0, "startup: fine\nconsulting: fine\nagency: fine\n")


def test_faults_are_lines_that_an_editor_can_follow(broken: str) -> None:
    assert run(broken) == (1, f"{broken}:4:10 unknown stage `mqll` (did you mean `mql`?)\n")


def test_a_file_with_warnings_is_fine_all_the_same(doubtful: str) -> None:
    code, output = run(doubtful)
    assert code == 0
    assert output.splitlines() == [
        f"{doubtful}:4:12 {NO_WAY_IN} [warning: no-way-in]",
        f"    {WHY}",
        f"{doubtful}: fine, with 1 warning",
    ]


def test_warnings_are_faults_to_who_is_strict(doubtful: str) -> None:
    assert run(doubtful, "--strict") == (1, run(doubtful)[1])
    assert run("startup", "--strict")[0] == 0


def test_a_warning_that_is_known_is_told_no_more(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(DOUBTFUL.replace("[lost]", "[lost]  # lint: ok no-way-in (people put them there)"))
    assert run(str(path), "--strict") == (0, f"{path}: fine\n")


def test_both_as_json(broken: str, doubtful: str) -> None:
    code, output = run(broken, doubtful, "--format", "json")
    fault = {
        "line": 4,
        "column": 10,
        "code": "unknown-stage",
        "message": "unknown stage `mqll`",
        "hint": "did you mean `mql`?",
    }
    warning = {
        "line": 4,
        "column": 12,
        "code": "no-way-in",
        "message": "no rule leads to `lost`: only a person can move a lead there",
        "hint": "write a transition to it, or take it out",
        "why": WHY,
    }
    assert code == 1
    assert json.loads(output) == {
        "files": [
            {"file": broken, "faults": [fault], "warnings": []},
            {"file": doubtful, "faults": [], "warnings": [warning]},
        ],
        "faults": 1,
        "warnings": 1,
    }


def test_annotations_of_github_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("100%,a:b.yaml").write_text(BROKEN)
    Path("doubtful.yaml").write_text(DOUBTFUL)
    code, output = run("100%,a:b.yaml", "doubtful.yaml", "startup", "--format", "github")
    error = "file=100%25%2Ca%3Ab.yaml,line=4,col=10,title=unknown-stage"
    warning = "file=doubtful.yaml,line=4,col=12,title=no-way-in"
    assert code == 1
    assert output.splitlines() == [
        f"::error {error}::unknown stage `mqll` (did you mean `mql`?)",
        f"::warning {warning}::{NO_WAY_IN}",
    ]


TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
POSITIVE = {"type": "integer", "minimum": 1}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id"],
                                            "properties": {
                                                "shortDescription": TEXT,
                                                "fullDescription": TEXT,
                                                "help": TEXT,
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "items": {
                            "required": ["message", "ruleId", "locations"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXT,
                                "locations": {
                                    "minItems": 1,
                                    "items": {
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "properties": {
                                                            "uri": {
                                                                "type": "string",
                                                                "format": "uri-reference",
                                                            }
                                                        }
                                                    },
                                                    "region": {
                                                        "properties": {
                                                            "startLine": POSITIVE,
                                                            "startColumn": POSITIVE,
                                                        }
                                                    },
                                                },
                                            }
                                        }
                                    },
                                },
                            },
                        }
                    },
                },
            },
        },
    },
}
"""What SARIF 2.1.0 requires of the parts that are written (sections 3.13 to 3.30 of the standard)."""


def test_sarif(broken: str, doubtful: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a b.yaml").write_text(BROKEN)
    code, output = run(broken, doubtful, "a b.yaml", "startup", "--format", "sarif")
    log = json.loads(output)
    jsonschema.validate(log, SARIF)
    [found] = log["runs"]
    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert code == 1
    assert rules == ["no-way-in", "unknown-stage"]
    assert found["tool"]["driver"]["rules"][0]["fullDescription"]["text"] == WHY
    assert [
        (
            result["level"],
            result["ruleId"],
            rules[result["ruleIndex"]],
            place["artifactLocation"]["uri"],
            place["region"],
        )
        for result in found["results"]
        for place in [result["locations"][0]["physicalLocation"]]
    ] == [
        (
            "error",
            "unknown-stage",
            "unknown-stage",
            Path(broken).as_uri(),
            {"startLine": 4, "startColumn": 10},
        ),
        ("warning", "no-way-in", "no-way-in", Path(doubtful).as_uri(), {"startLine": 4, "startColumn": 12}),
        ("error", "unknown-stage", "unknown-stage", "a%20b.yaml", {"startLine": 4, "startColumn": 10}),
    ]


def test_the_page_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
    funnel, printed = re.findall(r"^```(?:yaml|text)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)[:2]
    monkeypatch.chdir(tmp_path)
    Path("funnel.yaml").write_text(funnel)
    assert run("funnel.yaml") == (0, printed)


@pytest.mark.parametrize("form", Format)
def test_what_is_fine_is_fine_in_every_format(form: Format) -> None:
    assert run("startup", "--strict", "--format", form)[0] == 0


@pytest.mark.parametrize("funnel", ["no-such.yaml", "."])
def test_a_file_that_cannot_be_read_is_misuse(funnel: str) -> None:
    with pytest.raises(Misuse, match=rf"^{funnel}: "):
        run(funnel)


def test_a_file_wins_over_a_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "startup").write_text(BROKEN)
    assert run("startup")[0] == 1


def test_a_huge_file_is_a_fault_and_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(10**10)  # sparse: takes no room
    code, output = run(str(path))
    assert code == 1
    assert "larger than it can be" in output


def test_it_starts_without_what_it_does_not_need() -> None:
    """A hook of an editor or of git runs it at every save; each of these takes its time to import."""
    script = (
        "import sys; from streams.cli import run; run(['lint', 'startup'])\n"
        "needless = {'qualifiers.engine', 'qualifiers.builder', 'schemas.decision', 'asyncio',"
        " 'aiohttp', 'confluent_kafka', 'faust', 'kafka', 'rich', 'pydantic_settings', 'structlog'}\n"
        "print(sorted(needless & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "startup: fine\n[]\n"
