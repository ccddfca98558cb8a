"""The formats of `leadgate lint`: one table, each makes lines of what was found in files."""

import json
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from qualifiers.fault_codes import FAULTS
from qualifiers.faults import Fault
from qualifiers.warning_codes import WARNINGS


class Linted(NamedTuple):
    """What was found in a file: faults, or else warnings."""

    file: str
    faults: list[Fault]
    warnings: list[Fault]

    def levels(self) -> Iterator[tuple[str, Fault]]:
        """All that was found, each with how bad it is: `error` or `warning`."""
        yield from (("error", fault) for fault in self.faults)
        yield from (("warning", warning) for warning in self.warnings)


# For people and editors -------------------------------------------------------------------------------


def _text(found: Sequence[Linted]) -> Iterator[str]:
    """A line for each, `file:line:column` first; below a warning, indented, why it matters."""
    for one in found:
        yield from map(str, one.faults)
        for warning in one.warnings:
            yield f"{warning} [warning: {warning.code}]"
            yield f"    {WARNINGS[warning.code].why}"
        if not one.faults:
            count = len(one.warnings)
            yield f"{one.file}: fine" + (f", with {count} warning{'s' if count > 1 else ''}" if count else "")


# For programs -----------------------------------------------------------------------------------------


def _json(found: Sequence[Linted]) -> Iterator[str]:
    files = [
        {
            "file": one.file,
            "faults": [plain(fault) for fault in one.faults],
            "warnings": [plain(warning) | {"why": WARNINGS[warning.code].why} for warning in one.warnings],
        }
        for one in found
    ]
    faults, warnings = (sum(len(getattr(one, kind)) for one in found) for kind in ("faults", "warnings"))
    yield _document({"files": files, "faults": faults, "warnings": warnings})


def plain(fault: Fault) -> dict[str, str | int]:
    """A fault, or a warning, as JSON has it."""
    return {
        "line": fault.line,
        "column": fault.column,
        "code": fault.code,
        "message": fault.message,
        "hint": fault.what_to_do,
    }


def _document(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)


# GitHub's workflow commands, which it shows as annotations of the lines --------------------------------

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = _DATA | {":": "%3A", ",": "%2C"}


def _github(found: Sequence[Linted]) -> Iterator[str]:
    for one in found:
        for level, fault in one.levels():
            at = {"file": fault.file, "line": fault.line, "col": fault.column, "title": fault.code}
            properties = ",".join(f"{key}={_escaped(str(value), _PROPERTY)}" for key, value in at.items())
            yield f"::{level} {properties}::{_escaped(_sentence(fault), _DATA)}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(letter, letter) for letter in text)


def _sentence(fault: Fault) -> str:
    return f"{fault.message} ({fault.what_to_do})"


# SARIF, which code scanning and editors read -----------------------------------------------------------

_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def _sarif(found: Sequence[Linted]) -> Iterator[str]:
    each = [(level, fault) for one in found for level, fault in one.levels()]
    rules = {code: number for number, code in enumerate(sorted({fault.code for _, fault in each}))}
    yield _document(
        {
            "$schema": _SARIF,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": {"name": "leadgate lint", "rules": list(map(_rule, rules))}},
                    "columnKind": "unicodeCodePoints",
                    "results": [_result(level, fault, rules[fault.code]) for level, fault in each],
                }
            ],
        }
    )


def _rule(code: str) -> dict[str, Any]:
    meaning = (FAULTS | WARNINGS)[code]
    return {
        "id": code,
        "shortDescription": {"text": meaning.means},
        "fullDescription": {"text": meaning.why or "The file is refused."},
        "help": {"text": meaning.do},
        "defaultConfiguration": {"level": "error" if code in FAULTS else "warning"},
    }


def _result(level: str, fault: Fault, rule: int) -> dict[str, Any]:
    path = Path(fault.file)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    place = {
        "artifactLocation": {"uri": uri},
        "region": {"startLine": fault.line, "startColumn": fault.column},
    }
    return {
        "ruleId": fault.code,
        "ruleIndex": rule,
        "level": level,
        "message": {"text": _sentence(fault)},
        "locations": [{"physicalLocation": place}],
    }


class Format(StrEnum):
    """How `leadgate lint` says what it found."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


FORMATS: dict[Format, Callable[[Sequence[Linted]], Iterator[str]]] = {
    Format.TEXT: _text,
    Format.JSON: _json,
    Format.GITHUB: _github,
    Format.SARIF: _sarif,
}
"""What makes the lines of each format."""
