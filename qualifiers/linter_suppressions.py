"""Comments that say that a warning is known: `# lint: ok no-way-out, odd-trait`.

One that stands behind something is about its line; one that has a line of its own is about
the next line that is more than a comment. Whatever follows the codes is the author's reason.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import yaml

from qualifiers.fault_codes import FAULTS
from qualifiers.faults import Fault, did_you_mean
from qualifiers.loader_yaml import LINE_BREAK, LOADER
from qualifiers.warning_codes import WARNINGS

_COMMENT = re.compile(r"#\s*lint:\s*ok\b[ \t]*(?P<codes>[a-z][a-z-]*(?:\s*,\s*[a-z][a-z-]*)*)?")
_CODE = re.compile(r"[a-z][a-z-]*")
UNUSED = "unused-suppression"


class _Suppression(NamedTuple):
    """A code in a comment, where it stands, and the line that it is about."""

    code: str
    line: int
    column: int
    about: int


def without_suppressed(warnings: Iterable[Fault], text: str, name: str) -> Iterator[Fault]:
    """The warnings that no comment of the file suppresses, and one for each comment that suppresses none."""
    suppressions = list(_suppressions(text))
    used: set[tuple[str, int]] = set()
    known = {(each.code, each.about) for each in suppressions}
    for warning in warnings:
        if (warning.code, warning.line) in known:
            used.add((warning.code, warning.line))
        else:
            yield warning
    for each in suppressions:
        if (each.code, each.about) not in used:
            yield Fault(name, each.line, each.column, UNUSED, *_useless(each))


def _useless(one: _Suppression) -> tuple[str, str]:
    """What is wrong with a comment that suppresses nothing, and what to do."""
    if not one.code:
        return "this comment names no code, so it suppresses nothing", "write such as `# lint: ok no-way-out`"
    if one.code in FAULTS:
        return f"`{one.code}` is a fault, which no comment suppresses", "mend it, or take the code out"
    if one.code not in WARNINGS:
        hint = did_you_mean(one.code, WARNINGS) or "docs/lint.md lists the codes"
        return f"no warning has the code `{one.code}`", hint
    return f"line {one.about} has no warning `{one.code}`", "take the code out of the comment"


def _suppressions(text: str) -> Iterator[_Suppression]:
    if "lint:" not in text:
        return
    lines = LINE_BREAK.split(text)
    values = [(token.start_mark, token.end_mark) for token in yaml.scan(text, LOADER) if _is_value(token)]
    begins = [(start.line, start.column) for start, _ in values]
    ends = [(end.line, end.column) for _, end in values]
    following = _following(lines)
    for number, line in enumerate(lines):
        for comment in _COMMENT.finditer(line):
            place = number, comment.start()
            before = bisect_right(begins, place)
            if before and place < ends[before - 1]:
                continue  # a text of the file that has such words in it
            about = number if line[: comment.start()].strip() else following[number]
            codes = comment["codes"]
            if codes is None:
                yield _Suppression("", number + 1, comment.start() + 1, about + 1)
                continue
            for code in _CODE.finditer(codes):
                column = comment.start("codes") + code.start() + 1
                yield _Suppression(code[0], number + 1, column, about + 1)


def _is_value(token: object) -> bool:
    return isinstance(token, yaml.ScalarToken)


def _following(lines: list[str]) -> list[int]:
    """For each line, the next one that is neither blank nor a comment; its own number where there is none."""
    following = list(range(len(lines)))
    for number in range(len(lines) - 2, -1, -1):
        after = lines[number + 1].strip()
        is_content = after and not after.startswith("#")
        if is_content or following[number + 1] > number + 1:
            following[number] = number + 1 if is_content else following[number + 1]
    return following
