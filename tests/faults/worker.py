"""A worker that may be made to die: `python -m tests.faults.worker`, settings by environment.

FAULT_POINT and FAULT_TIMES say where and when (see `tests.faults.killing`);
FAULT_SIGNAL=STOP stops it in its tracks instead; FAULT_ONLY says which passes count.
FAULT_REREAD is how many leads a pass reads again in the background, FAULT_RULES where the rules
raise (see `tests.faults.broken_rules`); FAULT_CLOCK is a file by whose number of ms the wall clock is
wrong, FAULT_SLOW how many seconds the opening of each partition takes longer.
"""

import json
import os
import signal
import sys
from typing import cast

from streams import worker
from streams.cli.commands import end
from streams.engine import processing
from streams.errors import Mendable
from streams.settings import load_settings
from tests.faults import broken_rules, wrong_clock
from tests.faults.killing import Fuse, Only, parts
from tests.unfreed import unfreed_errors


def main() -> None:
    """Work until told to end."""
    fuse = Fuse(
        os.environ.get("FAULT_POINT", ""),
        int(os.environ.get("FAULT_TIMES", "1")),
        signal.Signals[f"SIG{os.environ.get('FAULT_SIGNAL', 'KILL')}"],
    )
    wrong_clock.wrong_by(os.environ.get("FAULT_CLOCK", ""))
    broken_rules.break_at(os.environ.get("FAULT_RULES", ""))
    processing.REREAD = int(os.environ.get("FAULT_REREAD", processing.REREAD))
    try:
        only, slow = cast(Only, os.environ.get("FAULT_ONLY", "")), float(os.environ.get("FAULT_SLOW", "0"))
        worker.run(load_settings(), parts(fuse, only, slow))
    except Mendable as error:
        sys.exit(end(str(error), error.exit_code))
    print(json.dumps({"event": "worker_kept", "errors": unfreed_errors()}), flush=True)


if __name__ == "__main__":
    main()
