"""Conditions of a valid funnel that are never true: what they ask is never so at once."""

from collections.abc import Iterator
from itertools import combinations, islice

import msgspec

from qualifiers.claims import Claim, Claims, Reader
from qualifiers.loader_nodes import Node
from qualifiers.loader_tree import FunnelTree, inner_conditions, parts
from schemas.conditions import All, AtLeast, Condition, ScoreIs, TraitIs
from schemas.funnel_file import FunnelFile, IfLine

MAX_PAIRS = 10_000
"""Pairs that are looked at in a condition: more than anybody writes, few enough for a huge file."""


def check(funnel: FunnelTree, file: FunnelFile) -> None:
    """Note conditions that are never true."""
    reader = Reader(file)
    for node, condition in _conditions(funnel, file):
        if isinstance(condition, TraitIs | ScoreIs):
            each = [(node, claim) for claim in _single(reader.claims(condition))]
        elif _is_all(condition):
            inside = zip(parts(node), inner_conditions(condition), strict=True)
            each = [(part, reader.claims(inner)) for part, inner in inside]
        else:
            continue
        for (one, claims), (other, others) in islice(combinations(each, 2), MAX_PAIRS):
            if _contradict(claims, others):
                _told(funnel, one, other)
                break
            if _exclude(claims, others):
                _told(funnel, one, other, unless=", unless the trait is a list")
                break


def _told(funnel: FunnelTree, one: Node, other: Node, unless: str = "") -> None:
    if one is other:
        funnel.fault(
            one,
            "never-true",
            f"what is asked here is never true at once{unless}",
            "take one of the bounds out",
        )
        return
    message = f"this is never true while what is asked at {one.place} is{unless}"
    funnel.fault(other, "never-true", message, "take one of them out, or put both under `any`")


def _is_all(condition: Condition) -> bool:
    return isinstance(condition, All) or (
        isinstance(condition, AtLeast) and condition.at_least == len(condition.of)
    )


def _single(claims: Claims) -> Iterator[Claims]:
    """Each claim by itself."""
    yield from (Claims((one,)) for one in claims.so)
    yield from (Claims((), (one,)) for one in claims.denied)


def _conditions(funnel: FunnelTree, file: FunnelFile) -> Iterator[tuple[Node, Condition]]:
    """Every condition of the file, those inside others too, each with its node."""
    lines = [line for score in file.scores.values() for line in score.points]
    roots = [
        *file.define.values(),
        *(line.if_ for line in lines if isinstance(line, IfLine)),
        *([file.hold.when] if file.hold else []),
        *(rule.when for rule in file.transitions),
        *(signal.when for signal in file.signals),
    ]
    for node, root in zip(funnel.roots(), roots, strict=True):
        yield from _within(node, root)


def _within(node: Node, condition: Condition) -> Iterator[tuple[Node, Condition]]:
    yield node, condition
    for part, inner in zip(parts(node), inner_conditions(condition), strict=True):
        yield from _within(part, inner)


# When two are never true at once ---------------------------------------------------------------------

_OF_TRAITS = (b'["one of"', b'["at least"', b'["at most"')
"""How the subjects of claims about the values of traits begin."""


def _contradict(one: Claims, other: Claims) -> bool:
    """Whether one of two conditions denies what the other claims."""
    return any(mine.implies(denied) for mine in one.so for denied in other.denied) or any(
        theirs.implies(denied) for theirs in other.so for denied in one.denied
    )


def _exclude(one: Claims, other: Claims) -> bool:
    """Whether two conditions leave no value that a trait could have; each of a list might fit one of them."""
    mine, theirs = (
        [claim for claim in each.so if claim.subject.startswith(_OF_TRAITS)] for each in (one, other)
    )
    return any(_leave_nothing(claim, another) for claim in mine for another in theirs)


def _leave_nothing(one: Claim, other: Claim) -> bool:
    (kind, path, *values), (other_kind, other_path, *other_values) = map(
        msgspec.json.decode, (one.subject, other.subject)
    )
    if path != other_path:
        return False
    if kind == other_kind == "one of":
        return not {*values[0]} & {*other_values[0]}
    if (kind, other_kind) == ("at most", "at least"):
        one, other = other, one
    elif (kind, other_kind) != ("at least", "at most"):
        return False
    (low, above), (high, below) = one.degree, other.degree
    return low > -high or (low == -high and bool(above or below))
