"""The versions of a group's funnel that a worker knows, and the one in force: the newest.

A version's text is compiled when it is first asked for, and decides under the hash that it
was published with, whichever worker runs it.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

import structlog

from qualifiers import Funnel, FunnelFaults, Personal, compile_funnel, load_funnel
from streams.errors import OutsideWorld
from streams.funnels.topic import Published

log = structlog.get_logger(__name__)


_NOT_THERE = (
    "which the topic of the funnels does not have: restore the topic, or give the worker "
    "another group (LEADGATE_GROUP), which begins anew"
)


class Version(NamedTuple):
    """A version of the group's funnel, ready to decide."""

    number: int
    funnel: Funnel


class Source(Protocol):
    """Where versions come from; each comes once."""

    def read_to_end(self) -> list[Published]:
        """What is new, up to all that is there by now."""

    def refresh(self) -> list[Published]:
        """What has come since, without waiting."""


class Unusable(OutsideWorld):
    """A version that another leadgate has published cannot be read by this one."""


class NotKnown(OutsideWorld):
    """A version that has decided is not in the topic."""


def compile_published(published: Published, personal: Personal | None = None) -> Funnel:
    """The funnel that was published, which does not say what is ``personal``. Raises Unusable."""
    name = f"version {published.version} of the funnel"
    try:
        return compile_funnel(load_funnel(published.text, name), published.hash, personal)
    except FunnelFaults as faults:
        raise Unusable(
            f"{name} of {published.group} is beyond this leadgate: "
            f"run the leadgate that published it\n{faults}"
        ) from None


class Funnels:
    """A group's versions, by number; for all threads of a worker."""

    def __init__(
        self, source: Source, compile_version: Callable[[Published], Funnel] = compile_published
    ) -> None:
        self._source = source
        self._compile = compile_version
        self._lock = threading.RLock()
        self._published: dict[int, Published] = {}
        self._compiled: dict[int, Funnel] = {}
        self._in_force: Version | None = None

    @property
    def in_force(self) -> Version:
        """The newest version, as far as this worker can read it."""
        assert self._in_force is not None, "no version has been read yet"
        return self._in_force

    @property
    def newest(self) -> Published | None:
        """What was published last; None when nothing ever was."""
        return max(list(self._published.values()), key=lambda one: one.version, default=None)

    @property
    def published(self) -> list[Published]:
        """All versions, oldest first."""
        return [self._published[number] for number in sorted(self._published)]

    def read_to_end(self) -> None:
        """Read all that has been published. Raises Unusable, KafkaException."""
        with self._lock:
            self._take(self._source.read_to_end())

    def refresh(self) -> bool:
        """Take in what has been published since, without waiting; whether another version is in force.

        Raises Unusable, KafkaException; the version in force then stays.
        """
        with self._lock:
            return self._take(self._source.refresh())

    def learn_of(self, number: int) -> None:
        """Read on where version ``number`` is not known yet. Raises NotKnown, Unusable, KafkaException."""
        with self._lock:
            if number > self.in_force.number:
                self.read_to_end()
            if number > self.in_force.number:
                raise NotKnown(f"a merged lead was read by version {number} of the funnel, {_NOT_THERE}")

    def get(self, number: int, funnel_hash: str) -> Funnel:
        """The version that has decided under this hash. Raises NotKnown, Unusable, KafkaException."""
        with self._lock:
            if number not in self._published:
                self.read_to_end()
            published = self._published.get(number)
            if published is None or published.hash != funnel_hash:
                raise NotKnown(
                    f"leads were decided by version {number} of the funnel (hash {funnel_hash[:16]}), "
                    f"{_NOT_THERE}"
                )
            return self._funnel(number)

    def renamed(self, before: int, after: int) -> Mapping[str, str]:
        """What the stages of version ``before`` are called in version ``after``, where it is not the same."""
        renamed: dict[str, str] = {}
        with self._lock:
            for number in sorted(self._published):
                if before < number <= after:
                    step = self._funnel(number).renamed
                    renamed = {**step, **{old: step.get(new, new) for old, new in renamed.items()}}
        return renamed

    def _take(self, published: Iterable[Published]) -> bool:
        self._published |= {one.version: one for one in published}
        newest = self.newest
        if newest is None or (self._in_force is not None and newest.version == self._in_force.number):
            return False
        self._in_force = Version(newest.version, self._funnel(newest.version))
        return True

    def _funnel(self, number: int) -> Funnel:
        if number not in self._compiled:
            self._compiled[number] = self._compile(self._published[number])
        return self._compiled[number]
