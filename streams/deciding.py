"""What decides, as a group's settings have it: the same for a worker and for whoever proves what it said."""

from streams.engine.forwarding import Forwarding
from streams.engine.passes import Names
from streams.engine.processing import Processor
from streams.input_topic import InputTopic
from streams.intake.native import decode_native
from streams.settings import Settings


def processor(settings: Settings, source: InputTopic, kind: type[Processor] = Processor) -> Processor:
    """A group's processor, on the input topic as it is; of another ``kind`` where a test asks for that."""
    return kind(
        decode=decode_native,
        names=Names(
            settings.activities_topic,
            settings.stage_changes_topic,
            settings.signals_topic,
            settings.dead_letters_topic,
            settings.changelog,
        ),
        topic_id=source.topic_id,
        forwarding=Forwarding(
            settings.activities_topic, source.partitions, settings.group, *settings.forward_secrets
        ),
        grace=settings.grace,
        max_due=settings.max_pass_records,
    )
