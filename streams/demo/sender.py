"""The activities that the demo sends: 90 days of history, then of this moment."""

import threading
from collections.abc import Iterator

from schemas.activity import Activity
from schemas.moments import DAY
from streams import clock, simulation
from streams.simulation import ToTopic

HISTORY_DAYS = 90
_DAY_SECONDS = 1.0
"""How long a lead's day takes while live: its month of deciding is over in half a minute."""

Records = Iterator[tuple[str, bytes]]


class Sender(threading.Thread):
    """Sends records, ``rate`` a second, until there are no more, or until `end`.

    ``sent`` counts them here, at the producer.
    """

    def __init__(self, destination: ToTopic, records: Records, rate: float | None = None) -> None:
        super().__init__(name="sender", daemon=True)
        self.sent = 0
        self._destination = destination
        self._records = simulation.paced(records, rate, sleep=self._rest)
        self._ending = threading.Event()
        self._failure: Exception | None = None

    def run(self) -> None:
        """Send, and wait until the broker has it all."""
        try:
            for lead_id, value in self._records:
                if self._ending.is_set():
                    break
                self._destination.send(lead_id, value)
                self.sent += 1
            self._destination.flush()
        except Exception as error:
            self._failure = error

    def end(self) -> None:
        """Send no more; the broker has what was sent. Raises what went wrong."""
        self._ending.set()
        self.join()
        self.check()

    def check(self) -> None:
        """Raises what went wrong, if something did."""
        if self._failure is not None:
            raise self._failure

    def _rest(self, seconds: float) -> None:
        self._ending.wait(seconds)


class History:
    """The activities of a population's last 90 days. ``passed`` (0 to 1) says how many of them are taken."""

    def __init__(self, leads: int, seed: int) -> None:
        self.passed = 0.0
        end = clock.now()
        self._start = end - HISTORY_DAYS * DAY
        self._activities = simulation.population(leads, self._start, end, seed=seed)

    def records(self) -> Records:
        """As records to send."""
        return simulation.records(self._watched())

    def _watched(self) -> Iterator[Activity]:
        for activity in self._activities:
            self.passed = (activity.occurred_at - self._start) / (HISTORY_DAYS * DAY)
            yield activity
        self.passed = 1.0


def live(rate: float, seed: int) -> Records:
    """Activities without end, dated when they are taken; lives are as long as `rate` a second makes them."""
    # Another seed than the history's: these leads are others.
    return simulation.live(rate, _DAY_SECONDS, clock.now(), seed=seed + 1)
