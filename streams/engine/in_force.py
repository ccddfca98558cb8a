"""Which funnel decides a partition's leads, and since when: a partition's own, kept in its meta record.

A partition comes under the group's newest version between two passes, once all its leads have
been read by the one before and their silence has been judged by it. From there on what
comes out depends on the place and the moment of the change alone: a lead that is to be
read again is so before anything else happens to it, or in the background, as it comes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from qualifiers import Funnel
from streams.engine.changelog import Meta
from streams.engine.table import Table
from streams.errors import Misuse
from streams.funnels import Funnels, Version


class StageLost(Misuse):
    """Leads are in stages that a funnel lacks, and it does not say what these are now; how many, by stage."""

    def __init__(self, slug: str, leads: Mapping[str, int], where: str = "") -> None:
        super().__init__(
            "\n".join(
                f"{where}{count} leads are in stage {stage}, which funnel {slug} does not have: keep it in "
                f"the file, or say there what it is called now (renamed: {{{stage}: …}})"
                for stage, count in leads.items()
            )
        )


def _nothing_renamed(_version: int) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class InForce:
    """A version of the funnel, as it decides one partition.

    It does from input offset ``position`` on. The version ``before`` it had judged the
    silence of leads up to ``since`` (ms; 0 while the clock was held). ``renamed`` is what
    that one's stages are called now.
    """

    version: int
    funnel: Funnel
    position: int = 0
    since: int = 0
    before: int = 0
    renamed: Mapping[str, str] = field(default_factory=dict)
    names_since: Callable[[int], Mapping[str, str]] = _nothing_renamed
    """What the stages of any earlier version are called now."""


def come_into_force(funnels: Funnels, version: Version, position: int, since: int, before: int) -> InForce:
    """The ``version``, from a position on."""
    names_since = _names_until(version.number, funnels)
    return InForce(version.number, version.funnel, position, since, before, names_since(before), names_since)


def as_left(meta: Meta | None, position: int, funnels: Funnels) -> InForce:
    """What was in force when a partition was left at ``position``. Raises NotKnown, Unusable."""
    newest = funnels.in_force
    if meta is None:
        return come_into_force(funnels, newest, position, 0, before=newest.number)
    if meta.version == 0:
        # A state of before there were versions: read by this funnel, or by one that nobody can name.
        if meta.funnel_hash == newest.funnel.hash:
            return come_into_force(funnels, newest, position, meta.clock, before=newest.number)
        return come_into_force(funnels, newest, position, meta.clock, before=0)
    left = Version(meta.version, funnels.get(meta.version, meta.funnel_hash))
    return come_into_force(funnels, left, meta.funnel_from, meta.funnel_since, meta.version_before)


def _names_until(number: int, funnels: Funnels) -> Callable[[int], Mapping[str, str]]:
    return lambda before: funnels.renamed(before, number)


def check_stages(number: int, table: Table, in_force: InForce) -> None:
    """What the file is at fault for is said before a record is blamed for it. Raises StageLost."""
    for stage, leads in table.by_stage.items():
        if in_force.renamed.get(stage, stage) not in in_force.funnel.stages:
            raise StageLost(in_force.funnel.slug, {stage: leads}, f"partition {number}: ")
