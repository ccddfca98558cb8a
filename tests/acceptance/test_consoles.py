"""What stands below the commands of the documents is what they print."""

from pathlib import Path

import pytest

from docs import consoles

PAGES = consoles.pages()


def test_there_are_such_pages() -> None:
    assert {page.name for page in PAGES} >= {"first-funnel.md", "bant.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_print_what_the_document_shows(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert consoles.rewritten(text) == text, "write it anew: make docs"
