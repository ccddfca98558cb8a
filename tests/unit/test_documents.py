"""What the documents say of the code is what the code says."""

import re
from pathlib import Path
from typing import get_args

import pytest

from docs import tables
from qualifiers.built_in import BUILT_IN
from schemas.dead_letter import DeadLetterReason
from schemas.decision import DIRECTIONS, Direction, SignalDocument, StageChangeDocument
from schemas.explanation import Block, End, Explanation

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("document", tables.documents(), ids=lambda path: path.name)
def test_the_tables_are_the_code_s_own(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert tables.filled(text) == text, "write them anew: make docs"


def test_every_table_stands_somewhere() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in tables.documents())
    # Where one key is all there is, the conditions' table has said it; those of a test are its operators.
    apart = {f"keys of {name}" for name, model in tables.MODELS.items() if len(model["properties"]) == 1}
    expected = set(tables.TABLES) - apart - {"keys of Test", "keys of TraitIs"}
    assert expected - set(re.findall(r"<!-- table: (.+?) -->", text)) == set()


def test_every_link_leads_somewhere() -> None:
    for document in DOCS.glob("*.md"):
        for target, anchor in re.findall(
            r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", document.read_text(encoding="utf-8")
        ):
            leads_to = document.parent / target if target else document
            assert leads_to.exists(), f"{document.name}: {target}"
            assert not anchor or anchor in _anchors(leads_to), f"{document.name}: {target}#{anchor}"


def test_every_test_of_a_promise_is_there() -> None:
    text = (DOCS / "promises.md").read_text(encoding="utf-8")
    promises, _ = text.split("## What is not promised")
    sections = promises.split("\n## ")[1:]
    assert all("`tests/" in section for section in sections)
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", promises):
        source = (DOCS.parent / file).read_text(encoding="utf-8")
        assert re.search(rf"^(def {name}\(|{name} = )", source, re.MULTILINE), f"{file}::{name}"


def _anchors(document: Path) -> set[str]:
    """The headings of a document, as links name them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_direction_is_told() -> None:
    assert set(DIRECTIONS) == set(get_args(Direction))


def test_every_member_of_a_stage_change_is_told() -> None:
    section = (DOCS / "contracts.md").read_text().split("## A stage change")[1].split("## A signal")[0]
    told = set(re.findall(r"`(\w+)`", section))
    members = {field.alias or name for name, field in StageChangeDocument.model_fields.items()}
    assert members <= told


def test_every_member_of_a_signal_is_told() -> None:
    section = (DOCS / "contracts.md").read_text().split("## A stage change")[1].split("## A dead letter")[0]
    assert set(SignalDocument.model_fields) <= set(re.findall(r"`(\w+)`", section))


def test_every_type_that_is_built_in_is_told() -> None:
    for document in ("contracts.md", "funnel-language.md"):
        assert set(re.findall(r"`(\w+)`", (DOCS / document).read_text())) >= BUILT_IN


def test_every_member_of_an_explanation_is_told() -> None:
    section = (
        (DOCS / "contracts.md").read_text().split("## A lead explained")[1].split("## A worker's end")[0]
    )
    told = set(re.findall(r"`(\w+)`", section))
    apart = {"lead_id", "funnel", "funnel_hash"}  # as of a stage change
    assert set(Explanation.model_fields) - apart <= told
    assert {*get_args(Block), *get_args(End)} <= told


def test_every_reason_of_a_dead_letter_is_told() -> None:
    section = (DOCS / "contracts.md").read_text().split("## A dead letter")[1].split("## The guarantee")[0]
    assert set(get_args(DeadLetterReason)) <= set(re.findall(r"`(\w+)`", section))
