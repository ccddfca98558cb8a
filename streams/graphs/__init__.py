"""A funnel drawn: as Mermaid, which many pages show, and as SVG, with a layout of its own."""

from streams.graphs.mermaid import mermaid
from streams.graphs.svg import svg

__all__ = ["mermaid", "svg"]
