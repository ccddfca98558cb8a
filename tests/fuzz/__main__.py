"""Look for bytes that leadgate has no answer to: by hand, for as long as one likes, on Linux.

    python -m tests.fuzz --seconds 600              # each target for so long; 1 where something raises
    python -m tests.fuzz --seconds 600 lead_states
    python -m tests.fuzz --seconds 600 --keep       # and keep what reaches something new, for the tests

What raises is written with --keep, too: the tests fail from then on, until it is mended.
"""

import argparse
import logging
import sys
import traceback
from collections.abc import Sequence

import structlog

from tests.fuzz.corpus import keep, kept
from tests.fuzz.reached import fewest
from tests.fuzz.searching import Found, Search
from tests.fuzz.targets import TARGETS, check_of

FINE, FOUND = 0, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Search, and tell; 1 when something was found."""
    asked = _arguments(arguments)
    found = [one for target in asked.targets or TARGETS for one in _search(target, asked)]
    return FOUND if found else FINE


def _search(target: str, asked: argparse.Namespace) -> list[Found]:
    check, before = check_of(target), kept(target)
    search = Search(check, before, asked.seed)
    found = []
    for one in search.run(asked.seconds):
        found.append(one)
        print(f"{target}: {one}\n{''.join(traceback.format_exception(one.error))}", flush=True)
    print(f"{target}: {search.tried:,} inputs, {len(search.known):,} reach something new, {len(found)} raise")
    if asked.keep:
        keep(target, [*before, *fewest(check, search.known), *(one.data for one in found)])
    return found


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(["targets:", *(f"  {name:<16} {what}" for name, what in TARGETS.items())]),
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="one of those below; all")
    parser.add_argument("--seconds", type=float, default=60, metavar="N", help="for each target (60)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another way through (1)")
    parser.add_argument("--keep", action="store_true", help="write what is worth keeping into the corpus")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.targets if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {', '.join(unknown)}: give one of {', '.join(TARGETS)}")
    return asked


def _be_silent() -> None:
    """What is odd about an input is logged as ever, and of no interest here."""
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


if __name__ == "__main__":
    _be_silent()
    sys.exit(main())
