"""What a running worker does about a changed funnel: it looks at its file, and at what others publish."""

from collections.abc import Callable

import structlog
from confluent_kafka import KafkaException

from qualifiers import FunnelFaults
from streams.errors import Mendable, Misuse
from streams.funnel_files import read_funnel_file
from streams.funnels.publishing import Candidate, Publisher, read_candidate
from streams.funnels.registry import Funnels, Unusable

log = structlog.get_logger(__name__)


class FunnelWatch:
    """Watches the file ``path``, which was ``candidate`` at the start, and the group's versions.

    ``outcome`` is told whether the last change was a good one. A bad one is refused whole:
    what was in force stays so.
    """

    def __init__(
        self,
        path: str,
        candidate: Candidate,
        funnels: Funnels,
        publisher: Publisher,
        outcome: Callable[[bool], None],
    ) -> None:
        self._path, self._funnels, self._publisher, self._outcome = path, funnels, publisher, outcome
        self._seen: bytes | None = candidate.text.encode()
        self._hash = candidate.funnel.hash
        self._number = funnels.in_force.number
        self._unusable = ""
        self._again = False

    def look_again(self) -> None:
        """Look at the file the next time as if it had changed: leads may have left a stage that it lacks."""
        self._again = True

    def look_at_file(self) -> None:
        """Put a changed file in force, for the whole group. May wait for the broker."""
        again, self._again = self._again, False
        try:
            text, name = read_funnel_file(self._path)
        except Misuse as gone:
            if self._seen is not None or again:
                self._refuse(str(gone))
            self._seen = None
            return
        if text == self._seen and not again:
            return
        self._seen = text
        try:
            self._put_in_force(read_candidate(text, name))
        except FunnelFaults as faults:
            self._refuse(*map(str, faults.faults))
        except Mendable as lost:
            self._refuse(str(lost))
        except KafkaException as error:
            log.warning("funnel_not_published", reason=error.args[0].str())
            self._seen = None

    def look_at_topic(self) -> None:
        """Take in what others have published. Raises KafkaException."""
        try:
            self._funnels.refresh()
        except Unusable as error:
            if str(error) != self._unusable:
                self._unusable = str(error)
                self._refuse(self._unusable)
        self._tell()

    def _put_in_force(self, candidate: Candidate) -> None:
        if not self._publisher.put_in_force(candidate, instead_of=self._hash):
            say_older(self._path, candidate, self._funnels)
        self._hash = candidate.funnel.hash
        self._outcome(True)
        self._tell()

    def _tell(self) -> None:
        number, funnel = self._funnels.in_force
        if number != self._number:
            self._number = number
            log.info("funnel_changed", funnel=funnel.slug, version=number, hash=funnel.hash)

    def _refuse(self, *faults: str) -> None:
        self._outcome(False)
        for fault in faults:
            log.error("funnel_refused", file=self._path, fault=fault, stays=self._funnels.in_force.number)


def say_older(path: str, candidate: Candidate, funnels: Funnels) -> None:
    """Log that a file is not taken, as it was in force before, and how it is put in force again."""
    log.warning(
        "funnel_file_is_older",
        file=path,
        file_hash=candidate.funnel.hash,
        version=funnels.in_force.number,
        hash=funnels.in_force.funnel.hash,
        do=f"to go back to it: leadgate funnel publish {path}",
    )
