"""A group of workers for each test, on topics of its own."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.workers import Group, GroupMaker

HERE = Path(__file__).parent


@pytest.fixture
def group(kafka: str, tmp_path: Path) -> Iterator[GroupMaker]:
    """Makes groups: ``group("history")`` runs history.yaml; more settings as keyword arguments."""
    groups: list[Group] = []

    def make(funnel: str, bootstrap: str = kafka, **extra: str) -> Group:
        directory = tmp_path / f"group-{len(groups)}"
        directory.mkdir()
        settings = {f"LEADGATE_{name.upper()}": value for name, value in extra.items()}
        made = Group(bootstrap, f"t{uuid.uuid4().hex[:12]}", directory, HERE / f"{funnel}.yaml", settings)
        groups.append(made)
        return made

    yield make
    for made in groups:
        made.stop()
