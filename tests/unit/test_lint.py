"""`leadgate lint` as a command: what it prints, and how it ends."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from qualifiers.presets import PRESETS
from streams.cli.lint import lint
from streams.errors import Misuse

BROKEN = "funnel: f\nstages: [lead, mql]\ntransitions:\n  - {to: mqll, when: {did: x}}\n"

app = typer.Typer()
app.command()(lint)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    return result.exit_code, result.output


def test_presets_are_fine() -> None:
    assert run(*PRESETS) == (0, "startup: fine\nconsulting: fine\nagency: fine\n")


def test_faults_are_lines_that_an_editor_can_follow(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(BROKEN)
    assert run(str(path)) == (1, f"{path}:4:10 unknown stage `mqll` (did you mean `mql`?)\n")


def test_faults_as_json(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(BROKEN)
    code, output = run(str(path), "startup", "--format", "json")
    fault = {
        "line": 4,
        "column": 10,
        "code": "unknown-stage",
        "message": "unknown stage `mqll`",
        "hint": "did you mean `mql`?",
    }
    assert code == 1
    assert json.loads(output) == {
        "files": [
            {"file": str(path), "faults": [fault], "warnings": []},
            {"file": "startup", "faults": [], "warnings": []},
        ],
        "faults": 1,
        "warnings": 0,
    }


DOUBTFUL = """\
funnel: f
stages: [lead, mql]
off_path: [lost]
transitions: [{to: mql, when: {did: x}}]
"""


def test_a_file_with_warnings_is_fine_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(DOUBTFUL)
    code, output = run(str(path))
    assert code == 0
    assert output == (
        f"{path}:3:12 no rule leads to `lost`: only a person can move a lead there "
        f"(write a transition to it, or take it out) [warning: no-way-in]\n{path}: fine, with 1 warning\n"
    )
    code, output = run(str(path), "--format", "json")
    assert code == 0
    [found] = json.loads(output)["files"]
    assert [(one["line"], one["code"]) for one in found["warnings"]] == [(3, "no-way-in")]


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
    assert "larger than a funnel can be" in output
