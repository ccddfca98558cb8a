"""The command `leadgate`: `python -m streams`, and the entry point."""

import sys

from streams.cli import run


def main() -> None:
    """Run the command line and end with its exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
