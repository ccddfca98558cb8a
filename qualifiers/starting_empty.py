"""What a new funnel file asks of the leads that the old one did not keep.

A lead's state holds only what its funnel asks. So when another comes into force, what that
one alone counts is counted from then on, as if nothing had been done before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from qualifiers.builder import Builder
from qualifiers.conditions import Backdated, Counted, Gathered, Stirred
from qualifiers.counters import Counter
from qualifiers.meaning import canonical, firing, slot_key
from qualifiers.renaming import in_words_of
from qualifiers.sums import Sum
from qualifiers.transitions import resolve
from qualifiers.wording import line_words, named
from qualifiers.words import length
from schemas.conditions import All, Any_, AtLeast, Condition, None_, Use, Visited
from schemas.funnel_diff import StartsEmpty
from schemas.funnel_file import FunnelFile, OnLine
from schemas.moments import DAY

_SOME_DAY = 20_454 * DAY
"""2026-01-01: from when on the reach of a window is measured; one of business hours has no other length."""


@dataclass
class _Kept:
    """Something that is kept, and who asks it. ``reach`` is how much of it, where there is more and less."""

    what: str
    reach: int = 0
    in_time: bool = False
    asked_by: list[str] = field(default_factory=list)

    def known(self) -> str:
        """How much is kept, in words."""
        if self.in_time:
            return f"what was done in the last {length(self.reach)}"
        return f"the newest {self.reach}" if self.reach > 1 else "the newest"


def starting_empty(old: FunnelFile, new: FunnelFile) -> list[StartsEmpty]:
    """What starts empty, or with less than is asked, in the order of the new file.

    Traits are not among it: they are kept, within limits, whether or not a rule names them. What is
    kept of a stage, or by a rule's name, is known on where the new file has the stage `renamed`.
    """
    before = _Keeping(in_words_of(new, old)).kept
    found = []
    for key, kept in _Keeping(new).kept.items():
        was = before.get(key)
        if was is None or was.reach < kept.reach:
            known = None if was is None else was.known()
            found.append(StartsEmpty(what=kept.what, known=known, asked_by=kept.asked_by))
    return found


class _Keeping:
    """What is kept under a file; ``kept`` by its slot in a lead's state, or what stands for one."""

    def __init__(self, file: FunnelFile) -> None:
        self.kept: dict[str, _Kept] = {}
        self._file = file
        self._builder = Builder(file)
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
            in_time = isinstance(counter, Sum)
            reach = _reach(counter) if isinstance(counter, Sum) else counter.keep
            self._note(counter.key, _Kept(named([leaf]), reach, in_time), asker)

    def _note(self, key: str, kept: _Kept, asker: str) -> None:
        one = self.kept.setdefault(key, kept)
        if asker not in one.asked_by:
            one.asked_by.append(asker)


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


def _reach(counter: Sum) -> int:
    """How far back (ms) a sum is kept; 0 where it is kept for good."""
    return max((_SOME_DAY - window.before(_SOME_DAY) for window in counter.windows), default=0)
