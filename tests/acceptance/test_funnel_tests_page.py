"""The page on testing a funnel, docs/funnel-tests.md: its examples are run as they stand.

A fence that begins with `funnel:` is the funnel of those that follow. One that begins with `cases:`
is run by `leadgate test`, and passes; where a fence of text follows, that is what is printed instead.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel

from docs.tables import CASE_MODELS
from qualifiers.loader_yaml import read_tree
from schemas.case_file import CaseFile
from streams.cli import run

PAGE = Path(__file__).parents[2] / "docs" / "funnel-tests.md"
FENCE = re.compile(r"^```(\w*)\n((?s:.*?))^```$", re.MULTILINE)


class Example(NamedTuple):
    """A file of cases, its funnel, and what is printed (None: that all pass)."""

    funnel: str
    cases: str
    printed: str | None


def examples() -> Iterator[Example]:
    """The examples of the page, in its order."""
    funnel = ""
    found: list[Example] = []
    for language, text in FENCE.findall(PAGE.read_text(encoding="utf-8")):
        if language == "text":
            found[-1] = found[-1]._replace(printed=text)
        elif text.startswith("funnel:"):
            funnel = text
        else:
            assert text.startswith("cases:")
            found.append(Example(funnel, text, None))
    yield from found


EXAMPLES = list(examples())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.cases.splitlines()[1].strip())
def test_the_example_is_as_it_says(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("funnel.yaml").write_text(example.funnel)
    Path("funnel.cases.yaml").write_text(example.cases)
    code = run(["test", "funnel.yaml"])
    printed = capsys.readouterr().out
    if example.printed is None:
        assert code == 0, printed
    else:
        assert code in (1, 2)
        assert printed == example.printed


def _used(node: Any) -> Iterator[str]:
    """The keys that a part of a file uses, as `Line.becomes`."""
    if isinstance(node, BaseModel):
        for field in node.model_fields_set:
            yield f"{type(node).__name__}.{type(node).model_fields[field].alias or field}"
            yield from _used(getattr(node, field))
    elif isinstance(node, list | dict):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from _used(inner)


def test_every_key_has_an_example() -> None:
    used: set[str] = set()
    for example in EXAMPLES:
        if example.printed is None:
            used.update(_used(CaseFile.model_validate(read_tree(example.cases, "x")[0].plain())))
    assert {
        f"{name}.{key}" for name, model in CASE_MODELS.items() for key in model["properties"]
    } - used == set()
