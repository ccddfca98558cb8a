"""The demo, from beginning to end."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from rich.console import Console

from qualifiers import load_funnel
from streams import kafka_clients
from streams.demo import read_back
from streams.demo.interrupts import Interrupts
from streams.demo.lines import Lines
from streams.demo.readings import Rate, Reading
from streams.demo.scene import ENDING, Audience, Scene
from streams.demo.screen import Screen
from streams.demo.sender import HISTORY_DAYS, History, Sender, live
from streams.demo.stack import FUNNEL, Stack, alone
from streams.demo.summary import Summary
from streams.engine.hold import say
from streams.errors import OutsideWorld
from streams.simulation import ToTopic

_LOOK_SECONDS = 0.25
_STANDSTILL_SECONDS = 60.0
_STILL_SECONDS = 3.0
"""A worker looks each second whether clocks are held; after so long without a decision it has seen it."""


@dataclass(frozen=True)
class Options:
    """What can be asked of a demo. ``duration`` is of the live part, in seconds; None: until asked to end."""

    directory: Path
    duration: float | None
    seed: int
    rate: float
    leads: int


def run(options: Options) -> Summary:
    """Run the demo; what it came to. Raises Mendable, or KeyboardInterrupt when asked to end too soon."""
    # What goes wrong is said here, once; a log line would tear the picture.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    console = Console(highlight=False)
    funnel = load_funnel(FUNNEL.read_bytes(), FUNNEL.name)
    audience: Audience = (
        Screen(console, funnel.stages, funnel.off_path)
        if console.is_terminal and not console.is_dumb_terminal
        else Lines(console, [*funnel.stages, *funnel.off_path])
    )
    try:
        with (
            alone(options.directory),
            Interrupts() as interrupts,
            Stack(options.directory, interrupts) as stack,
        ):
            try:
                _start(stack, audience)
                show = _Show(stack, audience, interrupts)
                show.history(options)
                show.live(options)
                summary = show.end()
            finally:
                audience.begin("Ending what was started")
    finally:
        audience.close()
    console.print()
    audience.leads(show.reading.leads)
    console.print()
    console.print(summary.table())
    return summary


def _start(stack: Stack, audience: Audience) -> None:
    audience.begin(f"Starting Kafka, {stack.kafka_from}")
    started = time.monotonic()
    stack.start_kafka()
    audience.say(f"Kafka answers at {stack.settings.bootstrap_servers} ({time.monotonic() - started:.1f} s)")
    audience.begin("Making the topics")
    stack.make_topics()
    settings = stack.settings
    audience.say(f"Topics: {settings.activities_topic} in, {settings.stage_changes_topic} out")
    audience.begin("Starting a worker")
    started = time.monotonic()
    stack.start_worker()
    audience.say(
        f"A worker is ready, its clock held ({time.monotonic() - started:.1f} s, log: {stack.worker.log})"
    )


class _Show:
    """From the first activity to the summary."""

    def __init__(self, stack: Stack, audience: Audience, interrupts: Interrupts) -> None:
        self.reading = Reading()
        self._stack, self._audience, self._interrupts = stack, audience, interrupts
        self._producer = kafka_clients.producer(stack.settings)
        self._destination = ToTopic(self._producer, stack.settings.activities_topic)
        self._follower = read_back.Follower(stack.settings)
        self._follower.start()
        self._rate = Rate()
        self._sent = 0
        self._held = True

    def history(self, options: Options) -> None:
        """Load the history while the clock is held, and let the clock go."""
        history = History(options.leads, options.seed)
        started = time.monotonic()
        self._send(
            Sender(self._destination, history.records()),
            lambda: f"HISTORY  day {history.passed * HISTORY_DAYS:.0f} of {HISTORY_DAYS}",
            lambda: False,
        )
        self._settle(f"HISTORY  {HISTORY_DAYS} days")
        if self._interrupts.asked.is_set():
            return
        self._audience.say(
            f"{self._sent:,} activities of {options.leads:,} leads over {HISTORY_DAYS} days: "
            f"{self.reading.stage_changes:,} stage changes ({time.monotonic() - started:.1f} s)"
        )
        self._hold(False)
        self._audience.say("The clock goes: leads that have been silent for too long move now")

    def live(self, options: Options) -> None:
        """Send activities of this moment until the time is over, or somebody asks to end."""
        if self._interrupts.asked.is_set():
            return
        activities = live(options.rate, options.seed)
        started = time.monotonic()
        until = "" if options.duration is None else f" of {_clock(options.duration)}"

        def over() -> bool:
            return options.duration is not None and time.monotonic() - started >= options.duration

        self._send(
            Sender(self._destination, activities, options.rate),
            lambda: f"LIVE  {_clock(time.monotonic() - started)}{until}",
            over,
        )

    def end(self) -> Summary:
        """Let all that was sent be applied, end the worker, and count."""
        self._settle(ENDING)
        self._hold(True)
        self._wait_until_still()
        self._follower.end()
        self._audience.close()
        self._audience.begin("Ending the worker")
        self._stack.worker.end()
        self._audience.begin("Reading everything back")
        settings = self._stack.settings
        return Summary(
            self._sent,
            read_back.count(settings, settings.activities_topic),
            self.reading.outcomes,
            self.reading.stage_changes,
            read_back.stage_changes(settings),
        )

    def _send(self, sender: Sender, phase: Callable[[], str], over: Callable[[], bool]) -> None:
        before = self._sent
        sender.start()
        while sender.is_alive() and not over() and not self._interrupts.asked.is_set():
            self._sent = before + sender.sent
            self._look(phase())
        sender.end()
        self._sent = before + sender.sent

    def _settle(self, phase: str) -> None:
        """Wait until everything that was sent has come to its end."""
        done, since = -1, time.monotonic()
        while self.reading.done < self._sent or self.reading.lag:
            self._look(phase)
            if self.reading.done != done:
                done, since = self.reading.done, time.monotonic()
            elif time.monotonic() - since > _STANDSTILL_SECONDS:
                raise OutsideWorld(
                    f"the worker stands still: it has applied {done:,} of {self._sent:,} activities "
                    f"(its log is {self._stack.worker.log})"
                )

    def _wait_until_still(self) -> None:
        """Wait until the held clock moves no one any more."""
        decided, since = -1, time.monotonic()
        while time.monotonic() - since < _STILL_SECONDS:
            if not self._look(ENDING) or self.reading.stage_changes != decided:
                decided, since = self.reading.stage_changes, time.monotonic()

    def _hold(self, held: bool) -> None:
        try:
            say(self._producer, self._stack.settings.control, held=held)
        except KafkaException as error:
            raise OutsideWorld(f"the clock cannot be told: {error.args[0].str()}") from None
        self._held = held

    def _look(self, phase: str) -> bool:
        """See how things are, show it, and rest a little; False when the worker did not answer.

        Raises what went wrong, wherever.
        """
        self._follower.check()
        reading = self._stack.worker.reading()
        self.reading = reading or self.reading
        follower = self._follower
        self._audience.show(
            Scene(
                phase,
                self._held,
                self.reading,
                self._rate.of(self.reading.done),
                self._sent,
                tuple(follower.moves),
                follower.told,
            )
        )
        time.sleep(_LOOK_SECONDS)
        return reading is not None


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
