"""A restore that dies: `python -m tests.faults.restorer FILE TIMES`, settings by environment.

It is killed when it has sent something for the TIMES-th time, and the broker has it: in `begin` the
first time, once for each partition, and in `end`.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from streams.settings import load_settings
from streams.snapshots import plan
from streams.snapshots.restoring import Restoring


class Dying(Restoring):
    """The transaction is left open."""

    times = 0

    def _send(self, records: Any) -> None:
        super()._send(records)
        self._producer.flush(30)
        Dying.times -= 1
        if not Dying.times:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Restore, up to there."""
    Dying.times = int(sys.argv[2])
    restoring = Dying(plan(load_settings(), Path(sys.argv[1])))
    restoring.begin()
    for _ in restoring.fill():
        pass
    restoring.end()


if __name__ == "__main__":
    main()
