"""Where everything of a funnel's diagram lies: the path in a row, the other stages in a row below.

A rule from a stage of the path to the next one is a straight arrow. Every other rule has a
*lane* of its own, a horizontal line with its name: all stages that it leads out of join it there,
and from it one arrow leads to the target. So a rule `from: any` is one line, however many stages
there are. Lanes between stages of the path lie above them, all others between the two rows.

Each end of a rule at a stage has a place of its own there, its *port*; those of the two rows never
lie below each other. So lines of two rules cross, and never run along one another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qualifiers.diagram import Arrow, Diagram

PORT = 14
"""Pixels from one port of a stage to the next."""
LANE = 26
"""Pixels from one lane to the next."""
HEIGHT = 44
"""Pixels of a stage's height."""
LETTER = 7.2
"""Pixels of a letter's width, at most: what a text needs is reckoned, as nothing can measure it here."""
MARGIN = 28
PADDING = 14
"""Pixels beside a text in its stage, and between what must not touch."""


def width_of(text: str) -> float:
    """Pixels that a text takes at most."""
    return len(text) * LETTER


@dataclass
class Box:
    """A stage: its left and top, its width, and the ports of its rules above and below."""

    stage: str
    is_on_path: bool
    ports: dict[bool, dict[str, int]] = field(default_factory=lambda: {True: {}, False: {}})
    """By whether they are above: each rule, and which from the left it is."""
    x: int = 0
    y: int = 0

    @property
    def width(self) -> int:
        """As wide as its name and its ports need, in whole ports."""
        most = max(len(self.ports[True]), len(self.ports[False])) + 1
        return PORT * max(most, -int(-(width_of(self.stage) + 2 * PADDING) // PORT))

    @property
    def middle(self) -> float:
        """The middle's x."""
        return self.x + self.width / 2

    def port(self, rule: str, *, above: bool) -> int:
        """The x of a rule's port."""
        ports = self.ports[above]
        first = (self.width // PORT - len(ports) + 1) // 2
        return self.x + PORT * (first + ports[rule])


@dataclass
class Line:
    """A rule as it is drawn: from each start to the lane, from there to the end; and its name's middle."""

    arrow: Arrow
    starts: list[tuple[int, int]]
    end: tuple[int, int]
    lane: int
    label: tuple[float, int] = (0, 0)

    @property
    def span(self) -> tuple[float, float]:
        """From where to where its lane is taken, the name included."""
        xs = [x for x, _ in (*self.starts, self.end)]
        half = width_of(self.arrow.rule) / 2
        middle = (min(xs) + max(xs)) / 2
        return min(*xs, middle - half) - PADDING, max(*xs, middle + half) + PADDING


@dataclass
class Layout:
    """All that is drawn, with its places, and how large the whole is."""

    boxes: dict[str, Box]
    lines: list[Line]
    straight: list[Line]
    width: float = 0
    height: float = 0


def lay_out(drawn: Diagram) -> Layout:
    """The places of everything in a diagram, in pixels from its top left."""
    boxes = {stage: Box(stage, stage in drawn.path) for stage in (*drawn.path, *drawn.off_path)}
    straight = _straight(drawn)
    direct = {arrow.rule for arrow in straight.values()}
    above: list[Arrow] = []
    between: list[Arrow] = []
    for arrow in drawn.arrows:
        if arrow.rule not in direct:
            is_above = all(boxes[stage].is_on_path for stage in _ends(arrow))
            (above if is_above else between).append(arrow)
            for stage in _ends(arrow):
                ports = boxes[stage].ports[is_above or not boxes[stage].is_on_path]
                ports[arrow.rule] = len(ports)
    _place_path(drawn.path, boxes, straight)
    _place_off_path(drawn, boxes)
    _sort_ports([*above, *between], boxes)
    lines_above = [_line(arrow, boxes, above=True) for arrow in above]
    lines_between = [_line(arrow, boxes, above=False) for arrow in between]
    lanes_above, lanes_between = _lanes(lines_above), _lanes(lines_between)
    top = MARGIN + PADDING + LANE * (lanes_above + 1)  # the row of the path
    below = top + HEIGHT + LANE * (lanes_between + 1)  # the row beside it
    for box in boxes.values():
        box.y = top if box.is_on_path else below
    for line in lines_above:
        _put(line, boxes, top - LANE * (line.lane + 1))
    for line in lines_between:
        _put(line, boxes, top + HEIGHT + LANE * (line.lane + 1))
    layout = Layout(
        boxes,
        [*lines_above, *lines_between],
        [_direct(arrow, boxes, top) for arrow in straight.values()],
    )
    left = min([0.0, *(line.span[0] for line in layout.lines)])
    _move_right(layout, PORT * -int(left // PORT))
    ends = [box.x + box.width for box in boxes.values()] + [line.span[1] for line in layout.lines]
    layout.width = max(ends) + MARGIN
    layout.height = (below + HEIGHT if drawn.off_path else top + HEIGHT + LANE * lanes_between) + MARGIN
    return layout


def _ends(arrow: Arrow) -> tuple[str, ...]:
    """The stages that a rule touches, its target last."""
    return (*(source for source in arrow.sources if source != arrow.to), arrow.to)


def _straight(drawn: Diagram) -> dict[int, Arrow]:
    """Of each stage of the path, by its number, the first rule that leads from it alone to the next."""
    found: dict[int, Arrow] = {}
    number = {stage: at for at, stage in enumerate(drawn.path)}
    for arrow in drawn.arrows:
        at = number.get(arrow.sources[0], -1)
        if len(arrow.sources) == 1 and at >= 0 and number.get(arrow.to) == at + 1:
            found.setdefault(at, arrow)
    return found


# Rows and ports ---------------------------------------------------------------------------------------


def _place_path(path: Sequence[str], boxes: dict[str, Box], straight: dict[int, Arrow]) -> None:
    x = PORT * (MARGIN // PORT + 2)  # the arrow into the first stage stands before it
    for number, stage in enumerate(path):
        boxes[stage].x = x
        name = straight[number].rule if number in straight else ""
        x += boxes[stage].width + PORT * (2 - int(-(width_of(name) + PADDING) // PORT))


def _place_off_path(drawn: Diagram, boxes: dict[str, Box]) -> None:
    """Each below the middle of what its rules touch, as far as there is room; half a port aside."""
    touched: dict[str, list[float]] = {stage: [] for stage in drawn.off_path}
    for arrow in drawn.arrows:
        ends = _ends(arrow)
        for stage in touched.keys() & {*ends}:
            touched[stage] += [boxes[other].middle for other in ends if boxes[other].is_on_path]
    first = boxes[drawn.path[0]].x
    wanted = {stage: sum(xs) / len(xs) if xs else first for stage, xs in touched.items()}
    free = first
    for stage in sorted(drawn.off_path, key=lambda stage: wanted[stage]):
        box = boxes[stage]
        left = max(free, wanted[stage] - box.width / 2)
        box.x = PORT * int(left // PORT) + PORT // 2
        free = box.x + box.width + 3 * PORT


def _sort_ports(arrows: Iterable[Arrow], boxes: dict[str, Box]) -> None:
    """Of each stage, those of rules to the left before those to the right, so that fewer lines cross."""
    middles = {arrow.rule: [boxes[stage].middle for stage in _ends(arrow)] for arrow in arrows}
    sums = {rule: (sum(xs), len(xs) - 1) for rule, xs in middles.items()}
    for box in boxes.values():
        # The middle of all stages that a rule touches, but for this one.
        aims = {rule: (total - box.middle) / others for rule, (total, others) in sums.items() if others}
        for ports in box.ports.values():
            for number, rule in enumerate(sorted(ports, key=lambda rule: aims[rule])):
                ports[rule] = number


# Lanes ------------------------------------------------------------------------------------------------


def _line(arrow: Arrow, boxes: dict[str, Box], *, above: bool) -> Line:
    """A rule with the x of its ports; its lane and every y are put in later."""
    xs = [
        (boxes[stage].port(arrow.rule, above=above or not boxes[stage].is_on_path), 0)
        for stage in _ends(arrow)
    ]
    return Line(arrow, xs[:-1], xs[-1], 0)


def _lanes(lines: Iterable[Line]) -> int:
    """Give each line a lane that nothing else takes there, short ones first; how many there are."""
    taken: list[list[tuple[float, float]]] = []
    for line in sorted(lines, key=lambda line: line.span[1] - line.span[0]):
        low, high = line.span
        lane = next(
            (n for n, spans in enumerate(taken) if all(high < start or end < low for start, end in spans)),
            len(taken),
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append(line.span)
        line.lane = lane
    return len(taken)


def _put(line: Line, boxes: dict[str, Box], y: int) -> None:
    """Give a line every y that it has: of its lane, and of the sides of stages that look to it."""

    def side(stage: str) -> int:
        return boxes[stage].y if y < boxes[stage].y else boxes[stage].y + HEIGHT

    *sources, to = _ends(line.arrow)
    low, high = line.span
    line.starts = [(x, side(stage)) for (x, _), stage in zip(line.starts, sources, strict=True)]
    line.end = (line.end[0], side(to))
    line.lane = y
    line.label = ((low + high) / 2, y)


def _direct(arrow: Arrow, boxes: dict[str, Box], top: int) -> Line:
    """A straight arrow, with its name above it."""
    start, end = boxes[arrow.sources[0]], boxes[arrow.to]
    y, begin = top + HEIGHT // 2, start.x + start.width
    return Line(arrow, [(begin, y)], (end.x, y), y, ((begin + end.x) / 2, y - PADDING // 2))


def _move_right(layout: Layout, by: int) -> None:
    for box in layout.boxes.values():
        box.x += by
    for line in (*layout.lines, *layout.straight):
        line.starts = [(x + by, y) for x, y in line.starts]
        line.end = (line.end[0] + by, line.end[1])
        line.label = (line.label[0] + by, line.label[1])
