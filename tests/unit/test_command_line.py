"""The table of commands: help, examples that run, and how each kind of failure ends."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from qualifiers import FunnelFaults
from qualifiers.faults import Fault
from qualifiers.presets import preset_text
from streams.cli import COMMANDS, commands, run
from streams.cli.commands import Command
from streams.cli.schema import Document, json_schema
from streams.errors import NOBODY_READS, Misuse, OutsideWorld

ROOT = Path(__file__).parents[2]
ON_FILES = ("lint", "graph", "test", "qualify", "explain", "backtest", "diff", "simulate", "schema")
"""Commands whose examples need nothing but this machine's files, but for some."""
FILES = ("funnel.yaml", "changed.yaml")
"""Funnel files that examples take for granted."""
ACTIVITY = '{"id":"1","lead_id":"a","type":"demo_requested","occurred_at":"2026-01-01T00:00:00Z"}\n'
OUTSIDE = r"--topic|explain (?!.*--funnel)"
"""Those write to a topic, or ask a worker."""


def failing(error: BaseException) -> Command:
    def fail() -> None:
        raise error

    class Failing(Command):
        def load(self) -> object:
            return fail

    return Failing("nowhere:fail", "Fails.", ())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_its_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert COMMANDS[name].examples
    assert all(f"\n    {example}\n" in said for example in COMMANDS[name].examples)


@pytest.mark.parametrize("name", ON_FILES)
def test_the_examples_run(name: str, tmp_path: Path) -> None:
    leadgate = f'leadgate() {{ {shlex.quote(sys.executable)} -m streams "$@"; }}'
    examples = [example for example in COMMANDS[name].examples if not re.search(OUTSIDE, example)]
    assert examples
    for file in FILES:
        (tmp_path / file).write_text(preset_text("startup"))
    script = "\n".join(["set -e", f"export PYTHONPATH={shlex.quote(str(ROOT))}", leadgate, *examples])
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def in_a_shell(script: str, directory: Path, **environment: str) -> str:
    """What a script says on stdout in which `leadgate` is a command."""
    begin = f'leadgate() {{ {shlex.quote(sys.executable)} -m streams "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", begin + script],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        timeout=120,
        check=False,
    ).stdout.decode(errors="surrogateescape")


@pytest.mark.parametrize(
    "command", ["schema funnel", "lint many.yaml", "graph startup", "backtest startup a.jsonl"]
)
def test_when_nobody_reads_any_more_it_is_no_finding(command: str, tmp_path: Path) -> None:
    (tmp_path / "many.yaml").write_text(preset_text("startup"))
    (tmp_path / "a.jsonl").write_text(ACTIVITY)
    script = f"leadgate {command} | true; echo ${{PIPESTATUS[0]}}"
    assert in_a_shell(script, tmp_path) == f"{NOBODY_READS}\n"


@pytest.mark.parametrize("command", ["graph startup --format svg", "explain a a.jsonl --funnel startup"])
def test_what_a_terminal_cannot_show_ends_no_command(command: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(ACTIVITY)
    said = in_a_shell(f"leadgate {command}; echo $?", tmp_path, PYTHONIOENCODING="ascii")
    assert said.endswith("\n0\n")


@pytest.mark.parametrize(
    "command",
    [
        "lint $'n\\xff.yaml'",
        "backtest startup $'h\\xff.jsonl' --format json --html page.html",
        "diff startup $'n\\xff.yaml' --format json",
    ],
)
def test_a_file_s_name_may_be_no_text(command: str, tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/n\xff.yaml")).write_text(preset_text("startup"))
    Path(os.fsdecode(bytes(tmp_path) + b"/h\xff.jsonl")).write_text(ACTIVITY)
    said = in_a_shell(
        f"leadgate {command}; echo $?", tmp_path, PYTHONUTF8="1", PYTHONIOENCODING="utf-8:strict"
    )
    assert said.endswith("0\n")
    assert "\\udcff" in said


def test_help_lists_every_command_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    script = (
        "import sys; from streams.cli import run; run(['--help'])\n"
        "print([name for name in sys.modules if name.startswith('streams.cli.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
    assert done.stdout.splitlines()[-1] == "['streams.cli.commands']"


@pytest.mark.parametrize(
    "arguments",
    [
        ["lint", "startup"],
        ["graph", "startup"],
        ["test", "startup"],
        ["qualify", "startup"],
        ["schema", "lead"],
    ],
)
def test_what_needs_no_kafka_imports_none(arguments: list[str]) -> None:
    script = (
        f"import sys; from streams.cli import run; code = run({arguments!r})\n"
        "print(code, {'aiohttp', 'confluent_kafka', 'faust', 'kafka', 'rich'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, input=""
    )
    assert done.stdout.splitlines()[-1] == "0 set()"


def test_garbage_is_collected_again_once_a_command_is_imported() -> None:
    script = (
        "import atexit, gc, sys; from streams.__main__ import main\n"
        "sys.argv = ['leadgate', 'schema', 'lead']\n"
        "atexit.register(lambda: print(gc.isenabled()))\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "True"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Misuse("say something else"), 2, "leadgate: say something else\n"),
        (OutsideWorld("no broker: start one"), 3, "leadgate: no broker: start one\n"),
        (
            FileNotFoundError(2, "No such file or directory", "x.pem"),
            3,
            "leadgate: No such file or directory: x.pem\n",
        ),
        (
            FunnelFaults([Fault("f.yaml", 1, 2, "no-value", "no value")]),
            2,
            "leadgate: the funnel has faults:\nf.yaml:1:2 no value\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_each_kind_of_failure_has_its_line_and_its_code(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(commands.COMMANDS, "fail", failing(error))
    assert run(["fail"]) == code
    assert capsys.readouterr().err == said


def test_an_argument_that_is_not_utf_8_is_misuse(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", "\udcffada", "--worker", "http://localhost:1"]) == 2
    assert capsys.readouterr().err == "leadgate: an argument is not UTF-8: '\\udcffada'\n"
    of_ours = UnicodeEncodeError("utf-8", "\udcffbob", 0, 1, "surrogates not allowed")
    monkeypatch.setitem(commands.COMMANDS, "fail", failing(of_ours))
    assert run(["fail"]) == 70


def test_only_our_bug_shows_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(commands.COMMANDS, "fail", failing(ZeroDivisionError("oh")))
    assert run(["fail"]) == 70
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[-2:] == [
        "ZeroDivisionError: oh",
        "leadgate: this is a bug in leadgate: please report it with the lines above",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["qualfy"], "leadgate: No such command 'qualfy'"),
        (["qualify"], "leadgate: Missing argument"),
        (["simulate", "--leads", "x"], "leadgate: Invalid value"),
        (["schema", "nothing"], "leadgate: Invalid value"),
        (["schema"], "leadgate: Missing argument"),
    ],
)
def test_misuse_is_one_line_that_names_the_help(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith(said)
    assert complaint.endswith("--help)\n")
    assert complaint.count("\n") == 1


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert capsys.readouterr().err.startswith("Usage: leadgate")


@pytest.mark.parametrize("document", Document)
def test_every_schema_is_a_json_schema(document: Document) -> None:
    schema = json_schema(document)
    jsonschema.validators.validator_for(schema).check_schema(schema)
    assert schema["properties"]
