"""What a transaction costs by itself: requests, time and CPU, by the partitions that it touches."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from statistics import median
from typing import Any

from confluent_kafka import Consumer

from streams import kafka_clients
from streams.engine.changelog import META_KEY
from streams.engine.kafka_transaction import KafkaTransaction
from streams.engine.transaction import Outgoing
from streams.settings import Settings
from tests.benchmarks import topics
from tests.benchmarks.bench import Bench
from tests.benchmarks.harness import Failed
from tests.benchmarks.measures.measure import Case, Column
from tests.benchmarks.peers import PEERS, Leadgate, Run

COUNTED = 200
WARM_UP = 50
STATE = Random(1).randbytes(200)
STATISTICS_MS = 200
NAMES = ("Produce", "AddPartitionsToTxn", "AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn")


@dataclass(frozen=True)
class Transactions:
    """A transaction, on average; CPU is that of the whole client, and of the broker."""

    partitions: int
    requests: float
    produce_requests: float
    median_ms: float
    cpu_ms: float
    broker_cpu_ms: float | None


@dataclass(frozen=True)
class TransactionsMeasure:
    """leadgate's own client, with nothing around it."""

    name: str = "transactions"
    title: str = "A transaction"
    explained: str = f"""\
Transactions as a worker makes them, one after another, with nothing else to do: in each partition a lead's
state of {len(STATE)} bytes, a stage change and what a pass leaves about the partition, and the offsets of
all. The client counts its requests; there is one broker, and more of them take more."""
    columns: Sequence[Column] = (
        Column("partitions", "partitions touched", is_case=True),
        Column("requests", "**requests**", ",.1f"),
        Column("produce_requests", "of which with records", ",.1f"),
        Column("median_ms", "median, ms", ",.1f"),
        Column("cpu_ms", "client's CPU ms", ",.2f"),
        Column("broker_cpu_ms", "broker's CPU ms", ",.2f"),
    )

    def cases(self, bench: Bench, asked: Sequence[str]) -> Iterable[Case]:
        """leadgate's."""
        for name in asked or ("leadgate",):
            for partitions in bench.sizes.partitions if isinstance(PEERS[name], Leadgate) else ():
                yield Case(name, f"{partitions} partitions", partial(_measure, bench, name, partitions))


class _Counted(KafkaTransaction):
    """Asks its producer for the statistics that are due."""

    def serve(self) -> None:
        self._producer.poll(0.05)


def _measure(bench: Bench, name: str, partitions: int) -> Iterator[Transactions]:
    with bench.run(name, "transactions", None, partitions) as run:
        for topic in (run.stage_changes, _changelog(run)):
            topics.make(run.bootstrap, topic, partitions)
        told: dict[str, int] = {}
        settings = Settings(bootstrap_servers=run.bootstrap, group=run.name)
        config: dict[str, Any] = {
            **kafka_clients.transactional_producer(settings, transactional_id=run.name),
            "statistics.interval.ms": STATISTICS_MS,
            "stats_cb": lambda text: told.update(_requests(text)),
        }
        transaction = _Counted(config, run.activities, should_stop=lambda: False)
        member = Consumer({"bootstrap.servers": run.bootstrap, "group.id": run.name})
        try:
            one = partial(_one, transaction, run, member.consumer_group_metadata())
            for _ in range(WARM_UP):
                one()
            before = _all_told(transaction, told)
            cpu, broker_cpu = time.process_time(), bench.broker.cpu_seconds()
            took = [_timed(one) for _ in range(COUNTED)]
            cpu, broker_after = time.process_time() - cpu, bench.broker.cpu_seconds()
            requests = Counter(_all_told(transaction, told)) - Counter(before)
        finally:
            member.close()
            transaction.close()
        of_broker = None if broker_cpu is None or broker_after is None else broker_after - broker_cpu
        yield Transactions(
            partitions=partitions,
            requests=requests.total() / COUNTED,
            produce_requests=requests["Produce"] / COUNTED,
            median_ms=median(took) * 1_000,
            cpu_ms=cpu / COUNTED * 1_000,
            broker_cpu_ms=None if of_broker is None else of_broker / COUNTED * 1_000,
        )


def _one(transaction: KafkaTransaction, run: Run, group: Any) -> None:
    transaction.begin()
    for number in range(run.partitions):
        transaction.produce(
            [
                Outgoing(run.stage_changes, number, b"lead", STATE),
                Outgoing(_changelog(run), number, b"Llead", STATE),
                Outgoing(_changelog(run), number, META_KEY, STATE),
            ]
        )
    transaction.offsets(dict.fromkeys(range(run.partitions), 0), group)
    transaction.commit()


def _changelog(run: Run) -> str:
    return f"{run.name}-leads-changelog"


def _timed(do: Callable[[], None]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def _requests(statistics: str) -> dict[str, int]:
    """How many of each kind have been sent so far, to all brokers."""
    sent = Counter[str]()
    for broker in json.loads(statistics)["brokers"].values():
        sent.update({name: broker["req"].get(name, 0) for name in NAMES})
    return dict(sent)


def _all_told(transaction: _Counted, told: dict[str, int]) -> dict[str, int]:
    """What has been told once nothing more comes: statistics lag behind."""
    deadline = time.monotonic() + 10
    seen: list[dict[str, int]] = []
    while time.monotonic() < deadline:
        told.clear()
        while not told and time.monotonic() < deadline:
            transaction.serve()
        seen.append(dict(told))
        if len(seen) > 1 and seen[-1] == seen[-2]:
            return seen[-1]
    raise Failed("librdkafka's statistics do not come to rest")
