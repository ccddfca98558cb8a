"""A report as one page: no script, no network, fit to be sent and printed."""

from collections.abc import Iterator, Sequence
from html import escape

from streams.reports.document import Document, Flow, Section, Table, shown
from streams.reports.sankey import as_svg

_STYLE = """\
:root { color-scheme: light }
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1c2733; background: #fff;
  font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid #dde3ea; padding-bottom: .2rem }
p { margin: .2rem 0; color: #4a5866 }
table { border-collapse: collapse; margin: .4rem 0 .8rem; font-size: .93rem }
th { text-align: left; font-weight: 600; border-bottom: 1px solid #9fb0c0 }
th, td { padding: .22rem 1.1rem .22rem 0; vertical-align: top }
tbody tr:nth-child(even) { background: #f6f8fa }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
figure { margin: 1rem 0 } figcaption { color: #4a5866; font-size: .9rem }
.flow { width: 100%; height: auto } .flow path { fill: none; stroke-opacity: .42 }
.flow path:hover { stroke-opacity: .75 }
.flow path.on { stroke: #3f86c4 } .flow path.aside { stroke: #cf8a5b } .flow path.back { stroke: #8f7cc0 }
.flow rect.on { fill: #23527c } .flow rect.aside { fill: #9c5a2e }
.flow text { text-anchor: middle; font: 600 12px system-ui, sans-serif; fill: #1c2733 }
.flow text.count { font-weight: 400; fill: #4a5866 }
@media print { body { margin: 0; max-width: none; font-size: 11px }
  h2 { break-after: avoid } tr, figure { break-inside: avoid }
  .flow path, .flow rect, tbody tr { print-color-adjust: exact; -webkit-print-color-adjust: exact } }
"""


def as_html(document: Document) -> str:
    """The page."""
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(document.title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>",
            f"<h1>{escape(document.title)}</h1>",
            *_notes(document.notes),
            *(line for section in document.sections for line in _section(section)),
            "</body>\n</html>\n",
        ]
    )


def _section(section: Section) -> Iterator[str]:
    yield f"<h2>{escape(section.title)}</h2>"
    yield from map(_figure, section.flows)
    if section.table is not None:
        yield from _table(section.table)
    yield from _notes(section.notes)


def _notes(notes: Sequence[str]) -> Iterator[str]:
    return (f"<p>{escape(note)}</p>" for note in notes)


def _figure(flow: Flow) -> str:
    return f"<figure>{as_svg(flow)}<figcaption>{escape(flow.title)}</figcaption></figure>"


def _table(table: Table) -> Iterator[str]:
    classes = [""] * len(table.words) + [' class="figure"'] * len(table.figures)

    def cells(tag: str, texts: list[str]) -> str:
        return "".join(
            f"<{tag}{kind}>{escape(text)}</{tag}>" for kind, text in zip(classes, texts, strict=True)
        )

    yield f"<table>\n<thead><tr>{cells('th', table.heads)}</tr></thead>\n<tbody>"
    for row in table.rows:
        yield f"<tr>{cells('td', [shown(cell) for cell in row])}</tr>"
    yield "</tbody>\n</table>"
