"""What a condition claims: single claims that all hold when it is true, some of them by degrees.

`in_stage: 7d` claims less than `in_stage: 30d`, and `none: [{score: s, at_least: 5}]` claims
that something is not so. By these it is seen that one condition is true whenever another is,
or that two are never true at once, without a look at any lead.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from qualifiers.comparing import as_number, comparable
from qualifiers.meaning import canonical
from qualifiers.operators import given
from schemas.conditions import (
    All,
    Any_,
    AtLeast,
    Condition,
    Did,
    Has,
    InStage,
    None_,
    Quiet,
    ScoreIs,
    Sum,
    TraitIs,
    Use,
)
from schemas.durations import BusinessHours
from schemas.funnel_file import FunnelFile

MAX_CLAIMS = 100
"""Claims of a condition that are told apart: nobody writes more, and a huge file is to be read in time."""

Degree = tuple[float, int]
"""How much is claimed: a number, and 1 where more than it is."""
_WHOLLY: Degree = (0, 0)


class Claim(NamedTuple):
    """Something that is so to a degree: what is so to one degree is so to every lesser one."""

    subject: bytes
    degree: Degree = _WHOLLY

    def implies(self, other: "Claim") -> bool:
        """Whether the other is so wherever this is."""
        return self.subject == other.subject and self.degree >= other.degree


class Claims(NamedTuple):
    """A condition: it is true exactly when each of ``held`` is so, and none of ``denied``."""

    held: tuple[Claim, ...]
    denied: tuple[Claim, ...] = ()
    implied: tuple[Claim, ...] = ()
    """What is so too, as it follows from what is held."""

    @property
    def so(self) -> tuple[Claim, ...]:
        """All that is so when the condition is true."""
        return (*self.held, *self.implied)

    def imply(self, other: "Claims") -> bool:
        """Whether the other condition is true wherever this one is, as far as its claims tell."""
        return all(any(mine.implies(one) for mine in self.so) for one in other.held) and all(
            any(one.implies(mine) for mine in self.denied) for one in other.denied
        )

    @property
    def is_time_in_stage(self) -> bool:
        """Whether a time in the stage is all that is claimed."""
        return not self.denied and [one.subject for one in self.held] in _TIMES_IN_STAGE

    @property
    def key(self) -> bytes:
        """One of the subjects that whatever implies it must claim something about too."""
        return min(one.subject for one in (*self.held, *self.denied))

    def subjects(self) -> set[bytes]:
        """All that is claimed something about."""
        return {one.subject for one in (*self.so, *self.denied)}


class Reader:
    """Reads the claims of a funnel's conditions, those of each definition once."""

    def __init__(self, file: FunnelFile) -> None:
        self._file = file
        self._known: dict[str, Claims] = {}

    def claims(self, condition: Condition) -> Claims:
        """What a condition claims."""
        match condition:
            case Use():
                if condition.use not in self._known:
                    self._known[condition.use] = self.claims(self._file.define[condition.use])
                return self._known[condition.use]
            case All():
                together = _together(map(self.claims, condition.all))
            case None_():
                together = _together(map(self._denied, condition.none))
            case Any_() if len(condition.any) == 1:
                return self.claims(condition.any[0])
            case AtLeast():
                return Claims((Claim(canonical("at_least", condition.of), (condition.at_least, 0)),))
            case _:
                read = _READERS.get(type(condition))
                return read(condition) if read else _as_one(condition)
        return together if together is not None else _as_one(condition)

    def ways(self, condition: Condition) -> Iterator[Claims]:
        """Each way in which a condition may be true."""
        yield self.claims(condition)
        named = self._file.define[condition.use] if isinstance(condition, Use) else condition
        if isinstance(named, Any_):
            yield from map(self.claims, named.any)

    def _denied(self, condition: Condition) -> Claims:
        """What is claimed by saying that a condition is not true."""
        match self.claims(condition):
            case Claims((one,), ()):
                return Claims((), (one,))
            case Claims((), (one,)):
                return Claims((one,))
        return Claims((), (Claim(canonical(condition)),))


def _as_one(condition: Condition) -> Claims:
    return Claims((Claim(canonical(condition)),))


def _together(parts: Iterable[Claims]) -> Claims | None:
    """The claims of several conditions, all of which are true; None when they are too many."""
    held: list[Claim] = []
    denied: list[Claim] = []
    implied: list[Claim] = []
    for part in parts:
        held += part.held
        denied += part.denied
        implied += part.implied
        if len(held) + len(denied) > MAX_CLAIMS:
            return None
    return Claims(tuple(held), tuple(denied), tuple(implied))


# Each form --------------------------------------------------------------------------------------------


def _span(subject: tuple[Any, ...], duration: int | BusinessHours, sign: int) -> Claim:
    """A claim about a length of time; business hours compare with business hours alone."""
    if isinstance(duration, BusinessHours):
        return Claim(canonical(*subject, "bh"), (sign * duration.open_ms, 0))
    return Claim(canonical(*subject), (sign * duration, 0))


def _counted(asked: Did | Sum) -> Claims:
    """So many activities, in all; or, which is more, of this stay, or of the last while."""
    bare = asked.model_dump(
        by_alias=True, exclude_none=True, exclude={"times", "at_least", "within", "since"}
    )
    degree = (asked.times if isinstance(asked, Did) else asked.at_least, 0)
    in_all = Claim(canonical(bare), degree)
    in_stay = Claim(canonical(bare, "entry"), degree)
    if asked.within is not None:
        lately = _span((bare, degree, asked.since), asked.within, -1)
        return Claims((lately,), (), (in_stay, in_all) if asked.since else (in_all,))
    return Claims((in_stay,), (), (in_all,)) if asked.since else Claims((in_all,))


def _score(asked: ScoreIs) -> Claims:
    subject = canonical("score", asked.score)
    held, denied = [], []
    if asked.at_least is not None:
        held.append(Claim(subject, (asked.at_least, 0)))
    if asked.below is not None:
        denied.append(Claim(subject, (asked.below, 0)))
    if asked.between is not None:
        held.append(Claim(subject, (asked.between[0], 0)))
        denied.append(Claim(subject, (asked.between[1], 1)))
    return Claims(tuple(held), tuple(denied))


def _trait(asked: TraitIs) -> Claims:
    path = asked.trait
    there = Claim(canonical("exists", path))
    parts = []
    for name, argument in given(asked):
        if name == "exists":
            parts.append(Claims((there,)) if argument else Claims((), (there,)))
        elif name in ("is_not", "not_in"):
            values = argument if name == "not_in" else [argument]
            parts.append(Claims((), tuple(_one_of(path, [value]) for value in values)))
        else:
            held = _operator(path, name, argument)
            parts.append(Claims((held,), (), (there, *_bounds(path, name, argument))))
    return _together(parts) or _as_one(asked)


def _one_of(path: str, values: list[Any]) -> Claim:
    """That a trait is one of these values."""
    return Claim(canonical("one of", path, sorted({str(comparable(value)) for value in values})))


def _operator(path: str, name: str, argument: Any) -> Claim:
    if name in ("is", "in"):
        return _one_of(path, argument if name == "in" else [argument])
    bounds = _bounds(path, name, argument)
    return bounds[0] if len(bounds) == 1 else Claim(canonical(name, path, argument))


def _bounds(path: str, name: str, argument: Any) -> list[Claim]:
    """The bounds that follow from an operator; on a list of values they are so of one of them."""
    low, high = argument if name == "between" else (argument, argument)
    low, high = as_number(low), as_number(high)
    if low is None or high is None:
        return []
    claims = []
    if name in ("is", "at_least", "above", "between"):
        claims.append(Claim(canonical("at least", path), (low, int(name == "above"))))
    if name in ("is", "at_most", "below", "between"):
        claims.append(Claim(canonical("at most", path), (-high, int(name == "below"))))
    return claims


def _has(asked: Has) -> Claims:
    held = tuple(Claim(canonical("has", path)) for path in asked.has)
    return Claims(held, (), tuple(Claim(canonical("exists", path)) for path in asked.has))


def _quiet(asked: Quiet) -> Claims:
    of = sorted(set(asked.quiet.of)) if asked.quiet.of else None
    return Claims((_span(("quiet", of), asked.quiet.for_, 1),))


_READERS: dict[type, Callable[[Any], Claims]] = {
    Did: _counted,
    Sum: _counted,
    ScoreIs: _score,
    TraitIs: _trait,
    Has: _has,
    InStage: lambda asked: Claims((_span(("in_stage",), asked.in_stage, 1),)),
    Quiet: _quiet,
}
"""How each form is read; any other claims itself, and no more."""
_TIMES_IN_STAGE = [[canonical("in_stage")], [canonical("in_stage", "bh")]]
