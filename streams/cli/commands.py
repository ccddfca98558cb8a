"""The table of commands, and how they are found, run and ended."""

import gc
import io
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from streams.errors import INTERRUPTED, NOBODY_READS, OUR_BUG, Mendable, Misuse, OutsideWorld


@dataclass(frozen=True)
class Command:
    """A row of the table: where a command is, its line in `leadgate --help`, and how it is used.

    ``target`` is ``module:name`` of a function with typer's annotations, or of a Typer
    app for a command that has commands of its own.
    """

    target: str
    summary: str
    examples: tuple[str, ...]

    def load(self) -> Any:
        """The function or the app. Imports its module."""
        module, _, name = self.target.partition(":")
        return getattr(import_module(module), name)


COMMANDS: dict[str, Command] = {
    "demo": Command(
        "streams.cli.demo:demo",
        "See it work: a real Kafka, a believable population, leads moving.",
        ("leadgate demo", "leadgate demo --duration 20"),
    ),
    "worker": Command(
        "streams.cli.worker:worker",
        "Run a worker: activities in, stage changes out, each exactly once.",
        ("LEADGATE_FUNNEL=startup leadgate worker", "leadgate worker --settings leadgate.toml --processes 4"),
    ),
    "topics": Command(
        "streams.cli.topics:app",
        "Create the topics, or check that they are as they must be.",
        ("leadgate topics create", "leadgate topics check", "leadgate topics acls --principal User:leadgate"),
    ),
    "group": Command(
        "streams.cli.group:app",
        "Take workers that do not come back out of their group, so that others do their work at once.",
        ("leadgate group remove worker-2",),
    ),
    "funnel": Command(
        "streams.cli.funnel:app",
        "Put a funnel in force for a running group, and list the versions there have been.",
        ("leadgate funnel publish funnel.yaml", "leadgate funnel versions"),
    ),
    "snapshot": Command(
        "streams.cli.snapshot:snapshot",
        "Write all that a stopped group knows to a file: a backup, or to move it.",
        ("leadgate snapshot leads.snapshot", "leadgate snapshot --info leads.snapshot"),
    ),
    "restore": Command(
        "streams.cli.restore:restore",
        "Put a group back as it was when its snapshot was taken.",
        ("leadgate restore --dry-run leads.snapshot", "leadgate restore leads.snapshot"),
    ),
    "clock": Command(
        "streams.cli.clock:clock",
        "Hold the clocks of a group's workers while history is loaded, and let them go.",
        ("leadgate clock status", "leadgate clock release"),
    ),
    "dead-letters": Command(
        "streams.cli.dead_letters:app",
        "Put right what could not be applied: list, show, replay, drop.",
        (
            "leadgate dead-letters list --reason future",
            "leadgate dead-letters show 3-17",
            "leadgate dead-letters replay --reason future --dry-run",
            "leadgate dead-letters drop 3-17",
        ),
    ),
    "verify": Command(
        "streams.cli.verify:verify",
        "Prove what was decided: replay the input, and say what does not follow from it.",
        (
            "leadgate verify",
            "leadgate verify --lead anna@example.com",
            "leadgate verify stage-changes.jsonl --funnel funnel.yaml --format json",
        ),
    ),
    "kafka": Command(
        "streams.cli.kafka:app",
        "A real Kafka on this machine: start, stop, status.",
        ("leadgate kafka start", "leadgate kafka status", "leadgate kafka stop"),
    ),
    "lint": Command(
        "streams.cli.lint:lint",
        "Look for faults in a funnel file, and for what can hardly be meant.",
        ("leadgate lint startup", "leadgate lint startup agency --format sarif > lint.sarif"),
    ),
    "graph": Command(
        "streams.cli.graph:graph",
        "Draw a funnel: its stages, and the rules between them.",
        ("leadgate graph startup > startup.mmd", "leadgate graph startup --format svg > startup.svg"),
    ),
    "test": Command(
        "streams.cli.test:run_cases",
        "Run the cases of a funnel: what leads do, and what must become of them.",
        ("leadgate test startup", "leadgate test startup -k demo --format json --junit cases.xml"),
    ),
    "qualify": Command(
        "streams.cli.qualify:qualify",
        "Run a funnel over activities from files or stdin, without Kafka.",
        (
            "leadgate simulate --leads 100 --days 30 > activities.jsonl",
            "leadgate qualify startup activities.jsonl --leads leads.jsonl > stage-changes.jsonl",
            "leadgate qualify startup activities.jsonl --until 2027-01-01T00:00:00Z > later.jsonl",
        ),
    ),
    "explain": Command(
        "streams.cli.explain:explain",
        "Say why a lead is where it is, what would move it on, and what time alone will do.",
        (
            "leadgate explain ada@example.com",
            "leadgate explain ada@example.com --worker http://worker-2:6066 --format json",
            "leadgate simulate --leads 100 --days 30 > activities.jsonl",
            "leadgate explain lead-0-000007 --funnel startup activities.jsonl",
            "leadgate explain lead-0-000007 --funnel startup activities.jsonl --at now --format json",
        ),
    ),
    "backtest": Command(
        "streams.cli.backtest:backtest",
        "Run a funnel over history: stages, moves, conversion, and what became of the leads each rule moved.",
        (
            "leadgate simulate --leads 100 --days 90 > history.jsonl",
            "leadgate backtest startup history.jsonl --html report.html",
            "leadgate backtest funnel.yaml --topic lead.activities --format json",
        ),
    ),
    "diff": Command(
        "streams.cli.diff:diff",
        "What changes with another funnel file: in meaning, and for which leads of a history.",
        (
            "leadgate diff funnel.yaml changed.yaml",
            "leadgate simulate --leads 100 --days 90 > history.jsonl",
            "leadgate diff funnel.yaml changed.yaml history.jsonl --html report.html",
            "leadgate diff funnel.yaml changed.yaml --topic lead.activities --format json",
        ),
    ),
    "simulate": Command(
        "streams.cli.simulate:simulate",
        "Make up the activities of a believable population, to stdout or to a topic.",
        (
            "leadgate simulate --leads 1000 --days 90 --until 2026-04-01T00:00:00Z > history.jsonl",
            "leadgate simulate --bulk 10000 --leads 200 --zipf 1.1 > bulk.jsonl",
            "leadgate simulate --live --rate 50 --topic lead.activities --bootstrap-servers localhost:9092",
        ),
    ),
    "schema": Command(
        "streams.cli.schema:schema",
        "Print the JSON Schema of what goes in and out.",
        ("leadgate schema activity", "leadgate schema funnel > funnel.schema.json"),
    ),
}
"""Every command, in the order in which a newcomer meets them."""

_PLAIN: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}
# typer may carry a click of its own, so click's classes are found through typer's.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


class _Commands(TyperGroup):
    """The commands of the table. Listing them imports none of them."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as in the class above
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - likewise
        return _command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - likewise
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in COMMANDS.items()])


def _command(name: str) -> Any:
    row = COMMANDS[name]
    target = row.load()
    if not gc.isenabled():  # `main` has turned it off until all is imported
        gc.freeze()
        gc.enable()
    # \b keeps the lines as they are.
    epilog = "\b\nExamples:\n" + "\n".join(f"  {example}" for example in row.examples)
    if isinstance(target, typer.Typer):
        target.rich_markup_mode = None
        command = typer.main.get_group(target)
        command.name, command.epilog = name, epilog
        return command
    leaf = typer.Typer(**_PLAIN)
    leaf.command(name, epilog=epilog)(target)
    return typer.main.get_command(leaf)


def _say_version(wanted: bool) -> None:
    if wanted:
        try:
            version = metadata.version("leadgate")
        except metadata.PackageNotFoundError:
            version = "(a checkout that is not installed: make setup)"
        typer.echo(f"leadgate {version}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True),
    ] = False,
) -> None:
    """Lead qualification as a stream processor: activities in, stage changes out."""


def _program() -> Callable[..., Any]:
    app = typer.Typer(cls=_Commands, no_args_is_help=True, **_PLAIN)
    app.callback()(_root)
    return typer.main.get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; the exit code. What went wrong is said on stderr, in one place, here."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # what this terminal's encoding lacks ends no command
    try:
        code = _program()(args=list(arguments), prog_name="leadgate", standalone_mode=False)
    except Mendable as error:
        return end(str(error), error.exit_code)
    except _UsageError as error:
        return end(*_misuse(error))
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except SystemExit:
        return NOBODY_READS  # typer's own end for that, by a 1, which would be a finding
    except OSError as error:
        return end(
            f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}",
            OutsideWorld.exit_code,
        )
    except UnicodeEncodeError as error:
        # An argument that is not UTF-8 is text that can't be sent, nor looked for; a file's name may be so.
        if any(error.object in argument for argument in arguments):
            return end(f"an argument is not UTF-8: {error.object!a}", Misuse.exit_code)
        return _judge(error)
    except Exception as error:
        return _judge(error)
    return code if isinstance(code, int) else 0


def _judge(error: Exception) -> int:
    from qualifiers import FunnelFaults  # only now: what goes well need not wait for it

    if isinstance(error, FunnelFaults):
        return end(f"the funnel has faults:\n{error}", Misuse.exit_code)
    traceback.print_exc()
    return end("this is a bug in leadgate: please report it with the lines above", OUR_BUG)


def _misuse(error: Any) -> tuple[str, int]:
    message, context = error.format_message(), error.ctx
    if not message.startswith("Usage:"):  # it does where a group was asked without its command
        message = " ".join(message.split()).rstrip(".")
        if context is not None:
            message += f" (see {context.command_path} --help)"
    return message, Misuse.exit_code


def end(message: str, code: int) -> int:
    """Say why a command ends, on stderr; its exit code."""
    typer.echo(message if message.startswith("Usage:") else f"leadgate: {message}", err=True)
    return code
