"""What `leadgate test` found, as text, as JSON and as JUnit's XML."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple
from xml.etree import ElementTree as Xml

from qualifiers import Fault
from qualifiers.cases import Failure, Outcome
from streams.cli.lint_formats import plain
from streams.printable import one_line


class CaseReport(NamedTuple):
    """What was found in a file of cases: faults, or else what came of each case."""

    file: str
    faults: tuple[Fault, ...]
    outcomes: list[Outcome]

    @property
    def failed(self) -> list[Outcome]:
        """The cases in which something is not as it should be."""
        return [outcome for outcome in self.outcomes if not outcome.passed]


# Text ---------------------------------------------------------------------------------------------


def text_lines(reports: Sequence[CaseReport]) -> Iterator[str]:
    """The lines for a person: faults, failures, and a count for each file."""
    return map(one_line, _lines(reports))


def _lines(reports: Sequence[CaseReport]) -> Iterator[str]:
    for report in reports:
        yield from map(str, report.faults)
        for outcome in report.failed:
            yield f"{report.file}:{outcome.line} {outcome.name}"
            for failure in outcome.failures:
                yield f"  {report.file}:{failure.line}:{failure.column} {failure.at}: {failure.message}"
                yield from _details(failure, "    ")
        if not report.faults:
            yield f"{report.file}: {_counted(report)}"


def _details(failure: Failure, indent: str) -> Iterator[str]:
    for missing in failure.missing:
        yield f"{indent}missing: {missing}"
    for happened in failure.happened or ("nothing",):
        yield f"{indent}happened: {happened}"


def _counted(report: CaseReport) -> str:
    count, failed = len(report.outcomes), len(report.failed)
    if not count:
        return "no case is called so"
    cases = "1 case" if count == 1 else f"{count} cases"
    return f"{failed} of {cases} failed" if failed else f"{cases} passed"


# JSON ---------------------------------------------------------------------------------------------


def document(funnel: str, reports: Sequence[CaseReport]) -> dict[str, Any]:
    """All of it as one JSON document."""
    return {
        "funnel": funnel,
        "files": [
            {
                "file": report.file,
                "faults": [plain(fault) for fault in report.faults],
                "cases": [
                    {
                        "name": outcome.name,
                        "line": outcome.line,
                        "passed": outcome.passed,
                        "failures": [asdict(failure) for failure in outcome.failures],
                    }
                    for outcome in report.outcomes
                ],
            }
            for report in reports
        ],
        "passed": sum(len(report.outcomes) - len(report.failed) for report in reports),
        "failed": sum(len(report.failed) for report in reports),
        "faults": sum(len(report.faults) for report in reports),
    }


# JUnit --------------------------------------------------------------------------------------------

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(funnel: str, reports: Sequence[CaseReport]) -> bytes:
    """All of it as build servers read it: a suite for each file; a file with faults is one error."""
    suites = Xml.Element("testsuites", name=f"leadgate test {_xml(funnel)}")
    for report in reports:
        tests = len(report.outcomes) or len(report.faults[:1])
        suite = Xml.SubElement(
            suites,
            "testsuite",
            name=_xml(report.file),
            tests=str(tests),
            failures=str(len(report.failed)),
            errors=str(len(report.faults[:1])),
        )
        if report.faults:
            told = "\n".join(map(str, report.faults))
            case = _testcase(suite, report.file, "the file can be used", report.faults[0].line)
            Xml.SubElement(case, "error", message=_xml(str(report.faults[0]))).text = _xml(told)
        for outcome in report.outcomes:
            case = _testcase(suite, report.file, outcome.name, outcome.line)
            for failure in outcome.failures[:1]:  # as many as a test case may have
                told = "\n".join(_told(report.file, outcome))
                Xml.SubElement(case, "failure", message=_xml(failure.message)).text = _xml(told)
    Xml.indent(suites)
    text: bytes = Xml.tostring(suites, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _testcase(suite: Xml.Element, file: str, name: str, line: int) -> Xml.Element:
    about = {"classname": _xml(file), "name": _xml(name), "file": _xml(file), "line": str(line)}
    return Xml.SubElement(suite, "testcase", about)


def _told(file: str, outcome: Outcome) -> Iterator[str]:
    for failure in outcome.failures:
        yield f"{file}:{failure.line}:{failure.column} {failure.at}: {failure.message}"
        yield from _details(failure, "  ")


def _xml(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
