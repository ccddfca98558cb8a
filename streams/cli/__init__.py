"""The command line: one table of commands, and the one place that turns errors into exit codes.

    0    fine
    1    something was found (a fault, a bad line, a case that fails)
    2    misuse: arguments, settings, a funnel file that cannot be used
    3    the outside world failed: no broker, no disk

A command's module is imported when the command is asked for, not before.
"""

from streams.cli.commands import COMMANDS, Command, run

__all__ = ["COMMANDS", "Command", "run"]
