"""`leadgate graph`: the stages of a funnel and the rules between them, drawn."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer

from qualifiers.diagram import Diagram, diagram
from qualifiers.loader import load_funnel
from streams.funnel_files import read_funnel_file
from streams.graphs import mermaid, svg


class Form(StrEnum):
    """How a diagram is written."""

    MERMAID = "mermaid"
    SVG = "svg"


WRITERS: dict[Form, Callable[[Diagram], str]] = {Form.MERMAID: mermaid, Form.SVG: svg}
"""What writes a diagram in each form."""


def graph(
    funnel: Annotated[str, typer.Argument(help="A funnel file, or a preset's name.", show_default=False)],
    format: Annotated[  # noqa: A002  the option is called so
        Form, typer.Option(help="Mermaid, which GitHub and many wikis draw; or SVG, an image.")
    ] = Form.MERMAID,
) -> None:
    """Draw a funnel: the path in a row, final stages marked, every rule an arrow with its name.

    In an SVG image the other stages stand below, and whoever points at a rule is shown its
    condition in words.
    """
    text, name = read_funnel_file(funnel)
    typer.echo(WRITERS[format](diagram(load_funnel(text, name))), nl=False)
