"""The demo on a terminal: the funnel as bars, and the leads that move through it."""

from collections.abc import Mapping, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.status import Status
from rich.table import Table
from rich.text import Text

from streams.demo.read_back import Change
from streams.demo.scene import ENDING, Scene, figures, moment

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_COLOURS = {"forward": "bold green", "back": "yellow", "off_path": "red", "return": "cyan"}
_HEAD_LINES = 3
_FOOT_LINES = 4
"""Lines above and below the moves that are not theirs, the bars apart."""


class Screen:
    """An audience at a terminal. ``path`` and ``off_path`` are the funnel's stages."""

    def __init__(self, console: Console, path: Sequence[str], off_path: Sequence[str]) -> None:
        self._console = console
        self._stages = dict.fromkeys(path, "cyan") | dict.fromkeys(off_path, "bright_black")
        self._stages[path[-1]] = "green"
        self._status: Status | None = None
        self._live: Live | None = None

    def begin(self, what: str) -> None:
        """A line that turns while it lasts."""
        self.close()
        self._status = self._console.status(f"{what} …")
        self._status.start()

    def say(self, what: str) -> None:
        """A line that stays; while pictures are shown they say it themselves."""
        if self._live is None:
            self.close()
            self._console.print(Text.assemble(("✓ ", "green"), what), highlight=False)

    def show(self, scene: Scene) -> None:
        """The whole terminal, until `close`."""
        if self._live is None:
            self.close()
            self._live = Live(console=self._console, screen=True, auto_refresh=False)
            self._live.start()
        self._live.update(_Picture(scene, self._stages), refresh=True)

    def leads(self, leads: Mapping[str, int]) -> None:
        """The last bars stay."""
        self._console.print(bars(leads, self._stages, self._console.width))

    def close(self) -> None:
        """Give the terminal back."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._live is not None:
            self._live.stop()
            self._live = None


class _Picture:
    """A scene, as wide and as high as the terminal is now."""

    def __init__(self, scene: Scene, stages: dict[str, str]) -> None:
        self._scene = scene
        self._stages = stages

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        scene = self._scene
        rows = options.max_height - len(self._stages) - _HEAD_LINES - _FOOT_LINES
        title = Text.assemble(("leadgate demo", "bold"), "  ", (scene.phase, "bold cyan"), "  ")
        title.append("clock held" if scene.held else "clock going", "yellow" if scene.held else "green")
        yield _line(title)
        yield _line(Text(figures(scene)))
        yield Text()
        yield bars(scene.reading.leads, self._stages, options.max_width)
        yield Text()
        yield _line(Text("leads that move, the newest first", "bold"))
        shown = scene.moves[-rows:][::-1] if rows > 0 else ()
        yield _moves(shown, max((len(_way(move)) for move in scene.moves), default=0))
        yield from [Text() for _ in range(rows - len(shown) + 1)]
        ends = "Ctrl-C again ends it at once" if scene.phase == ENDING else "Ctrl-C ends it, with a summary"
        yield _line(Text(ends, "dim"))


def bars(leads: Mapping[str, int], stages: Mapping[str, str], width: int) -> Table:
    """Leads by stage; the longest bar fills ``width``. ``stages`` gives each its colour."""
    names = max(map(len, stages))
    room = max(8, width - names - 12)
    most = max(1, *(leads.get(stage, 0) for stage in stages))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=names, no_wrap=True)
    grid.add_column(width=8, justify="right", no_wrap=True)
    grid.add_column(width=room, no_wrap=True)
    for stage, colour in stages.items():
        number = leads.get(stage, 0)
        grid.add_row(stage, f"{number:,}", Text(_bar(number / most * room), colour))
    return grid


def _bar(length: float) -> str:
    whole, rest = divmod(round(length * 8), 8)
    # Something is not nothing, however little.
    return "█" * whole + (_EIGHTHS[rest].strip() or ("▏" if length and not whole else ""))


def _moves(moves: Sequence[Change], way: int) -> Table:
    """Moves, a line each; ``way`` is the width of "from → to"."""
    grid = Table.grid(padding=(0, 1), expand=True)
    for width in (8, 13, way):
        grid.add_column(width=width, no_wrap=True, overflow="ellipsis")
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for move in moves:
        # What no activity but time alone has moved leans.
        reason = Text(move.reason, "italic" if move.by_time else "")
        grid.add_row(Text(moment(move), "dim"), move.lead_id, _way(move), reason)
    return grid


def _way(move: Change) -> Text:
    colour = _COLOURS.get(move.direction, "")
    return Text.assemble(f"{move.from_} ", ("→ ", colour), (move.to, colour))


def _line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
