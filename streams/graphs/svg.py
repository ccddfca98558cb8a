"""A funnel as an SVG image that stands by itself: no font, no script, nothing to load."""

from collections.abc import Iterator
from xml.sax import saxutils

from qualifiers.diagram import Diagram
from streams.graphs.layout import HEIGHT, PADDING, Box, Layout, Line, lay_out, width_of
from streams.printable import one_line

COLOURS = {
    "forward": "#1b7a4b",
    "back": "#9a6700",
    "off_path": "#b3261e",
    "return": "#1f5fa8",
}
"""Of a rule's line and name, by which way it leads."""
INK = "#24292f"
STYLE = """\
text { font: 12px ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.funnel { font-size: 15px; font-weight: 600; }
.stage rect { fill: #fff; stroke: #24292f; stroke-width: 1.4; }
.off-path rect { stroke-dasharray: 5 3; fill: #f6f8fa; }
.stage text { text-anchor: middle; font-weight: 600; }
.rule path { fill: none; stroke-width: 1.4; stroke-linejoin: round; }
.rule text { text-anchor: middle; paint-order: stroke; stroke: #fff; stroke-width: 4px; }"""
_LEGEND = 300
"""Pixels that the legend takes at most."""
_ARROW = 7
_DOUBLE = 4


def svg(drawn: Diagram) -> str:
    """The image. Whoever points at a rule is shown its condition in words."""
    layout = lay_out(drawn)
    return "".join(f"{line}\n" for line in _lines(drawn, layout))


def _lines(drawn: Diagram, layout: Layout) -> Iterator[str]:
    width = round(max(layout.width, 1.5 * width_of(drawn.funnel), _LEGEND))
    height = round(layout.height) + 2 * PADDING
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" fill="{INK}">'
    )
    yield f"<title>{escape(drawn.funnel)}: its stages, and the rules between them</title>"
    yield f"<style>{STYLE}</style>"
    yield f'<rect width="{width}" height="{height}" fill="#fff"/>'
    yield f'<text class="funnel" x="{PADDING}" y="24">{escape(drawn.funnel)}</text>'
    yield from _legend(drawn, height)
    for line in (*layout.lines, *layout.straight):
        yield from _rule(line)
    yield from _beginning(layout.boxes[drawn.path[0]])
    for box in layout.boxes.values():
        yield from _stage(box, is_final=box.stage in drawn.final)
    # Names lie over all lines.
    for line in (*layout.lines, *layout.straight):
        x, y = line.label
        colour = COLOURS[line.arrow.direction]
        at = f'x="{x:g}" y="{y - 4 if y == line.lane else y:g}"'
        yield f'<g class="rule"><text {at} fill="{colour}">{escape(line.arrow.rule)}</text></g>'
    yield "</svg>"


def _legend(drawn: Diagram, height: int) -> Iterator[str]:
    """Which colour is which way, of the ways that there are."""
    there = {arrow.direction for arrow in drawn.arrows}
    x = PADDING
    for direction, colour in COLOURS.items():
        if direction in there:
            said = direction.replace("_", " ")
            yield f'<text x="{x}" y="{height - PADDING}" fill="{colour}">{said}</text>'
            x += round(width_of(said)) + 2 * PADDING


def escape(text: str) -> str:
    """As XML may hold it, which knows no control characters; a file's text may have them, as in `"\\b"`."""
    return saxutils.escape(one_line(text))


def _rule(line: Line) -> Iterator[str]:
    """Its line, from every start by the lane to the end, and the head of the arrow there."""
    arrow, (x, y) = line.arrow, line.end
    colour = COLOURS[arrow.direction]
    ways = "".join(f"M{start} {begin}V{line.lane}H{x}V{y}" for start, begin in line.starts)
    sources = ", ".join(arrow.sources)
    yield '<g class="rule">'
    yield f"<title>{escape(f'{arrow.rule}: {sources} → {arrow.to}. {arrow.when}')}</title>"
    yield f'<path d="{ways}" stroke="{colour}"/>'
    for x, _ in line.starts if line.lane != line.end[1] else ():
        yield f'<circle cx="{x}" cy="{line.lane}" r="2.2" fill="{colour}"/>'  # it joins, and does not cross
    yield f'<path d="{_head(line)}" style="fill: {colour}" stroke="{colour}"/>'
    yield "</g>"


def _head(line: Line) -> str:
    x, y = line.end
    if line.lane == y:
        return f"M{x} {y}l-{_ARROW} -{_ARROW // 2}v{_ARROW - 1}z"
    back = -_ARROW if line.lane < y else _ARROW
    return f"M{x} {y}l-{_ARROW // 2} {back}h{_ARROW - 1}z"


def _beginning(first: Box) -> Iterator[str]:
    """Where leads come in."""
    y = first.y + HEIGHT // 2
    yield f'<circle cx="{first.x - 24}" cy="{y}" r="5"/>'
    yield f'<path d="M{first.x - 24} {y}H{first.x - _ARROW}" stroke="{INK}" stroke-width="1.4"/>'
    yield f'<path d="M{first.x} {y}l-{_ARROW} -3v6z"/>'


def _stage(box: Box, *, is_final: bool) -> Iterator[str]:
    yield f'<g class="stage{"" if box.is_on_path else " off-path"}">'
    yield f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{HEIGHT}" rx="6"/>'
    if is_final:
        inner = f'width="{box.width - 2 * _DOUBLE}" height="{HEIGHT - 2 * _DOUBLE}" rx="3"'
        yield f'<rect x="{box.x + _DOUBLE}" y="{box.y + _DOUBLE}" {inner}/>'
    yield f'<text x="{box.middle:g}" y="{box.y + HEIGHT // 2 + 4}">{escape(box.stage)}</text>'
    yield "</g>"
