"""A worker that may be made to die: `python -m tests.faults.worker`, settings by environment.

FAULT_POINT and FAULT_TIMES say where and when (see `tests.faults.killing`);
FAULT_SIGNAL=STOP stops it in its tracks instead; FAULT_ONLY_TIME=1 counts only
passes in which time moved a lead.
"""

import os
import signal
import sys

from streams import worker
from streams.cli.commands import end
from streams.errors import Mendable
from streams.settings import load_settings
from tests.faults.killing import Fuse, parts


def main() -> None:
    """Work until told to end."""
    fuse = Fuse(
        os.environ.get("FAULT_POINT", ""),
        int(os.environ.get("FAULT_TIMES", "1")),
        signal.Signals[f"SIG{os.environ.get('FAULT_SIGNAL', 'KILL')}"],
    )
    try:
        worker.run(load_settings(), parts(fuse, only_time=os.environ.get("FAULT_ONLY_TIME") == "1"))
    except Mendable as error:
        sys.exit(end(str(error), error.exit_code))


if __name__ == "__main__":
    main()
