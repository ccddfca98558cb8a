"""How many leads of a group are in which stage, by its changelog: asked before a stage goes."""

from collections import Counter

from confluent_kafka import Consumer, KafkaException

from schemas.lead_packing import UnreadableState
from schemas.lead_state import due_and_stage, marked
from streams import kafka_clients
from streams.engine.changelog import UnreadableChangelog
from streams.engine.log_bounds import log_bounds
from streams.engine.read_back import read_back
from streams.engine.refusals import find_unreadable
from streams.settings import Settings

REQUEST_SECONDS = 10.0


def leads_by_stage(settings: Settings) -> Counter[str]:
    """Committed leads by stage, as of now. Raises KafkaException, UnreadableChangelog."""
    reader, changelog = Consumer(kafka_clients.reader(settings)), settings.changelog
    stages: Counter[str] = Counter()
    try:
        found = reader.list_topics(changelog, REQUEST_SECONDS).topics[changelog]
        if found.error is not None:
            # Such as that we may not see it: no leads there would be taken for none at all.
            raise KafkaException(found.error)
        for number in found.partitions:
            bounds = log_bounds(reader, changelog, number, REQUEST_SECONDS)
            states = read_back(reader, changelog, number, bounds).states
            try:
                stages.update(due_and_stage(state)[1] for state in states.values() if marked(state) is None)
            except UnreadableState as error:
                lead, why = find_unreadable(states) or (b"", error)
                raise UnreadableChangelog(
                    f"which stages leads are in can't be counted: in partition {number} of {changelog}, the "
                    f"state of the lead {lead.decode(errors='replace')!r} can't be read: {why}"
                ) from None
    finally:
        reader.close()
    return stages
