"""A funnel as a diagram of its stages: what is drawn, in whatever form it is drawn."""

from typing import TYPE_CHECKING, NamedTuple

from qualifiers.transitions import directions, resolve
from qualifiers.wording import named
from qualifiers.words import as_sentence
from schemas.funnel_file import FunnelFile

if TYPE_CHECKING:  # as in `transitions`
    from schemas.decision import Direction


class Arrow(NamedTuple):
    """A rule: its name, the stages it leads out of, where to, which way, and its condition in words."""

    rule: str
    sources: tuple[str, ...]
    to: str
    direction: "Direction"
    when: str


class Diagram(NamedTuple):
    """The stages of a funnel, those of the path in order, and its rules as arrows, in order."""

    funnel: str
    path: tuple[str, ...]
    off_path: tuple[str, ...]
    final: frozenset[str]
    arrows: tuple[Arrow, ...]


def diagram(file: FunnelFile) -> Diagram:
    """The diagram of a funnel. A rule that can start from no stage has no arrow."""
    directed = directions(file)
    arrows = [
        # The first source says which way: for all of a rule it is the same, but for `any` and lists.
        Arrow(
            rule.name,
            rule.sources,
            rule.to,
            directed[rule.sources[0], rule.to],
            as_sentence(named([rule.when])),
        )
        for rule in resolve(file)
        if rule.sources
    ]
    return Diagram(
        file.funnel, tuple(file.stages), tuple(file.off_path), frozenset(file.final), tuple(arrows)
    )
