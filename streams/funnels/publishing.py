"""How a funnel comes into force: published as the group's next version, one publisher after the other.

Whoever publishes for a group does so with the same transactional id, so the broker lets one
do it at a time: a later one fences the earlier, which then reads what has been published
meanwhile and thinks again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer

from qualifiers import Funnel, compile_funnel, load_funnel
from schemas.moments import format_moment
from streams import kafka_clients
from streams.engine.in_force import StageLost
from streams.engine.kafka_transaction import FENCING
from streams.errors import OutsideWorld
from streams.funnels.counting import leads_by_stage
from streams.funnels.registry import Funnels
from streams.funnels.topic import Published, encode_funnel, funnel_key
from streams.settings import Settings

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 30.0
TRIES = 20
# The broker's answers to a publisher whom another overtakes; the last one is what a commit
# gets that arrives while the fence is being written. Whether it counted, the topic tells.
_OVERTAKEN = FENCING | {KafkaError.UNKNOWN}


@dataclass(frozen=True)
class Candidate:
    """A funnel file that has been found good."""

    text: str
    funnel: Funnel


def read_candidate(text: bytes, name: str) -> Candidate:
    """The funnel of a file's text. Raises FunnelFaults."""
    funnel = compile_funnel(load_funnel(text, name))
    return Candidate(text.decode("utf-8-sig"), funnel)


def publishers_id(group: str) -> str:
    """The transactional id of all who publish for a group."""
    return f"{group}-funnels"


@dataclass
class Publisher:
    """Publishes for one group."""

    settings: Settings
    funnels: Funnels
    wall_clock: Callable[[], int]

    def put_in_force(self, candidate: Candidate, instead_of: str | None = None, always: bool = False) -> bool:
        """Publish, where that is what is meant; whether the funnel is in force now.

        One that was in force before is taken for an older file and left alone, unless it
        comes ``instead_of`` the one in force (a hash), or is to be published ``always``.
        Raises StageLost, KafkaException, Unusable.
        """
        for _ in range(TRIES):
            self.funnels.read_to_end()
            newest = self.funnels.newest
            if newest is not None and newest.hash == candidate.funnel.hash:
                return True
            known = [one for one in self.funnels.published if one.hash == candidate.funnel.hash]
            if known and not always and (newest is None or newest.hash != instead_of):
                return False
            self._check_stages(candidate.funnel, newest)
            self._publish(candidate, newest)
        raise OutsideWorld(
            f"the funnel could not be published: others publish for {self.settings.group} all the time, or "
            f"use its transactional id, {publishers_id(self.settings.group)}"
        )

    def _check_stages(self, funnel: Funnel, newest: Published | None) -> None:
        """Leads stay where they are: none may be in a stage that is not to be any more."""
        if newest is None:
            return
        before = self.funnels.in_force.funnel.stages
        lost = [stage for stage in before if stage not in funnel.stages and stage not in funnel.renamed]
        if not lost:
            return
        counts = leads_by_stage(self.settings)
        left = {stage: counts[stage] for stage in lost if counts[stage]}
        if left:
            raise StageLost(funnel.slug, left)

    def _publish(self, candidate: Candidate, newest: Published | None) -> None:
        """Publish as the version after ``newest``; nothing when another publisher was first."""
        settings, funnel = self.settings, candidate.funnel
        producer = Producer(
            kafka_clients.transactional_producer(settings, transactional_id=publishers_id(settings.group))
        )
        try:
            producer.init_transactions(ANSWER_SECONDS)
            self.funnels.read_to_end()
            if self.funnels.newest != newest:
                return
            published = Published(
                settings.group,
                funnel.slug,
                newest.version + 1 if newest else 1,
                funnel.hash,
                candidate.text,
                format_moment(self.wall_clock()),
            )
            producer.begin_transaction()
            self._write(producer, published)
            producer.commit_transaction(ANSWER_SECONDS)
        except KafkaException as failed:
            error: KafkaError = failed.args[0]
            if error.code() not in _OVERTAKEN:
                raise
        else:
            log.info("funnel_published", funnel=funnel.slug, version=published.version, hash=funnel.hash)

    def _write(self, producer: Producer, published: Published) -> None:
        producer.produce(
            self.settings.funnels_topic,
            partition=0,
            key=funnel_key(published),
            value=encode_funnel(published),
        )
