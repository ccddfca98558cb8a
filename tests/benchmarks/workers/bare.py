"""A bare consume loop of the client: reads, commits where it is, and does nothing. The limit."""

import os
import time

from confluent_kafka import Consumer

COMMIT_SECONDS = 0.1
BATCH = 5_000

consumer = Consumer(
    {
        "bootstrap.servers": os.environ["BENCH_BOOTSTRAP"],
        "group.id": os.environ["BENCH_NAME"],
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
)


def main() -> None:
    """Read until the end of this process."""
    consumer.subscribe([os.environ["BENCH_ACTIVITIES"]])
    committed, behind = time.monotonic(), False
    while True:
        for message in consumer.consume(BATCH, COMMIT_SECONDS):
            if message.error() is None:
                message.value()
                behind = True
        if behind and time.monotonic() - committed >= COMMIT_SECONDS:
            consumer.commit(asynchronous=True)
            committed, behind = time.monotonic(), False


if __name__ == "__main__":
    main()
