"""What a new funnel file asks of the leads that the old one did not keep.

A lead's state holds only what its funnel asks. So when another comes into force, what that
one alone counts is counted from then on, as if nothing had been done before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from qualifiers.builder import Builder
from qualifiers.calendars import Spans
from qualifiers.conditions import Backdated, Counted, Gathered, Stirred
from qualifiers.counters import Counter
from qualifiers.meaning import canonical, firing, slot_key
from qualifiers.renaming import in_words_of
from qualifiers.spans import Span
from qualifiers.transitions import resolve
from qualifiers.wording import line_words, named
from qualifiers.words import joined, length
from schemas.conditions import All, Any_, AtLeast, Condition, None_, Sum, Use, Visited
from schemas.durations import BusinessHours, Duration
from schemas.funnel_diff import StartsEmpty
from schemas.funnel_file import FunnelFile, OnLine
from schemas.moments import DAY, MINUTE

_MONDAY = 20_640 * DAY
"""2026-07-06, far from where clocks are changed; any would do."""
_WEEK = range(_MONDAY, _MONDAY + 7 * DAY, 15 * MINUTE)
"""When windows are compared: how far back one of business hours reaches depends on the day and the hour."""


@dataclass
class _Kept:
    """Something that is kept, and who asks it; how much of it: the newest ones, or those in the windows."""

    what: str
    newest: int = 1
    windows: dict[Duration, Span] = field(default_factory=dict)
    asked_by: list[str] = field(default_factory=list)

    def exceeds(self, other: "_Kept") -> bool:
        """Whether more is kept than of the other, at any time."""
        return self.newest > other.newest or (
            bool(self.windows) and any(self._opened(now) < other._opened(now) for now in _WEEK)
        )

    def _opened(self, now: int) -> int:
        """Since when (ms) all is kept at ``now``."""
        return min(window.before(now) for window in self.windows.values())

    def known(self) -> str:
        """How much is kept, in words."""
        if self.windows:
            return f"what was done in the last {joined(map(length, _longest(self.windows)), 'or')}"
        return f"the newest {self.newest}" if self.newest > 1 else "the newest"


def _longest(windows: Iterable[Duration]) -> Iterator[Duration]:
    """The longest of all hours, and of business hours; which of these reaches further back may vary."""
    hours = [window for window in windows if not isinstance(window, BusinessHours)]
    business_hours = [window for window in windows if isinstance(window, BusinessHours)]
    if hours:
        yield max(hours)
    if business_hours:
        yield max(business_hours, key=lambda window: window.open_ms)


def starting_empty(old: FunnelFile, new: FunnelFile) -> list[StartsEmpty]:
    """What starts empty, or with less than is asked, in the order of the new file.

    Traits are not among it: they are kept, within limits, whether or not a rule names them. What is
    kept of a stage, or by a rule's name, is known on where the new file has the stage `renamed`.
    """
    before = _Keeping(in_words_of(new, old)).kept
    found = []
    for key, kept in _Keeping(new).kept.items():
        was = before.get(key)
        if was is None or kept.exceeds(was):
            known = None if was is None else was.known()
            found.append(StartsEmpty(what=kept.what, known=known, asked_by=kept.asked_by))
    return found


class _Keeping:
    """What is kept under a file; ``kept`` by its slot in a lead's state, or what stands for one."""

    def __init__(self, file: FunnelFile) -> None:
        self.kept: dict[str, _Kept] = {}
        self._file = file
        self._builder = Builder(file)
        # Without holidays: that a window reaches further back for a day is nothing to be warned of.
        self._spans = Spans(file.calendar and file.calendar.model_copy(update={"holidays": []}))
        # Only when all have been built is it known how much of each is asked.
        self._builder.rules(file)
        self._builder.signals(file)
        for name in file.scores:
            self._note_points(name)
        for asker, condition in _conditions(file):
            for leaf in _leaves(condition, file):
                self._note_leaf(leaf, asker)
        for rule in resolve(file):
            if rule.again_after is not None:
                key = slot_key(canonical(*firing(rule.name)))
                self._note(key, _Kept(f"when {rule.name} last fired"), rule.name)

    def _note_points(self, name: str) -> None:
        score = self._builder.scores[name]
        lines = [line for line in self._file.scores[name].points if isinstance(line, OnLine)]
        if lines:
            self._note(score.key, _Kept(f"the points of {name}"), name)
        for line, compiled in zip(lines, score.on_lines, strict=True):
            if line.at_most is not None:
                self._note(compiled.key, _Kept(f"what has been given for {line_words(line)}"), name)

    def _note_leaf(self, leaf: Condition, asker: str) -> None:
        if isinstance(leaf, Visited):
            self._note(f"visited {leaf.visited}", _Kept(f"whether it was ever in {leaf.visited}"), asker)
        for counter in _counters(self._builder, leaf):
            kept = self._note(counter.key, _Kept(named([leaf]), counter.keep), asker)
            if isinstance(leaf, Sum) and leaf.within is not None:
                kept.windows[leaf.within] = self._spans.of(leaf.within)

    def _note(self, key: str, kept: _Kept, asker: str) -> _Kept:
        one = self.kept.setdefault(key, kept)
        if asker not in one.asked_by:
            one.asked_by.append(asker)
        return one


def _conditions(file: FunnelFile) -> Iterator[tuple[str, Condition]]:
    """What asks about more than traits, and who it is."""
    if file.hold is not None:
        yield "hold", file.hold.when
    for rule in resolve(file):
        yield rule.name, rule.when
    for signal in file.signals:
        yield signal.name, signal.when


def _leaves(condition: Condition, file: FunnelFile) -> Iterator[Condition]:
    """The conditions that ask one thing each."""
    match condition:
        case Use():
            parts = [file.define[condition.use]]
        case All():
            parts = condition.all
        case Any_():
            parts = condition.any
        case None_():
            parts = condition.none
        case AtLeast():
            parts = condition.of
        case _:
            yield condition
            return
    for part in parts:
        yield from _leaves(part, file)


def _counters(builder: Builder, leaf: Condition) -> Iterator[Counter]:
    """The counter that a condition asks, where it asks one."""
    compiled = builder.condition(leaf)
    asked = {
        watch.counter.key: watch.counter
        for wanted in (True, False)
        for watch in compiled.watches(wanted)
        if isinstance(watch, Counted | Gathered | Stirred | Backdated)
    }
    yield from asked.values()
