"""A worker that may be made to die: `python -m tests.faults.worker FUNNEL`, settings by environment.

FAULT_POINT and FAULT_TIMES say where and when (see `tests.faults.killing`);
FAULT_SIGNAL=STOP stops it in its tracks instead; FAULT_ONLY_TIME=1 counts only
passes in which time moved a lead.
"""

import os
import signal
import sys
import time
from pathlib import Path

from qualifiers import compile_funnel, load_funnel
from streams.app import build
from streams.metrics import Metrics
from streams.settings import load_settings
from tests.faults.killing import Fuse, parts


def main() -> None:
    """Work until told to end."""
    path = Path(sys.argv[1])
    funnel = compile_funnel(load_funnel(path.read_bytes(), path.name))
    fuse = Fuse(
        os.environ.get("FAULT_POINT", ""),
        int(os.environ.get("FAULT_TIMES", "1")),
        signal.Signals[f"SIG{os.environ.get('FAULT_SIGNAL', 'KILL')}"],
    )
    settings = load_settings()
    metrics = Metrics(funnel, settings.activities_topic, lambda: time.time_ns() // 1_000_000)
    build(
        settings,
        funnel,
        observer=metrics,
        parts=parts(fuse, only_time=os.environ.get("FAULT_ONLY_TIME") == "1"),
    ).run()


if __name__ == "__main__":
    main()
