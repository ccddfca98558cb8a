"""The pipe by which members hear that their supervisor is no more, however it ended.

Nobody writes to it: it only ends, when the system closes what a dead process held.
"""

import os
import signal
import threading
import time

STOP_SECONDS = 25.0
"""So long a member has to finish its pass and end, before it is killed; orchestrators give 30."""


def open_lifeline() -> int:
    """In a supervisor: the descriptor that members inherit. The other one closes with this process."""
    members_end, _ = os.pipe()
    return members_end


def hold(members_end: int) -> None:
    """In a member: end as on SIGTERM once the supervisor has gone."""
    threading.Thread(target=_end_with, args=(members_end,), name="lifeline", daemon=True).start()


def _end_with(members_end: int) -> None:
    os.read(members_end, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
