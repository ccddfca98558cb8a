"""What the workers get to work on: seeded activities of a past year, or of this very moment."""

import json
import random
import threading
import time
from collections.abc import Iterator

from confluent_kafka import Producer

from schemas.moments import DAY, format_moment
from tests.faults.workers import Group

_TYPES = {
    "page_viewed": 50,
    "email_opened": 15,
    "ebook_downloaded": 8,
    "demo_requested": 5,
    "sales_accepted": 8,
    "identified": 8,
    "deal_won": 1,
    "unsubscribed": 1,
    "lead_merged": 2,
    "lead_erased": 1,
}
_PATHS = ("/pricing", "/pricing/teams", "/docs", "/")

Pair = tuple[bytes | None, bytes | None]


def someone(chance: random.Random, leads: int) -> str:
    """A lead: a visitor, or a person that visitors turn out to be."""
    number = chance.randrange(leads)
    return f"lead-{number}" if chance.random() < 0.7 else f"person-{number // 3}"


def activity(chance: random.Random, number: int, lead: str, at: int) -> Pair:
    """One activity as the record's (key, value); ``at`` in ms."""
    kind = chance.choices(list(_TYPES), list(_TYPES.values()))[0]
    properties: dict[str, object] = {}
    if kind == "lead_merged" and not lead.startswith("lead-"):
        kind = "page_viewed"
    if kind == "page_viewed":
        properties = {"path": chance.choice(_PATHS)}
    elif kind == "lead_merged":
        properties = {"into": f"person-{int(lead.removeprefix('lead-')) // 3}"}
    elif kind == "lead_erased":
        properties = {"suppress": chance.random() < 0.3}
    value = {
        "id": f"a{number}",
        "lead_id": lead,
        "type": kind,
        "occurred_at": format_moment(at),
        "properties": properties,
        "traits": {"company": {"employees": chance.choice([5, 80, 900])}} if kind == "identified" else {},
        "source": chance.choice(["search", "event", "content"]),
    }
    return lead.encode(), json.dumps(value).encode()


def history(seed: int, activities: int, leads: int) -> Iterator[Pair]:
    """Activities of a year that ended 200 days ago: in order, but for some late ones and some said twice."""
    chance = random.Random(seed)
    end = time.time_ns() // 1_000_000 - 200 * DAY
    step = 365 * DAY // activities
    for number in range(activities):
        lead = someone(chance, leads)
        late = chance.randrange(3 * DAY) if chance.random() < 0.03 else 0
        pair = activity(chance, number, lead, end - 365 * DAY + number * step - late)
        yield pair
        if chance.random() < 0.02:
            yield pair


class Live(threading.Thread):
    """Sends activities of this moment, ``rate`` a second, until `end`; each waits for the broker's word.

    So little is left to wait in the producer's queue. An activity that comes to lie in the log long after it
    happened may find its lead moved on by time: how far, the oracle knows by the workers' clocks.
    """

    def __init__(
        self, group: Group, seed: int, leads: int, rate: float, producer: Producer | None = None
    ) -> None:
        super().__init__(daemon=True)
        self._producer = producer or group.producer()
        self._topic = group.settings.activities_topic
        self._patience = group.patience
        self._chance = random.Random(seed)
        self._leads = leads
        self._rate = rate
        self._ending = threading.Event()
        self.sent = 0
        group.on_stop.append(self.end)

    def run(self) -> None:
        """Send."""
        batch = max(1, int(self._rate / 20))
        while not self._ending.wait(batch / self._rate):
            for _ in range(batch):
                lead = someone(self._chance, self._leads)
                key, value = activity(self._chance, self.sent, lead, time.time_ns() // 1_000_000)
                self._producer.produce(self._topic, key=key, value=value)
                self.sent += 1
            self._producer.flush()

    def end(self) -> None:
        """Stop sending; what was sent is in the log."""
        self._ending.set()
        if self.is_alive():
            self.join(self._patience)
            assert not self.is_alive(), "the broker does not take what was sent"
