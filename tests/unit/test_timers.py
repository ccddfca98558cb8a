"""What is done every second: also where nothing comes in, an absent broker is noticed."""

import asyncio
from typing import Any, cast

from confluent_kafka import KafkaError, KafkaException

from streams import timers


class Played:
    """App, engine, hold and observer in one, whose broker is away when the test says so."""

    def __init__(self) -> None:
        self.away = False
        self.told: list[str | None] = []
        self.tick: Any = None
        played = cast(Any, self)
        timers.install(played, played, played, played)

    def timer(self, _seconds: float, name: str) -> Any:
        def keep(tick: Any) -> None:
            if name == "sample_clock":
                self.tick = tick

        return keep

    @property
    def observer(self) -> "Played":
        return self

    def waiting(self, why: str | None) -> None:
        self.told.append(why)

    def refresh(self) -> None: ...

    def look_at_topic(self) -> None: ...

    def sample_clock(self) -> None:
        if self.away:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer"))

    def seconds(self, *away: bool) -> list[str | None]:
        for self.away in away:
            asyncio.run(self.tick())
        told, self.told = self.told, []
        return told


def test_while_the_broker_answers_nothing_is_said() -> None:
    assert Played().seconds(False, False) == []


def test_an_absent_broker_is_told_and_its_return_once() -> None:
    played = Played()
    assert played.seconds(True, True) == ["sampling the clock: no answer"] * 2
    assert played.seconds(False, False) == [None]
