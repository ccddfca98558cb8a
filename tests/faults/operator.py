"""An operator that may be made to die: `python -m tests.faults.operator PLACE…` replays these letters.

FAULT_POINT says where (see `tests.faults.killing`); the settings come by environment.
"""

import os
import sys

from streams.dead_letters import Operator, Selection, dead_letters
from streams.dead_letters.places import parse_place
from streams.settings import load_settings
from tests.faults.killing import Fuse, KillingTransaction

POINTS = ("after_begin", "while_producing", "in_commit", "after_commit")


def main() -> None:
    """Replay, until the fuse goes off."""
    KillingTransaction.fuse = Fuse(os.environ["FAULT_POINT"], 1)
    settings = load_settings()
    selection = Selection(tuple(map(parse_place, sys.argv[1:])))
    with dead_letters(settings) as letters:
        list(Operator(settings, letters, transaction=KillingTransaction).replay(selection))


if __name__ == "__main__":
    main()
