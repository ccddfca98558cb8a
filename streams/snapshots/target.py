"""What a snapshot is restored into: what its changelog and its topic of funnels hold now, read and judged."""

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer

from streams import kafka_clients
from streams.engine.changelog import UnfinishedRestore, UnreadableChangelog, lead_key
from streams.engine.log_bounds import log_bounds
from streams.engine.read_back import read_back
from streams.engine.refusals import Refusals
from streams.errors import OutsideWorld
from streams.funnels import Published
from streams.kafka_tools import kafka_tool
from streams.settings import Settings
from streams.snapshots.asking import patiently

REQUEST_SECONDS = 10.0


@dataclass(frozen=True)
class Holding:
    """What a partition of the changelog holds: keys (of leads, suppressed ids, foreign ones), a meta record.

    ``reigns`` are the keys that tell where versions of the funnel came into force. Where an earlier restore
    is ``unfinished`` none of it counts.
    """

    keys: set[bytes]
    reigns: set[bytes]
    has_meta: bool
    unfinished: bool

    @property
    def counts(self) -> bool:
        """Whether anything would be lost with it."""
        return not self.unfinished and (self.has_meta or bool(self.keys))


class Target:
    """Reads the logs of a stopped group. Raises KafkaException."""

    def __init__(self, settings: Settings) -> None:
        reader = kafka_clients.reader(settings)
        self._settings = settings
        self._refusals = Refusals(
            settings.group,
            settings.activities_topic,
            settings.changelog,
            kafka_tool("consumer-groups", settings),
        )
        self._reader = Consumer(reader)
        # What lies behind an open transaction, too: it may be committed meanwhile.
        self._logs = Consumer(reader | {"isolation.level": "read_uncommitted"})

    def bounds(self, topic: str, number: int) -> tuple[int, int]:
        """A log's first offset, and its end."""
        return patiently(lambda: log_bounds(self._logs, topic, number, REQUEST_SECONDS))

    def holding(self, number: int) -> Holding:
        """What the changelog holds of a partition. Raises Refused where its beginning has been deleted."""
        changelog = self._settings.changelog
        start, end = self.bounds(changelog, number)
        if start > 0:
            raise self._refusals.cut({number: start})
        recovered = read_back(self._reader, changelog, number, (start, end))
        keys = {lead_key(lead) for lead in recovered.states} | recovered.suppressed | recovered.foreign.keys()
        has_meta, unfinished = True, False
        try:
            has_meta = recovered.meta is not None
        except UnfinishedRestore:
            has_meta, unfinished = False, True
        except UnreadableChangelog:  # another leadgate's
            pass
        return Holding(keys, recovered.reigns, has_meta, unfinished)

    def close(self) -> None:
        """Let the readers go."""
        self._reader.close()
        self._logs.close()


def missing_versions(group: str, wanted: Sequence[Published], there: Sequence[Published]) -> list[Published]:
    """Those that the group's topic lacks, as the group's own.

    Raises OutsideWorld where it has another funnel under the same number: leads name the one that decided.
    """
    hashes = {one.version: one.hash for one in there}
    missing = []
    for one in wanted:
        if one.version not in hashes:
            missing.append(Published(group, one.funnel, one.version, one.hash, one.text, one.published_at))
        elif hashes[one.version] != one.hash:
            raise OutsideWorld(
                f"version {one.version} of the funnel of {group} is another one in its topic "
                f"({hashes[one.version][:16]}) than in the snapshot ({one.hash[:16]}): restore under a group "
                "that has never run (--group)"
            )
    return missing
