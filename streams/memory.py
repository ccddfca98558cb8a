"""Memory that was freed, given back to the operating system.

glibc keeps what one thread has freed for that thread's next use. A recovery reads a whole changelog by
threads that end with it, so that a worker would stay as large as its recoveries were, and grow with each.
"""

import ctypes

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Give back what can be. Takes milliseconds; does nothing where the C library is another one."""
    if _trim is not None:
        _trim(0)
