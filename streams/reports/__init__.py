"""What `leadgate backtest` and `leadgate diff` have found, for people: on a terminal, and as a page."""

from streams.reports.html import as_html
from streams.reports.terminal import as_text

__all__ = ["as_html", "as_text"]
