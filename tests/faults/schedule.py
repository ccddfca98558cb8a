"""A seed becomes a schedule: which fault comes at which moment, the same each time."""

import random
from dataclasses import dataclass
from typing import NamedTuple

from tests.faults.network import Api


class Kind(NamedTuple):
    """What a fault does, how often it is drawn beside others, and how long it lasts (s, from and to)."""

    what: str
    weight: int
    lasts: tuple[float, float]


KINDS: dict[str, Kind] = {
    "kill": Kind("a worker is killed, and another one comes", 4, (0, 0)),
    "restart": Kind("a worker is told to end, and comes again", 2, (0, 3)),
    "stop": Kind("a worker is stopped in its tracks, and let go again", 3, (0.5, 14)),
    "join": Kind("one more worker comes", 2, (0, 0)),
    "leave": Kind("a worker is told to end, and does not come again", 2, (0, 0)),
    "halt_broker": Kind("the broker is halted, and let go again", 1, (0.5, 12)),
    "kill_broker": Kind("the broker is killed, and started again", 1, (0, 10)),
    "restart_broker": Kind("the broker is told to end, and started again", 1, (0, 10)),
    "delay": Kind("each answer of the broker takes up to 0.3 s", 1, (2, 8)),
    "cut": Kind("all connections break", 2, (0, 0)),
    "unplug": Kind("nobody gets through to the broker", 2, (1, 12)),
    "lose": Kind("each third answer to a request is lost", 2, (3, 8)),
}
"""By name, the faults that are drawn."""
PAUSE_SECONDS = 2.0
"""From the end of a fault to the beginning of the next, if not otherwise said; and up to so many more."""
MORE_SECONDS = 7.0


@dataclass(frozen=True)
class Fault:
    """At so many seconds. ``which`` (0 to 1) chooses among the workers that there are then."""

    at: float
    kind: str
    lasts: float
    which: float
    api: Api

    def __str__(self) -> str:
        what = f"{self.api.name}: " if self.kind == "lose" else ""
        lasts = f", for {self.lasts:.1f} s" if self.lasts else ""
        return f"{self.at:7.1f} s  {self.kind:14}  {what}{KINDS[self.kind].what}{lasts}"


class Schedule(list[Fault]):
    """The faults of so many ``seconds``, in order, at least a ``pause`` (s) apart; it prints itself."""

    def __init__(self, seed: int, seconds: float, pause: float = PAUSE_SECONDS) -> None:
        self.seed = seed
        chance = random.Random(seed)
        names, weights = list(KINDS), [kind.weight for kind in KINDS.values()]
        at = chance.uniform(pause, pause + MORE_SECONDS)
        while at < seconds:
            kind = chance.choices(names, weights)[0]
            lasts = chance.uniform(*KINDS[kind].lasts)
            self.append(Fault(at, kind, lasts, chance.random(), chance.choice(list(Api))))
            at += lasts + chance.uniform(pause, pause + MORE_SECONDS)

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}:", *map(str, self)])
