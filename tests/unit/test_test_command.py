"""`leadgate test` as a command: what it prints and writes, and how it ends."""

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from qualifiers.presets import PRESETS
from streams.cli import run

FUNNEL = """\
funnel: f
stages: [lead, mql]
transitions: [{to: mql, when: {did: demo_requested, times: 2}}]
"""
GOOD = "cases: [{name: two demos, story: [{did: demo_requested}, {did: demo_requested, stage: mql}]}]\n"
BAD = """\
cases:
  - name: one demo
    story:
      - {did: demo_requested, stage: mql}
  - {name: none, story: [{did: page_viewed}], never: mql}
"""
FAULTY = "cases: [{name: n, story: [{did: x, stage: mqll}]}]\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {"f.yaml": FUNNEL, "f.cases.yaml": GOOD, "bad.yaml": BAD, "faulty.yaml": FAULTY}
    for name, text in texts.items():
        Path(name).write_text(text)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_presets_pass_their_cases(preset: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", preset]) == 0
    assert capsys.readouterr().out.endswith(" cases passed\n")


def test_the_cases_beside_the_funnel_are_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "f.yaml"]) == 0
    assert capsys.readouterr() == ("f.cases.yaml: 1 case passed\n", "")


def test_a_failure_says_what_happened_instead(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "f.yaml", "bad.yaml"]) == 1
    out = capsys.readouterr().out
    assert out.startswith(
        "bad.yaml:2 one demo\n  bad.yaml:4:38 Mon 2026-01-05 09:00: it should be in `mql`, and is in `lead`\n"
    )
    assert "    happened: Mon 2026-01-05 09:00 lead, by created: First activity: demo requested\n" in out
    assert out.endswith("bad.yaml: 1 of 2 cases failed\n")


def test_a_file_with_faults_does_not_keep_the_others_from_running(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "f.yaml", "faulty.yaml", "bad.yaml", "f.cases.yaml"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "faulty.yaml:1:43 unknown stage `mqll` (did you mean `mql`?)"
    assert lines[-2:] == ["bad.yaml: 1 of 2 cases failed", "f.cases.yaml: 1 case passed"]


def test_cases_are_chosen_by_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "f.yaml", "bad.yaml", "f.cases.yaml", "-k", "NONE"]) == 0
    assert capsys.readouterr().out == "bad.yaml: 1 case passed\nf.cases.yaml: no case is called so\n"


def test_all_of_it_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", "f.yaml", "faulty.yaml", "bad.yaml", "--format", "json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["funnel"], said["passed"], said["failed"], said["faults"]) == ("f.yaml", 1, 1, 1)
    faulty, bad = said["files"]
    assert faulty["cases"] == []
    assert faulty["faults"] == [
        {
            "line": 1,
            "column": 43,
            "code": "unknown-stage",
            "message": "unknown stage `mqll`",
            "hint": "did you mean `mql`?",
        }
    ]
    assert [(case["name"], case["line"], case["passed"]) for case in bad["cases"]] == [
        ("one demo", 2, False),
        ("none", 5, True),
    ]
    [failure] = bad["cases"][0]["failures"]
    assert (failure["line"], failure["column"]) == (4, 38)
    assert failure["message"] == "it should be in `mql`, and is in `lead`"


def test_all_of_it_for_a_build_server(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text(BAD.replace("one demo", r'"one \x07 <demo>"'))
    assert run(["test", "f.yaml", "faulty.yaml", "bad.yaml", "--junit", "out.xml"]) == 2
    assert r"one \x07 <demo>" in capsys.readouterr().out
    faulty, bad = Xml.parse("out.xml").getroot()
    assert {key: faulty.get(key) for key in ("name", "tests", "errors", "failures")} == {
        "name": "faulty.yaml",
        "tests": "1",
        "errors": "1",
        "failures": "0",
    }
    assert faulty[0][0].get("message") == "faulty.yaml:1:43 unknown stage `mqll` (did you mean `mql`?)"
    assert {key: bad.get(key) for key in ("tests", "errors", "failures")} == {
        "tests": "2",
        "errors": "0",
        "failures": "1",
    }
    first, second = bad
    assert (first.get("classname"), first.get("name")) == ("bad.yaml", "one \ufffd <demo>")
    assert first[0].get("message") == "it should be in `mql`, and is in `lead`"
    assert "bad.yaml:4:38" in str(first[0].text)
    assert (second.get("name"), len(second)) == ("none", 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.yaml"], "leadgate: missing.yaml: no such file, and no preset"),
        (["f.yaml", "missing.yaml"], "leadgate: missing.yaml: no such file: write one"),
        (["bad.yaml"], "leadgate: the funnel has faults:"),
        (["f.yaml", "-k", "three"], "leadgate: no case has `three` in its name"),
        (["f.yaml", "--junit", "no/such/folder.xml"], "leadgate: no/such/folder.xml: cannot be written"),
    ],
)
def test_what_cannot_be_used_is_misuse(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["test", *arguments]) == 2
    assert capsys.readouterr().err.startswith(said)


def test_a_funnel_without_cases_is_told_where_they_would_lie(capsys: pytest.CaptureFixture[str]) -> None:
    Path("g.yml").write_text(FUNNEL)
    assert run(["test", "g.yml"]) == 2
    assert capsys.readouterr().err.startswith("leadgate: g.cases.yml: no such file")


def test_a_changed_copy_of_a_preset_can_be_held_against_the_preset_s_cases(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["test", "startup", "agency"]) == 2
    assert capsys.readouterr().out.startswith("agency.cases.yaml:")
