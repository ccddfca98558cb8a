"""A worker that may be made to die: `python -m tests.faults.worker`, settings by environment.

FAULT_POINT and FAULT_TIMES say where and when (see `tests.faults.killing`);
FAULT_SIGNAL=STOP stops it in its tracks instead; FAULT_ONLY says which passes count.
FAULT_REREAD is how many leads a pass reads again in the background.
"""

import os
import signal
import sys
from typing import cast

from streams import worker
from streams.cli.commands import end
from streams.engine import processing
from streams.errors import Mendable
from streams.settings import load_settings
from tests.faults.killing import Fuse, Only, parts


def main() -> None:
    """Work until told to end."""
    fuse = Fuse(
        os.environ.get("FAULT_POINT", ""),
        int(os.environ.get("FAULT_TIMES", "1")),
        signal.Signals[f"SIG{os.environ.get('FAULT_SIGNAL', 'KILL')}"],
    )
    processing.REREAD = int(os.environ.get("FAULT_REREAD", processing.REREAD))
    try:
        worker.run(load_settings(), parts(fuse, cast(Only, os.environ.get("FAULT_ONLY", ""))))
    except Mendable as error:
        sys.exit(end(str(error), error.exit_code))


if __name__ == "__main__":
    main()
