"""Does to a group, its broker and the network between them what a schedule says."""

import signal
import subprocess
import time
from functools import partial

from streams.local_kafka import LocalKafka
from tests.faults.flowing import Over
from tests.faults.network import Network
from tests.faults.schedule import Fault, Schedule
from tests.faults.workers import Group

Process = subprocess.Popen[bytes]
DELAY_SECONDS = 0.3


class Chaos:
    """One fault at a time. There are from two to ``most`` workers; the first of all is never told to end."""

    def __init__(self, group: Group, broker: LocalKafka, network: Network, most: int = 4) -> None:
        self._group, self._broker, self._network, self._most = group, broker, network, most
        self._ended: list[Process] = []
        self.late = 0.0
        """How many seconds after its moment a fault came, at worst: what was before it took its time."""
        self.over: list[Over] = []

    @property
    def living(self) -> list[Process]:
        """The workers that have not been ended."""
        return [process for process in self._group.processes if process not in self._ended]

    def run(self, schedule: Schedule) -> None:
        """Every fault at its moment, and undone when it has lasted. Raises AssertionError: one gave up."""
        begun = time.monotonic()
        for fault in schedule:
            time.sleep(max(0.0, begun + fault.at - time.monotonic()))
            self.late = max(self.late, time.monotonic() - begun - fault.at)
            print(f"{time.monotonic() - begun:7.1f} s: {fault.kind}", flush=True)
            at = time.time()
            getattr(self, f"_{fault.kind}")(fault)
            self.over.append(Over(fault, int((time.time() if fault.lasts else at) * 1_000)))
            self.check_all_live()

    def check_all_live(self) -> None:
        """No worker has ended but those that were made to. Raises AssertionError."""
        gone = [process.returncode for process in self.living if process.poll() is not None]
        assert not gone, f"workers gave up, with exit codes {gone}\n{self._group.logs()}"

    # Workers ------------------------------------------------------------------------

    def start(self, workers: int = 1) -> None:
        """So many more workers, once they have come up: one that meets no broker then ends, and says so."""
        for process in [self._group.start() for _ in range(workers)]:
            self._group.wait(partial(self._is_up, process), "it does not come up")

    def _is_up(self, process: Process) -> bool:
        said = self._group.said_by(process)
        assert process.poll() is None, f"it has ended with {process.returncode}:\n{said}"
        return '"web_listens"' in said

    def _victim(self, fault: Fault) -> Process:
        others = self.living[1:]
        return others[int(fault.which * len(others))]

    def _kill(self, fault: Fault) -> None:
        victim = self._victim(fault)
        self._ended.append(victim)
        victim.kill()
        victim.wait()
        self.start()

    def _restart(self, fault: Fault) -> None:
        self._end(self._victim(fault))
        time.sleep(fault.lasts)
        self.start()

    def _end(self, victim: Process) -> None:
        self._ended.append(victim)
        victim.terminate()
        assert victim.wait(60) == 0, self._group.logs()

    def _stop(self, fault: Fault) -> None:
        victim = self.living[int(fault.which * len(self.living))]
        victim.send_signal(signal.SIGSTOP)
        time.sleep(fault.lasts)
        victim.send_signal(signal.SIGCONT)

    def _join(self, fault: Fault) -> None:
        if len(self.living) < self._most:
            self.start()

    def _leave(self, fault: Fault) -> None:
        if len(self.living) > 2:
            self._end(self._victim(fault))

    # The broker -----------------------------------------------------------------------

    def _halt_broker(self, fault: Fault) -> None:
        self._broker.pause()
        time.sleep(fault.lasts)
        self._broker.resume()

    def _kill_broker(self, fault: Fault) -> None:
        self._broker.kill()
        time.sleep(fault.lasts)
        self._broker.start()

    def _restart_broker(self, fault: Fault) -> None:
        self._broker.stop()
        time.sleep(fault.lasts)
        self._broker.start()

    # The network ------------------------------------------------------------------------

    def _delay(self, fault: Fault) -> None:
        self._network.delay(DELAY_SECONDS)
        time.sleep(fault.lasts)
        self._network.heal()

    def _cut(self, fault: Fault) -> None:
        self._network.cut()

    def _unplug(self, fault: Fault) -> None:
        self._network.unplug()
        time.sleep(fault.lasts)
        self._network.heal()

    def _lose(self, fault: Fault) -> None:
        self._network.lose_answers(fault.api, every=3)
        time.sleep(fault.lasts)
        self._network.heal()
