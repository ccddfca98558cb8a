"""Verification: what a group has said, held against its input, a partition at a time.

It joins no group and writes nothing. The group may work on meanwhile: where a partition stands is read
first, and what was said about it after that; so what is committed by then is judged, and no more.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from schemas.verification import VERDICTS, Verdict, Verification
from streams.deciding import processor
from streams.engine.homes import home
from streams.input_topic import InputTopic, describe_input
from streams.settings import Settings
from streams.snapshots.taking import clock_held
from streams.verification.funnel_versions import FunnelFile, known_funnels
from streams.verification.partition import Group, Watch, verify_partition
from streams.verification.reading import Reading
from streams.verification.said import Said, read_all


@dataclass(frozen=True)
class Asked:
    """What is to be verified: of all leads or of one; what is on the topics, or the lines of a file.

    ``lines`` are values with their places; ``funnels`` files in place of the group's versions, oldest first.
    """

    lead: str | None = None
    lines: Sequence[tuple[str, bytes]] | None = None
    funnels: Sequence[FunnelFile] = ()

    @property
    def lists_all(self) -> bool:
        """Whether a verdict is wanted of each decision, and not only of those that are not proven."""
        return self.lead is not None or self.lines is not None


def verify(settings: Settings, asked: Asked, wall_clock: Callable[[], int], watch: Watch) -> Verification:
    """Verify it. Raises Misuse, OutsideWorld, FunnelFaults, KafkaException."""
    source = describe_input(settings)
    given, unreadable = read_all((value, where, None) for where, value in asked.lines or ())
    numbers = _asked_for(asked, given, source)
    partitions, counts = [], Counter[str](one.verdict for one in unreadable)
    verdicts: list[Verdict] = list(unreadable)
    with Reading(settings) as reading:
        metas = {number: reading.metas(number) for number in numbers}
        funnels = known_funnels(settings, asked.funnels, chain.from_iterable(metas.values()))
        group = Group(
            topics=reading,
            funnels=funnels,
            processor=processor(settings, source),  # what it would send goes nowhere
            put_aside=reading.put_aside(),
            held=clock_held(settings),
            now=wall_clock(),
            watch=watch,
        )
        for number in numbers:
            here = _of(given, number, source) if asked.lines is not None else None
            verified = verify_partition(group, number, metas[number], asked.lead, here)
            partitions.append(verified.partition)
            for verdict in verified.verdicts:
                counts[verdict.verdict] += 1
                if asked.lists_all or verdict.verdict != "proven":
                    verdicts.append(verdict)
    return Verification(
        group=settings.group,
        partitions=partitions,
        counts={name: counts[name] for name in VERDICTS},
        verdicts=verdicts,
    )


def _asked_for(asked: Asked, given: Sequence[Said], source: InputTopic) -> list[int]:
    """The partitions of the input that have something to say about what is asked."""
    if asked.lead is not None:
        return [home(asked.lead.encode(), source.partitions)]
    if asked.lines is not None:
        return [number for number in range(source.partitions) if _of(given, number, source)]
    return list(range(source.partitions))


def _of(given: Sequence[Said], number: int, source: InputTopic) -> list[Said]:
    """Those about leads whose home is this partition."""
    return [one for one in given if home(one.head.lead_id.encode(), source.partitions) == number]
