"""What a worker does not go on from, as going on would lose or repeat something: each with the way on.

The changelog, the group's offsets and the input topic come from the same transactions, so they agree,
unless somebody has changed one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.lead_packing import UnreadableState
from schemas.lead_state import due_and_stage, marked
from streams.errors import OutsideWorld

_RESTORE = "put a snapshot of it back (leadgate restore FILE --replace)"
_ANEW = (
    "or, without one, give the workers another group (LEADGATE_GROUP, leadgate topics create), which reads "
    "all activities anew"
)


class Refused(OutsideWorld):
    """What Kafka holds does not fit together, and going on would lose or repeat something."""


@dataclass(slots=True, frozen=True)
class Disagreement:
    """Of a partition the group's offset is ``committed``, and the changelog says ``kept`` (None: nothing)."""

    number: int
    committed: int | None
    kept: int | None


@dataclass(slots=True, frozen=True)
class Refusals:
    """Words what is refused, for a group and its topics.

    ``tool`` begins a command line of Kafka's own tool for consumer groups.
    """

    group: str
    input_topic: str
    changelog: str
    tool: str

    def another_topic(self) -> Refused:
        """The input has another id than the one that the changelog names."""
        return Refused(
            f"the topic {self.input_topic} is not the one that {self.changelog} was made from: it has been "
            "created anew, so an offset means another activity there. To go on in it, with all leads as they "
            "are, stop the workers and run: leadgate snapshot FILE, and "
            "leadgate restore FILE --replace --offsets OFFSETS, where OFFSETS says for each partition which "
            "offset comes next"
        )

    def cut(self, starts: Mapping[int, int]) -> Refused:
        """The changelog's partitions begin there, and not at 0."""
        where = ", ".join(f"partition {number} at offset {start}" for number, start in starts.items())
        return Refused(
            f"{self.changelog} does not begin at its beginning any more ({where}): compaction leaves that "
            "where it is, so records have been deleted, and leads may have gone with them. Stop all workers, "
            f"delete the topic, make it again (leadgate topics create), and {_RESTORE}; {_ANEW}"
        )

    def foreign(self, number: int, records: Mapping[bytes, int]) -> Refused:
        """Records (offsets by key) that no leadgate of this version writes."""
        key, offset = next(iter(records.items()))
        return Refused(
            f"partition {number} of {self.changelog} holds {len(records)} records that this leadgate has not "
            f"written, such as the one at offset {offset} with the key {key[:40]!r}. If a newer leadgate "
            "has, run that one; if somebody else has, see to it that nobody does again, stop all workers, "
            "and run: leadgate snapshot FILE, which leaves them out, and leadgate restore FILE --replace"
        )

    def unreadable(self, number: int, lead: bytes, why: Exception) -> Refused:
        """The state of a lead that can't be read."""
        return Refused(
            f"partition {number} of {self.changelog}: the state of the lead "
            f"{lead.decode(errors='replace')!r} can't be read: {why}. If a newer leadgate has written it, "
            f"run that one; if somebody else has, stop all workers and {_RESTORE}; {_ANEW}"
        )

    def unreadable_meta(self, number: int, why: Exception) -> Refused:
        """The partition's own record, of what the last transaction left, can't be read."""
        return Refused(
            f"partition {number} of {self.changelog}: {why}. If somebody else than leadgate has written it, "
            f"stop all workers and {_RESTORE}; {_ANEW}"
        )

    def disagree(self, found: Sequence[Disagreement]) -> Refused:
        """Offsets and changelog of these partitions; with the commands that make them agree."""
        said = "\n".join(
            f"  partition {one.number}: the group's committed offset is {one.committed}, but the changelog "
            f"{self.changelog} says {one.kept}"
            for one in found
        )
        resets = "\n".join(
            f"  {self.tool} --group {self.group} "
            f"--topic {self.input_topic}:{one.number} --reset-offsets {_target(one)} --execute"
            for one in found
        )
        lost = ""
        if any(one.kept is None for one in found):
            lost = (
                f"Where {self.changelog} says nothing, the leads are gone from it: {_RESTORE}; or, without "
                "one, go on as below, and all that was said of them is said again, under the same ids.\n"
            )
        return Refused(
            f"offsets and changelog do not agree, so somebody has changed one of them:\n{said}\n{lost}"
            f"To go on where the changelog stands, stop all workers and run:\n{resets}"
        )


def _target(one: Disagreement) -> str:
    return "--to-earliest" if one.kept is None else f"--to-offset {one.kept}"


def find_unreadable(states: Mapping[bytes, bytes]) -> tuple[bytes, Exception] | None:
    """The first of these leads whose state can't be read, and why; None where all can be."""
    for lead, state in states.items():
        try:
            if marked(state) is None:
                due_and_stage(state)
        except UnreadableState as error:
            return lead, error
    return None
