"""The history that `leadgate backtest` and `leadgate diff` read: files, stdin, or a topic."""

import gc
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import typer

from schemas.activity import Activity
from schemas.backtest_report import History
from schemas.dead_letter import Unreadable
from schemas.decision import Place
from schemas.moments import NEVER
from streams.cli.lines import blocks, numbered
from streams.cli.output import STDIN, Progress, input_lines
from streams.cli.reading import Reading
from streams.errors import Misuse
from streams.printable import one_line

_BROKEN_SHOWN = 20
_NAMES_SHOWN = 8


class Source(Protocol):
    """Where a history lies."""

    name: str

    def blocks(self) -> Iterator[tuple[bytes, Sequence[int]]]:
        """Its activities in their order: blocks of whole lines, with the lines' numbers."""

    def check(self, activity: Activity, number: int) -> None:
        """Raises Unreadable where what is known of a line says that its activity can't be."""

    def place(self, number: int) -> str:
        """Where a line of the block that is being read lies, for a person."""


class Files:
    """Files of activities, a JSON object a line, as if they were one."""

    def __init__(self, names: Sequence[str], stack: ExitStack) -> None:
        self._names = ["stdin" if name == STDIN else one_line(name) for name in names]
        self.name = ", ".join(self._names)
        self._inputs = [input_lines(name, stack) for name in names]
        self._begins: list[int] = []
        """The number of the first line of each file that has been begun."""

    def blocks(self) -> Iterator[tuple[bytes, Sequence[int]]]:
        """Its lines, counted from 1 through all files."""
        line = 1
        for file in self._inputs:
            self._begins.append(line)
            for block, numbers in numbered(blocks([file]), line):
                yield block, numbers
                line = numbers.stop

    def check(self, activity: Activity, number: int) -> None:
        """Nothing is known of a line but what it says."""

    def place(self, number: int) -> str:
        """The line's number in its file; and where there are several, which file that is."""
        if len(self._names) == 1:
            return f"line {number}"
        file = bisect_right(self._begins, number) - 1
        return f"{self._names[file]} line {number - self._begins[file] + 1}"


@contextmanager
def opened(files: Sequence[str], topic: str | None, settings: Path | None) -> Iterator[Source]:
    """The history of the arguments SOURCE, or of --topic. Raises Misuse, OutsideWorld."""
    with ExitStack() as stack:
        if topic is None:
            yield Files(files or [STDIN], stack)
            return
        if files:
            raise typer.BadParameter("history is read from files or from --topic, not both")
        from streams.settings import load_settings
        from streams.topic_history import TopicHistory

        yield stack.enter_context(TopicHistory(load_settings(settings), topic))


class Reader:
    """Reads a history through. What is broken is said on stderr and counted, and the rest goes on."""

    def __init__(
        self, source: Source, apply: Callable[[Activity, Place], None], known: Iterable[str]
    ) -> None:
        self.broken = 0
        self._source = source
        self._apply = apply
        self._known = frozenset(known)
        self._place = Place()
        self._activities = 0
        self._begins = NEVER
        self._strange: Counter[str] = Counter()
        """How often each type occurs that is not known; nobody asks once one has occurred that is."""
        self._knows_one = False
        self._aside: list[tuple[int, str]] = []

    def read(self, progress: Progress) -> None:
        """Apply all activities."""
        reading = Reading(self._take, self._put_aside)
        with _no_search_for_circles():
            for block, numbers in progress.over(self._source.blocks(), lambda one: len(one[1])):
                reading.read(block, numbers)
                self._say_broken(progress)
        if self.broken > _BROKEN_SHOWN:
            typer.echo(f"… and {self.broken - _BROKEN_SHOWN:,} more that could not be applied", err=True)

    def history(self, leads: int, duplicates: int, ends: int | None) -> History:
        """What was read, with what the replay knows of it. Raises Misuse: there was no activity."""
        if not self._activities:
            hint = (
                " (an activity is a JSON object, as `leadgate simulate` writes them)" if self.broken else ""
            )
            raise Misuse(f"{self._source.name}: there is no activity in it that could be applied{hint}")
        return History(
            name=self._source.name,
            activities=self._activities,
            duplicates=duplicates,
            broken=self.broken,
            leads=leads,
            begins=self._begins,
            ends=ends,
        )

    def check_names(self) -> None:
        """Raises Misuse where no activity is of a type that is known."""
        if self._knows_one or not self._known:
            return
        most = [f"{one_line(name)} ({count:,})" for name, count in self._strange.most_common(_NAMES_SHOWN)]
        raise Misuse(
            f"{self._source.name}: none of the funnel's activity names occurs in it "
            f"({_some(sorted(self._known))}); those that occur most: {', '.join(most)}"
        )

    def _take(self, activity: Activity, number: int) -> None:
        self._source.check(activity, number)
        self._place.line = number
        self._apply(activity, self._place)
        self._activities += 1
        if activity.occurred_at < self._begins:
            self._begins = activity.occurred_at
        if not self._knows_one:
            self._knows_one = activity.type in self._known
            self._strange[activity.type] += 1

    def _put_aside(self, _value: bytes, number: int, error: Unreadable) -> None:
        self._aside.append((number, one_line(f"{self._source.place(number)}: {error.reason}: {error}")))

    def _say_broken(self, progress: Progress) -> None:
        for _, said in sorted(self._aside):
            self.broken += 1
            if self.broken <= _BROKEN_SHOWN:
                progress.clear()
                typer.echo(said, err=True)
        self._aside.clear()


@contextmanager
def _no_search_for_circles() -> Iterator[None]:
    """Nothing that is read makes circles of objects, and to look for them takes a tenth of the time."""
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
