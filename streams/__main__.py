"""The command `leadgate`: `python -m streams`, and the entry point."""

import gc
import sys


def main() -> None:
    """Run the command line and end with its exit code."""
    gc.disable()  # what is imported stays: to look for garbage in it meanwhile takes a sixth of a start
    from streams.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
