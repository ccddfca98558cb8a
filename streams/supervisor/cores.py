"""How many cores this process may use."""

import os
from pathlib import Path

CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""What a container may use, as Linux's control groups tell it: microseconds (or `max`) in so many."""


def cores(quota: Path = CPU_QUOTA) -> int:
    """As many as the process may run on, or, where that is less, as its container's quota pays for."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        used, _, period = quota.read_text().partition(" ")
    except OSError:
        return allowed
    return allowed if used == "max" else max(1, min(allowed, int(used) // int(period)))
