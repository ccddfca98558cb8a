"""What the site makes of links that leave the documents, such as to a file of the code: their text.

On a checkout they lead somewhere, and are checked here; on the site nothing lies beside the documents.
"""

import re
from pathlib import Path
from typing import Any

_LEAVES = re.compile(r"\[([^\]]+)\]\((\.\./[^)#\s]*)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """The page, as mkdocs is to read it. Raises FileNotFoundError for a link to what is not there."""
    here = (Path(config["docs_dir"]) / page.file.src_uri).parent

    def unlinked(link: re.Match[str]) -> str:
        there = (here / link[2]).resolve(strict=True)
        return link[0] if there.is_relative_to(config["docs_dir"]) else link[1]

    return _LEAVES.sub(unlinked, markdown)
