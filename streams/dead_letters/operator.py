"""Replays dead letters and drops them, each once, whatever is killed and however many do it at once.

An activity that is sent again and the mark that says so are one transaction: both are there, or
neither is. Whoever replays or drops does so under the transactional id of the topic, and in this order:

1. take the id. The broker ends what another has left open under it, and refuses that one from then on;
2. read the topic to its end, as it is after 1: every mark that the others will ever have written is there;
3. send what has no mark.

So a letter without a mark in 2 can be replayed by nobody else, unless that one does 1 after us; our
transaction is then refused, as we have refused theirs. A command that was killed is simply run again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Literal

from schemas.dead_letter import Unreadable
from streams import clock, kafka_clients
from streams.dead_letters.filters import Selection
from streams.dead_letters.letter import Letter
from streams.dead_letters.marks import Done, Mark, mark
from streams.dead_letters.places import Place
from streams.dead_letters.resending import resend
from streams.dead_letters.topic import DeadLetters
from streams.engine.kafka_transaction import KafkaTransaction
from streams.engine.transaction import Aborted, Fenced, Interrupted, Outgoing, TooLarge
from streams.errors import OutsideWorld
from streams.settings import Settings

TOGETHER = 100
"""Letters in one transaction."""
ANSWER_SECONDS = 30.0


class Overtaken(OutsideWorld):
    """Another has begun to replay or drop, and has been given the turn."""


@dataclass(frozen=True)
class Outcome:
    """What has become of a letter, and ``why`` where it was left."""

    place: Place
    done: Done | Literal["left"]
    why: str = ""


class Left(Exception):
    """A letter that is meant stays as it is; ``str()`` says why."""


@dataclass
class Operator:
    """Does it, for one topic of dead letters; ``now`` tells the moment (ms)."""

    settings: Settings
    letters: DeadLetters
    now: Callable[[], int] = clock.now
    transaction: Callable[..., KafkaTransaction] = KafkaTransaction

    @property
    def transactional_id(self) -> str:
        """The same for all who put these letters right, of whatever group: it is the topic's."""
        return f"{self.settings.dead_letters_topic}-operator"

    def replay(
        self, selection: Selection, value: bytes | None = None, *, dry_run: bool = False
    ) -> Iterator[Outcome]:
        """Send the letters again that are meant, to the homes of their leads; with ``value`` as their value.

        What is told has been committed; in a dry run nothing is sent, and it is told all the same. One
        that is meant and stays as it is, is told as left. Raises Overtaken, OutsideWorld, KafkaException.
        """
        activities, dead = self.settings.activities_topic, self.settings.dead_letters_topic
        partitions = self.letters.partitions_of(activities)

        def send(letter: Letter, marked: Mark | None) -> list[Outgoing]:
            if marked is not None and marked.done == "replayed":
                raise Left(f"it was replayed already, at {marked.at}")
            if letter.replays and not (selection.places or selection.again):
                raise Left(
                    f"it has come back: it was replayed {_times(len(letter.replays))} before "
                    "(name its place, or say --again)"
                )
            try:
                again = resend(letter, activities, partitions, self.now(), value)
            except Unreadable as unreadable:
                raise Left(f"it would be a dead letter again ({unreadable.reason}: {unreadable})") from None
            return [again, mark(dead, letter, "replayed", self.now(), value is not None)]

        return self._each(selection, "replayed", send, dry_run)

    def drop(self, selection: Selection, *, dry_run: bool = False) -> Iterator[Outcome]:
        """Mark the letters that are meant as dealt with. Nothing is deleted. Raises as `replay` does."""

        def send(letter: Letter, marked: Mark | None) -> list[Outgoing]:
            if marked is not None:
                raise Left(f"it was {marked.done} already, at {marked.at}")
            return [mark(self.settings.dead_letters_topic, letter, "dropped", self.now())]

        return self._each(selection, "dropped", send, dry_run)

    def _each(
        self,
        selection: Selection,
        done: Done,
        send: Callable[[Letter, Mark | None], list[Outgoing]],
        dry_run: bool,
    ) -> Iterator[Outcome]:
        missing = set(selection.places)
        batch: list[_Told] = []
        with ExitStack() as stack:
            turn = None if dry_run else stack.enter_context(closing(_Turn(self)))
            for letter, marked in self.letters.look(selection.spans):
                if not selection.takes(letter) or (marked is not None and not selection.places):
                    continue
                missing.discard(letter.place)
                try:
                    batch.append((Outcome(letter.place, done), send(letter, marked)))
                except Left as left:
                    batch.append((Outcome(letter.place, "left", str(left)), []))
                if len(batch) == TOGETHER:
                    yield from _settle(turn, batch)
                    batch = []
            yield from _settle(turn, batch)
        for place in sorted(missing):
            yield Outcome(place, "left", "there is no dead letter")


_Told = tuple[Outcome, list[Outgoing]]
"""What is told of a letter, once what is sent for it has been committed."""


def _settle(turn: "_Turn | None", batch: list[_Told]) -> Iterator[Outcome]:
    """Send what there is to send, in one transaction. A letter that its topic does not take is left."""
    outgoing = [record for _, records in batch for record in records]
    try:
        if turn is not None and outgoing:
            turn.send(outgoing)
    except TooLarge as error:
        if len(batch) == 1:
            yield Outcome(batch[0][0].place, "left", f"it is larger than its topic takes: {error}")
            return
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            yield from _settle(turn, half)
    else:
        for outcome, _ in batch:
            yield outcome


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


class _Turn:
    """The turn to send, until another takes it. Raises Overtaken then."""

    def __init__(self, operator: Operator) -> None:
        settings = operator.settings
        self._topic = settings.dead_letters_topic
        config = kafka_clients.transactional_producer(settings, transactional_id=operator.transactional_id)
        with self._judged():
            self._transaction = operator.transaction(config, settings.activities_topic, self._is_late)

    def send(self, outgoing: list[Outgoing]) -> None:
        """All of it, or nothing. Raises TooLarge, Overtaken, OutsideWorld."""
        with self._judged():
            try:
                self._transaction.begin()
                self._transaction.produce(outgoing)
                self._transaction.commit()
            except Aborted:
                self._transaction.abort()
                raise

    def close(self) -> None:
        """Let the producer go."""
        self._transaction.close()

    def _is_late(self) -> bool:
        return time.monotonic() > self._until

    @contextmanager
    def _judged(self) -> Iterator[None]:
        self._until = time.monotonic() + ANSWER_SECONDS
        again = (
            "What has been told is done; run it again for the rest: no letter is replayed twice, "
            "and `leadgate dead-letters list` shows what is left"
        )
        try:
            yield
        except Fenced as fenced:
            raise Overtaken(
                f"another has begun to put the letters of {self._topic} right, and has the turn; or Kafka "
                f"takes longer than it may (LEADGATE_TRANSACTION_TIMEOUT): {fenced}. {again}"
            ) from None
        except TooLarge:
            raise
        except (Aborted, Interrupted) as error:
            raise OutsideWorld(f"Kafka did not take what was sent: {error}. {again}") from None
