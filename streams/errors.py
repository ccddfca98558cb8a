"""What can go wrong, whose fault it is, and what a command then ends with.

    Mendable              `str()` is for a person: what is wrong, and what to do
    ├── Misuse            whoever started this: arguments, settings              2
    └── OutsideWorld      a broker, a disk, a missing program (also an OSError)  3
    qualifiers.FunnelFaults          the funnel file's author; a line a fault    2
    schemas.dead_letter.Unreadable   a record's sender: it is put aside as a
                                     dead letter, and the work goes on           1, at the end
    anything else         our bug: shown with its traceback                     70

`lint`, whose work it is to find faults in a funnel file, ends with 1 when it has; so does `test`
when a case fails, and with 2 when a file of cases has faults.
`streams.cli` is the one place that turns these into lines on stderr and exit codes.
"""

from typing import ClassVar

OUR_BUG = 70
"""The exit code of a bug, so that it is never taken for a finding (sysexits calls it EX_SOFTWARE)."""
INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""
NOBODY_READS = 141
"""The exit code when the reader of our output has gone, as shells have it."""


class Mendable(Exception):
    """Something that a person can mend; `exit_code` is what a command ends with."""

    exit_code: ClassVar[int] = 1


class Misuse(Mendable):
    """Whoever started this must say something else."""

    exit_code = 2


class OutsideWorld(Mendable):
    """Something around us does not do its part."""

    exit_code = 3
