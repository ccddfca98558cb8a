"""Conditions, compiled: each tells its value, until when that holds, and why.

A condition is asked about a lead at a moment. ``at`` gives the value and a moment up
to which time alone leaves it so (it may be early, never late; NEVER when time does
not matter). ``watches`` says what activities can turn it, so that an activity that
can turn nothing evaluates nothing. ``sentence`` and ``proof`` are made only when
something has fired or someone asks.

Here are the combinations; the single facts are in `qualifiers.facts`.
"""

# What a method does is said once, in `Condition`; not every form needs all that it is given.
# Loops are written out: a generator costs more than what it goes over.
# ruff: noqa: ARG002, D102, SIM110

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from schemas.activity import Activity
from schemas.decision import Evidence
from schemas.lead import Lead
from schemas.moments import NEVER

if TYPE_CHECKING:
    from qualifiers.counters import Counter
    from qualifiers.scores import Score
    from qualifiers.spans import Span

Verdict = tuple[bool, int]


class Counted(NamedTuple):
    """Turned by an activity that is counted: the ``times``-th in the window ``within``."""

    counter: "Counter"
    times: int
    within: "Span | None"


class Gathered(NamedTuple):
    """Turned by an activity that a sum or a sequence takes in."""

    counter: "Counter"


class Stirred(NamedTuple):
    """Turned by an activity that ends the quiet."""

    counter: "Counter"


class Backdated(NamedTuple):
    """Turned by the first activity that counts, when it lies before the lead's creation."""

    counter: "Counter"


class Risen(NamedTuple):
    """Turned by a score that activities have moved to ``points`` or past it."""

    score: "Score"
    points: float


class Weighed(NamedTuple):
    """Turned by a score whose `if` lines weigh otherwise."""

    score: "Score"


class Learnt(NamedTuple):
    """Turned by a change of the trait of that top name."""

    trait: str


Watch = Counted | Gathered | Stirred | Backdated | Risen | Weighed | Learnt


class Condition:
    """What every compiled condition can tell."""

    __slots__ = ()
    timed: bool = False
    """Whether time alone can change it."""

    def at(self, lead: Lead, now: int) -> Verdict:
        """The value at ``now``, and a moment after ``now`` until which time leaves it so."""
        raise NotImplementedError

    def holds(self, lead: Lead, now: int) -> bool:
        """The value alone."""
        return self.at(lead, now)[0]

    def watches(self, wanted: bool) -> Iterator[Watch]:
        """What an activity can do that might turn the value to ``wanted``."""
        raise NotImplementedError

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        """Why it is true, in words, without a capital or a full stop.

        Its true leaves are added to ``proof``, in file order. ``activity`` is the one that
        is being applied, for leaves that it made true.
        """
        raise NotImplementedError


def turns(ask: Callable[[Lead, int], Verdict], lead: Lead, now: int) -> int:
    """The first moment after ``now`` at which time alone turns a verdict; NEVER when it does not."""
    present, until = ask(lead, now)
    while until < NEVER:
        value, later = ask(lead, until)
        if value is not present:
            return until
        until = later
    return NEVER


class Combination(Condition):
    """What is true by how many of its parts are."""

    __slots__ = ("_quickest", "parts", "timed")

    def __init__(self, parts: Sequence[Condition]) -> None:
        self.parts = tuple(parts)
        self.timed = any(part.timed for part in parts)
        # What time cannot change decides first: its verdict holds for good.
        self._quickest = tuple(sorted(parts, key=lambda part: part.timed))

    def watches(self, wanted: bool) -> Iterator[Watch]:
        for part in self.parts:
            yield from part.watches(wanted)


class All(Combination):
    """`all`: every one is true."""

    __slots__ = ()

    def at(self, lead: Lead, now: int) -> Verdict:
        until = NEVER
        for part in self._quickest:
            verdict = part.at(lead, now)
            if not verdict[0]:
                return verdict
            if verdict[1] < until:
                until = verdict[1]
        return True, until

    def holds(self, lead: Lead, now: int) -> bool:
        for part in self._quickest:
            if not part.holds(lead, now):
                return False
        return True

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        return " and ".join([part.because(lead, now, activity, proof) for part in self.parts])


class AnyOf(Combination):
    """`any`: one is true."""

    __slots__ = ()

    def at(self, lead: Lead, now: int) -> Verdict:
        until = NEVER
        for part in self._quickest:
            verdict = part.at(lead, now)
            if verdict[0]:
                return verdict
            if verdict[1] < until:
                until = verdict[1]
        return False, until

    def holds(self, lead: Lead, now: int) -> bool:
        for part in self._quickest:
            if part.holds(lead, now):
                return True
        return False

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        true = next(part for part in self.parts if part.holds(lead, now))
        return true.because(lead, now, activity, proof)


class NoneOf(Combination):
    """`none`: not one is true."""

    __slots__ = ("_words",)

    def __init__(self, parts: Sequence[Condition], words: str) -> None:
        super().__init__(parts)
        self._words = words

    def at(self, lead: Lead, now: int) -> Verdict:
        until = NEVER
        for part in self._quickest:
            value, holds_until = part.at(lead, now)
            if value:
                return False, holds_until
            if holds_until < until:
                until = holds_until
        return True, until

    def holds(self, lead: Lead, now: int) -> bool:
        for part in self._quickest:
            if part.holds(lead, now):
                return False
        return True

    def watches(self, wanted: bool) -> Iterator[Watch]:
        yield from super().watches(not wanted)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        return self._words


class AtLeast(Combination):
    """`at_least: k, of: […]`: k of them are true."""

    __slots__ = ("needed",)

    def __init__(self, parts: Sequence[Condition], needed: int) -> None:
        super().__init__(parts)
        self.needed = needed

    def at(self, lead: Lead, now: int) -> Verdict:
        until = NEVER
        found = 0
        for part in self.parts:
            value, holds_until = part.at(lead, now)
            found += value
            if holds_until < until:
                until = holds_until
        return found >= self.needed, until

    def holds(self, lead: Lead, now: int) -> bool:
        return sum(part.holds(lead, now) for part in self.parts) >= self.needed

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        true = [part for part in self.parts if part.holds(lead, now)]
        said = ", ".join([part.because(lead, now, activity, proof) for part in true])
        return f"{len(true)} of {len(self.parts)}: {said}"
