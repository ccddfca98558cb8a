"""A flow as a Sankey diagram: first where everything is, then as SVG.

Columns from left to right; in each, its nodes below each other. A bar is as high as what came to
its node; a ribbon as thick as what flows along it. What flows back is led below the bars it passes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from streams.reports.document import Flow, Link, Node

_WIDTH = 1_000.0
_MARGIN = 70.0
_BAR = 14.0
_TALLEST = 300.0
"""How high all bars of the fullest column are together."""
_LABEL = 34.0
"""Room above a bar for its name and number."""
_THINNEST = 1.0
_LANE = 8.0
"""Room between what flows back."""


@dataclass(frozen=True)
class Bar:
    """A node, drawn; ``x`` and ``y`` are its upper left corner."""

    node: Node
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Ribbon:
    """A link, drawn along the middle of it. ``lane``: the height at which it goes back; None: it goes on."""

    link: Link
    aside: bool
    width: float
    x1: float
    y1: float
    x2: float
    y2: float
    lane: float | None


@dataclass(frozen=True)
class Picture:
    """Where everything is, in units of the picture, of which it is 1,000 wide."""

    bars: list[Bar]
    ribbons: list[Ribbon]
    height: float


def layout(flow: Flow) -> Picture:
    """Where everything of a flow is. Links that nothing flows along are left out."""
    links = [link for link in flow.links if link.count]
    sizes = _sizes(flow.nodes, links)
    columns: defaultdict[int, list[Node]] = defaultdict(list)
    for node in flow.nodes:
        columns[node.column].append(node)
    fullest = max((sum(sizes[node.name] for node in column) for column in columns.values()), default=0)
    scale = _TALLEST / fullest if fullest else 0.0
    step = (_WIDTH - 2 * _MARGIN - _BAR) / max([1, *columns])
    bars: dict[str, Bar] = {}
    for number, column in columns.items():
        y = _LABEL
        for node in column:
            bar = Bar(node, _MARGIN + number * step, y, max(_THINNEST, sizes[node.name] * scale))
            bars[node.name] = bar
            y += bar.height + _LABEL
    ribbons = _ribbons(links, bars, scale)
    ends = [bar.y + bar.height for bar in bars.values()]
    ends += [ribbon.lane + ribbon.width / 2 for ribbon in ribbons if ribbon.lane is not None]
    return Picture(list(bars.values()), ribbons, max(ends, default=0.0) + _LANE)


def _sizes(nodes: Sequence[Node], links: Iterable[Link]) -> dict[str, int]:
    """A bar has room for all that comes, and for all that goes."""
    came: defaultdict[str, int] = defaultdict(int)
    went: defaultdict[str, int] = defaultdict(int)
    for link in links:
        came[link.end] += link.count
        went[link.start] += link.count
    return {node.name: max(node.count, came[node.name], went[node.name]) for node in nodes}


def _ribbons(links: Sequence[Link], bars: dict[str, Bar], scale: float) -> list[Ribbon]:
    def goes_back(link: Link) -> bool:
        return bars[link.end].x <= bars[link.start].x

    def width(link: Link) -> float:
        return max(_THINNEST, link.count * scale)

    leaves, arrives = {name: bar.y for name, bar in bars.items()}, {name: bar.y for name, bar in bars.items()}
    start_at: dict[Link, float] = {}
    end_at: dict[Link, float] = {}
    # What goes on lies above what goes back, and neither crosses its like more than it must.
    for link in sorted(links, key=lambda one: (goes_back(one), bars[one.end].y, -bars[one.end].x)):
        start_at[link] = leaves[link.start] + width(link) / 2
        leaves[link.start] += width(link)
    for link in sorted(links, key=lambda one: (goes_back(one), bars[one.start].y, -bars[one.start].x)):
        end_at[link] = arrives[link.end] + width(link) / 2
        arrives[link.end] += width(link)
    ribbons, lowest = [], 0.0
    for link in links:
        start, end, lane = bars[link.start], bars[link.end], None
        if goes_back(link):
            passed = [bar.y + bar.height for bar in bars.values() if end.x <= bar.x <= start.x]
            lane = max(lowest, *passed) + 2 * _LANE + width(link) / 2
            lowest = lane + width(link) / 2
        ribbons.append(
            Ribbon(
                link,
                end.node.aside,
                width(link),
                start.x + _BAR,
                start_at[link],
                end.x,
                end_at[link],
                lane,
            )
        )
    return ribbons


def as_svg(flow: Flow) -> str:
    """The diagram; each ribbon and bar says what it is where a pointer rests on it."""
    picture = layout(flow)
    drawn = [*map(_ribbon, picture.ribbons), *map(_bar, picture.bars)]
    return (
        f'<svg class="flow" role="img" aria-label="{escape(flow.title)}" '
        f'viewBox="0 0 {_WIDTH:.0f} {picture.height:.0f}">' + "".join(drawn) + "</svg>"
    )


def _ribbon(ribbon: Ribbon) -> str:
    kind = "back" if ribbon.lane is not None else "aside" if ribbon.aside else "on"
    link = ribbon.link
    return (
        f'<path class="{kind}" stroke-width="{ribbon.width:.1f}" d="{_way(ribbon)}">'
        f"<title>{escape(link.start)} → {escape(link.end)}: {link.count:,}</title></path>"
    )


def _way(ribbon: Ribbon) -> str:
    x1, y1, x2, y2 = ribbon.x1, ribbon.y1, ribbon.x2, ribbon.y2
    if ribbon.lane is None:
        middle = (x1 + x2) / 2
        return f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    lane, turn = ribbon.lane, min(_MARGIN - 5, 24 + ribbon.width / 2)
    return (
        f"M{x1:.1f} {y1:.1f}C{x1 + turn:.1f} {y1:.1f} {x1 + turn:.1f} {lane:.1f} {x1:.1f} {lane:.1f}"
        f"L{x2:.1f} {lane:.1f}C{x2 - turn:.1f} {lane:.1f} {x2 - turn:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    )


def _bar(bar: Bar) -> str:
    name, middle = escape(bar.node.name), bar.x + _BAR / 2
    kind = "aside" if bar.node.aside else "on"
    return (
        f'<rect class="{kind}" x="{bar.x:.1f}" y="{bar.y:.1f}" width="{_BAR:.0f}" height="{bar.height:.1f}">'
        f"<title>{name}: {bar.node.count:,}</title></rect>"
        f'<text x="{middle:.1f}" y="{bar.y - 18:.1f}">{name}</text>'
        f'<text class="count" x="{middle:.1f}" y="{bar.y - 5:.1f}">{bar.node.count:,}</text>'
    )
