"""What can go wrong that a person can mend, and whose fault it is.

    Mendable            `str()` is for a person: what is wrong, and what to do
    ├── Misuse          whoever started this: arguments, settings          exit code 2
    └── OutsideWorld    a broker, a disk, a missing program                exit code 3

A bad funnel file and a bad record have their own, in `qualifiers` and `schemas`.
Anything else that is raised is our bug, and is shown with its traceback.
"""

from typing import ClassVar


class Mendable(Exception):
    """Something that a person can mend; `exit_code` is what a command ends with."""

    exit_code: ClassVar[int] = 1


class Misuse(Mendable):
    """Whoever started this must say something else."""

    exit_code = 2


class OutsideWorld(Mendable):
    """Something around us does not do its part."""

    exit_code = 3
