"""What commands print stands in the documents because they were run: ``python -m docs.consoles``.

A page tells a story from its first line to its last. A fenced block with a title is a file
(```` ```yaml title="funnel.yaml" ````); it lies in the story's own folder from there on, and another
of the same title takes its place. In a `console` block each line that begins with `$ ` is a command, and
what lies below it, up to the next one, is what it printed. Commands run one after another in that folder,
in a shell; only of leadgate and of the shell, never of Kafka. A test fails where what they print is no
longer what stands there.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
PROMPT = "$ "
SECONDS = 60
"""That a command may take, before something must be wrong with it."""

_BLOCK = re.compile(
    r'^```(?P<kind>[\w-]+)(?: title="(?P<title>.+?)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL
)


def pages() -> list[Path]:
    """The documents that have a command in them."""
    return sorted(
        path for path in HERE.rglob("*.md") if f"```console\n{PROMPT}" in path.read_text(encoding="utf-8")
    )


def rewritten(page: str) -> str:
    """The page, with below each command what it prints now. Raises CalledProcessError where one is a mistake.

    A command may end with 1, where it has found something; any other code but 0 is a mistake of the page.
    """
    with TemporaryDirectory(prefix="leadgate-") as folder:
        place = Path(folder)
        (place / "bin").mkdir()
        _put_leadgate(place / "bin" / "leadgate")
        (place / "story").mkdir()

        def again(block: re.Match[str]) -> str:
            if block["title"]:
                (place / "story" / block["title"]).write_text(block["text"], encoding="utf-8")
            if block["kind"] != "console":
                return block[0]
            commands = [line for line in block["text"].splitlines() if line.startswith(PROMPT)]
            said = "".join(f"{command}\n{_run(command.removeprefix(PROMPT), place)}" for command in commands)
            return f"```console\n{said}```"

        return _BLOCK.sub(again, page)


def _put_leadgate(path: Path) -> None:
    """The command, of the code that lies beside these documents."""
    root = shlex.quote(str(HERE.parent))
    path.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {shlex.quote(sys.executable)} -P -m streams "$@"\n')
    path.chmod(0o755)


def _run(command: str, place: Path) -> str:
    """What a command prints, with a line's end at its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADGATE_")}
    environment |= {
        "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
        "COLUMNS": "110",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "TZ": "UTC",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=place / "story",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout)
    said = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
    return said.lstrip("\n")


if __name__ == "__main__":
    for page in pages():
        text = page.read_text(encoding="utf-8")
        page.write_text(rewritten(text), encoding="utf-8")
