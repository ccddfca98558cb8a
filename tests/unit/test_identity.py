"""A worker's name: given, or kept in the state directory, one a process."""

import os
from pathlib import Path

import pytest

from streams.engine.identity import identify
from streams.errors import OutsideWorld


def test_a_given_name_needs_no_directory(tmp_path: Path) -> None:
    assert identify("pod-0", tmp_path / "none").name == "pod-0"
    assert not (tmp_path / "none").exists()


def test_a_kept_name_comes_back_and_is_one_workers_at_a_time(tmp_path: Path) -> None:
    first, second = identify(None, tmp_path), identify(None, tmp_path)
    assert first.name != second.name
    for held in (first, second):
        assert held.lock is not None
        os.close(held.lock)
    assert identify(None, tmp_path).name == first.name


def test_a_directory_that_cannot_be_written_is_said_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OutsideWorld, match=r"file can't be written.*LEADGATE_STATE_DIRECTORY"):
        identify(None, file)
