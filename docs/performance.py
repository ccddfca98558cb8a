"""The figures of the documents are those of the one committed report: ``python -m docs.performance``.

In a document, `<!-- measured: latency -->` begins such a place and `<!-- /measured -->` ends it;
PLACES says what stands there. With files as arguments (`make bench` has written them) their
measures take the place of those in the committed report first. A test fails where a place is out of date.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from docs import scale, walls
from tests.benchmarks import report
from tests.benchmarks.bench import Sizes, measures_of
from tests.benchmarks.measures import MEASURES, Measure

HERE = Path(__file__).parent
COMMITTED = HERE.parent / "tests" / "benchmarks" / "results" / "report.json"
DOCUMENTS = (HERE / "performance.md", HERE / "scale.md")
NOT_YET = "*Not measured yet: `make bench`, then `python -m docs.performance build/benchmarks/report.json`.*"
SAME = ("cpu", "cores", "memory_gib", "python", "kafka")
"""Of the machine: where one of these differs, or a measure's sizes, figures can't stand beside each other."""

_PLACE = re.compile(r"(<!-- measured: (.+?) -->\n).*?(<!-- /measured -->)", re.DOTALL)


class Unfit(Exception):
    """A report that can't be published; says why."""


def _of(measure: Measure, measured: report.Report) -> str:
    lines = report.table(measured, measure)
    return "\n".join([measure.explained, "", *lines]) if lines else NOT_YET


PLACES: Mapping[str, Callable[[report.Report], str]] = {
    **{name: partial(_of, measure) for name, measure in MEASURES.items()},
    "beside leadgate": lambda measured: "\n".join(report.ratios(measured)).strip() or NOT_YET,
    "cores in use": lambda measured: walls.cores(measured) or NOT_YET,
    "on what": lambda measured: "\n".join(report.conditions(measured)),
    **{name: partial(scale.place, name) for name in scale.TABLES},
}
"""What stands in each place, by the name that the place has."""


def filled(document: str, measured: report.Report | None) -> str:
    """The document with each place as it should be. Raises KeyError for a place there is not."""

    def content(place: re.Match[str]) -> str:
        make = PLACES[place[2]]
        said = NOT_YET if measured is None else make(measured)
        return f"{place[1]}\n{said}\n\n{place[3]}"

    return _PLACE.sub(content, document)


def committed() -> report.Report | None:
    """The committed report; None where there is none yet."""
    return json.loads(COMMITTED.read_text()) if COMMITTED.exists() else None


def merged(reports: Sequence[report.Report]) -> report.Report:
    """One report: where two have the same measure, the later one's counts. Raises Unfit."""
    whole: dict[str, Any] = {}
    for one in reports:
        _check(one, whole)
        measures = {result["measure"] for result in one["results"]}
        kept = [result for result in whole.get("results", ()) if result["measure"] not in measures]
        whole = {
            "machine": one["machine"],
            "settings": one["settings"] | {"rounds": _rounds(one, whole)},
            "software": {**whole.get("software", {}), **one["software"]},
            "failed": one["failed"],
            "results": kept + one["results"],
        }
    order = list(MEASURES)
    whole["results"].sort(key=lambda result: order.index(result["measure"]))
    return whole


def _rounds(*reports: Mapping[str, Any]) -> int:
    """The most that any has."""
    return max(int(one["settings"]["rounds"]) for one in reports if one)


def _check(one: report.Report, whole: Mapping[str, Any]) -> None:
    if one["settings"]["quick"]:
        raise Unfit("a --quick run only tries the harness: its figures mean nothing")
    if wrong := [result["peer"] for result in one["results"] if result.get("differing_leads")]:
        raise Unfit(f"stage changes of {', '.join(dict.fromkeys(wrong))} were not what they must be")
    if not whole:
        return
    differing = [name for name in SAME if one["machine"][name] != whole["machine"][name]]
    kept = {result["measure"] for result in whole["results"]} - {
        result["measure"] for result in one["results"]
    }
    differing += [
        size.name
        for size in fields(Sizes)
        if one["settings"].get(size.name) != whole["settings"].get(size.name) and kept & measures_of(size)
    ]
    if differing:
        raise Unfit(
            f"measured otherwise than the report before it ({', '.join(differing)}): measure everything so, "
            f"and delete {COMMITTED.name} first"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish what is given, and fill the documents; 2 where a report can't be published."""
    parser = argparse.ArgumentParser(prog="python -m docs.performance", description=__doc__)
    parser.add_argument("reports", nargs="*", type=Path, help="reports of `make bench`, to be published")
    asked = parser.parse_args(arguments)
    measured = committed()
    if asked.reports:
        try:
            given = [json.loads(path.read_text()) for path in asked.reports]
            measured = merged([*([measured] if measured else []), *given])
        except (OSError, ValueError, Unfit) as error:
            sys.stderr.write(f"{error}\n")
            return 2
        COMMITTED.parent.mkdir(parents=True, exist_ok=True)
        COMMITTED.write_text(report.as_json(measured))
    for document in DOCUMENTS:
        document.write_text(filled(document.read_text(encoding="utf-8"), measured), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
