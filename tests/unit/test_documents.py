"""What the documents say of the code is what the code says."""

import re
from pathlib import Path
from typing import get_args

from schemas.dead_letter import DeadLetterReason
from schemas.decision import SignalDocument, StageChangeDocument
from streams.metrics import catalogue_table

DOCS = Path(__file__).parents[2] / "docs"


def test_the_metrics_are_the_catalogue() -> None:
    assert (DOCS / "contracts.md").read_text().endswith(f"## Metrics\n\n{catalogue_table()}")


def test_every_member_of_a_stage_change_is_told() -> None:
    section = (DOCS / "contracts.md").read_text().split("## A stage change")[1].split("## A signal")[0]
    told = set(re.findall(r"`(\w+)`", section))
    members = {field.alias or name for name, field in StageChangeDocument.model_fields.items()}
    assert members <= told


def test_every_member_of_a_signal_is_told() -> None:
    section = (DOCS / "contracts.md").read_text().split("## A stage change")[1].split("## A dead letter")[0]
    assert set(SignalDocument.model_fields) <= set(re.findall(r"`(\w+)`", section))


def test_every_reason_of_a_dead_letter_is_told() -> None:
    section = (DOCS / "contracts.md").read_text().split("## A dead letter")[1].split("## The guarantee")[0]
    assert set(get_args(DeadLetterReason)) <= set(re.findall(r"`(\w+)`", section))
