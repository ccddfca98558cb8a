"""A pass's transaction on librdkafka's transactional producer.

See KIP-98 (transactions), KIP-447 (offsets with the consumer group's metadata).
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from streams.engine.hand import Hand
from streams.engine.transaction import (
    Aborted,
    Fenced,
    Interrupted,
    Lost,
    Outgoing,
    TooLarge,
    TransactionError,
)

log = structlog.get_logger(__name__)

ATTEMPT_SECONDS = 5.0
FLUSH_SECONDS = 1.0
STUCK_SECONDS = 25.0
AWAY_SECONDS = 300.0
"""How long one producer waits for the brokers that it knows; the next one asks the first ones again."""
ASK_WHY_TIMES = 5
ASK_WHY_SECONDS = 0.01
ANY_PARTITION = -1
"""librdkafka chooses, by the key."""


@dataclass
class KafkaTransaction:
    """Transaction on a confluent_kafka Producer, kept for all passes of a worker.

    ``should_stop`` is asked between attempts; ``on_wait`` is told when the broker
    does not answer, and (with None) that it does again.
    """

    config: Mapping[str, Any]
    input_topic: str
    should_stop: Callable[[], bool]
    on_wait: Callable[[str | None], None] = lambda _: None

    def __post_init__(self) -> None:
        self._begun: float | None = None
        self._stuck = self._closed = False
        self._hand = Hand("transaction")
        self._producer = Producer(dict(self.config))
        try:
            self._insist("init_transactions", self._producer.init_transactions, inf)
        except Lost:
            self.close()
            raise

    def begin(self) -> None:
        """Start a transaction."""
        self._insist("begin_transaction", lambda _seconds: self._producer.begin_transaction())
        self._begun = time.monotonic()

    def produce(self, records: Iterable[Outgoing]) -> None:
        """Queue records; waits while the producer's queue is full."""
        produce = self._producer.produce
        for record in records:
            where = ANY_PARTITION if record.partition is None else record.partition
            while True:
                try:
                    if record.headers is None:
                        produce(record.topic, record.value, record.key, where)
                    else:
                        produce(record.topic, record.value, record.key, where, headers=[*record.headers])
                    break
                except BufferError:
                    if self.should_stop():
                        raise Interrupted("the producer's queue is full") from None
                    self._serve("poll", self._producer.poll, 0.1)
                except KafkaException as error:
                    raise self._failed("produce", error.args[0]) from None

    def offsets(self, positions: Mapping[int, int], group: Any) -> None:
        """Put the next input offsets into the transaction.

        ``group`` is the metadata of the assignment that the pass began under: the
        broker refuses it once the group has gone on to another generation.
        """
        offsets = [
            TopicPartition(self.input_topic, partition, position) for partition, position in positions.items()
        ]
        self._insist(
            "send_offsets_to_transaction",
            lambda seconds: self._producer.send_offsets_to_transaction(offsets, group, seconds),
        )

    def commit(self) -> None:
        """Flush and commit. A time-out is followed by the same call, which resumes."""
        self._insist("commit_transaction", self._producer.commit_transaction)
        self._begun = None

    def abort(self) -> None:
        """Take back whatever is open. Raises Fenced when this producer is past use, Lost when it may be."""
        if self._begun is None:
            return
        try:
            # Records still on their way to a broker that has not heard of this transaction
            # would make it refuse the abort.
            self._serve("flush", self._producer.flush, FLUSH_SECONDS)
            self._insist("abort_transaction", self._producer.abort_transaction, STUCK_SECONDS)
        except Aborted as error:
            # An abort that can't be done leaves a producer in an unknown state.
            raise Lost(str(error)) from None
        finally:
            self._begun = None

    def close(self) -> None:
        """Drop what is queued and let the producer go; what is open, the broker aborts."""
        if self._closed:
            return
        self._closed = True
        if self._stuck:
            # It may take as long to end as it took to answer: its own thread is the last to hold it.
            self._hand.start(partial(id, self._producer))
            del self._producer
        else:
            with suppress(TransactionError, Interrupted):  # a producer past use says so once more
                self._serve("purge", self._drop, FLUSH_SECONDS)
        self._hand.close()

    def _drop(self, seconds: float) -> None:
        self._producer.purge()
        self._producer.flush(seconds)

    def _serve(self, name: str, call: Callable[[float], Any], seconds: float) -> None:
        """``call``, which raises whatever fatal error the producer has met meanwhile.

        By the hand: where confluent-kafka 2.16 raises while another error is being handled, that one is never
        freed, nor what its frames hold.
        """
        try:
            self._hand.call(partial(call, seconds), lambda waited: waited < STUCK_SECONDS)
        except KafkaException as exception:
            raise self._failed(name, exception.args[0]) from None
        except TimeoutError:
            raise self._given_up(name, STUCK_SECONDS) from None

    def _insist(self, name: str, call: Callable[[float], Any], most: float = AWAY_SECONDS) -> None:
        """``call`` until it succeeds or fails for good; the broker being away is no failure.

        Not for longer than ``most`` seconds, where another producer can do as well: whoever takes this one's
        transactional id waits for the broker too, and ends what is open.
        """
        waited, asked_why, began = False, 0, time.monotonic()

        def patience(seconds: float) -> bool:
            nonlocal waited
            if seconds > ATTEMPT_SECONDS and not waited:
                waited = True
                self.on_wait(f"{name}: no answer")
            return seconds < (ATTEMPT_SECONDS if self.should_stop() else STUCK_SECONDS)

        while True:
            try:
                self._hand.call(partial(call, ATTEMPT_SECONDS), patience)
                if waited:
                    self.on_wait(None)
                return
            except KafkaException as exception:
                error: KafkaError = exception.args[0]
                is_state = error.code() == KafkaError._STATE and error.txn_requires_abort()
                if is_state and asked_why < ASK_WHY_TIMES:
                    # A record was refused while the call was under way: asked again, it says why.
                    asked_why += 1
                    time.sleep(ASK_WHY_SECONDS)
                    continue
                if not _passing(error):
                    if waited:
                        self.on_wait(None)
                    raise self._failed(name, error) from None
                waited = True
                self.on_wait(f"{name}: {error.str()}")
                if self.should_stop():
                    raise Interrupted(f"{name}: {error.str()}") from None
                seconds = time.monotonic() - began
                if seconds > most:
                    raise self._given_up(name, seconds) from None
            except TimeoutError:
                raise self._given_up(name, STUCK_SECONDS) from None

    def _given_up(self, name: str, seconds: float) -> Exception:
        """A call has not returned for so long, or has wanted more time again and again.

        A broker that goes away while a coordinator is being looked up can make librdkafka 2.16
        forget to answer, and an abort that was under way then never ends. The producer is left as it is;
        the next one fences it.
        """
        self._stuck = True
        if self.should_stop():
            return Interrupted(f"{name}: no answer")
        log.error("transaction_stuck", step=name, seconds=round(seconds))
        return Lost(f"{name}: no answer for {seconds:.0f} s; another producer is taken")

    def _failed(self, name: str, error: KafkaError) -> TransactionError:
        log.warning(
            "transaction_failed", step=name, code=error.name(), error=error.str(), fatal=error.fatal()
        )
        said = f"{name}: {error.name()}: {error.str()}"
        if error.fatal() or error.code() in FENCING:
            seconds = 0.0 if self._begun is None else time.monotonic() - self._begun
            if seconds * 1_000 > self.config["transaction.timeout.ms"]:
                return Lost(f"the broker ended the transaction, which was open for {seconds:.0f} s: {said}")
            return Fenced(said)
        return TooLarge(said) if error.code() in _TOO_LARGE else Aborted(said)


FENCING = frozenset(
    {KafkaError._FENCED, KafkaError._FATAL, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH}
)
"""What a producer is told that another of its transactional id has fenced."""
_TOO_LARGE = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE})


def _passing(error: KafkaError) -> bool:
    """Whether the same call may be made again: it resumes where it stood."""
    return (
        not error.fatal()
        and not error.txn_requires_abort()
        and (error.retriable() or error.code() == KafkaError._TIMED_OUT)
    )
