"""The tables of the documents that are the code's own: `make docs` writes them where they stand.

In a document, `<!-- table: operators -->` begins such a place and `<!-- /table -->` ends it;
TABLES says what stands there. A test fails where a place is out of date.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from qualifiers.case_fault_codes import CASE_FAULTS
from qualifiers.fault_codes import FAULTS, Meaning
from qualifiers.loader_names import MAX_EXPANDED
from qualifiers.loader_values import MAX_CONTRIBUTIONS
from qualifiers.loader_yaml import MAX_BYTES, MAX_DEPTH, MAX_EXACT, MAX_NODES
from qualifiers.merging import KEPT_ABSORBED
from qualifiers.operators import OPERATORS
from qualifiers.outcomes import OUTCOMES
from qualifiers.points import TOO_LATE
from qualifiers.sequences import KEPT_ACTIVITIES
from qualifiers.sums import KEPT_VALUES
from qualifiers.traits import OTHER_TRAIT_CHARACTERS, OTHER_TRAITS
from qualifiers.warning_codes import WARNINGS
from qualifiers.words import length
from schemas import case_schema
from schemas.conditions import CONDITIONS
from schemas.decision import DIRECTIONS
from schemas.durations import LONGEST_DURATION, UNITS
from schemas.explanation import BLOCKS, ENDS
from schemas.funnel_schema import json_schema
from schemas.lead import KEPT_IDS
from schemas.verification import VERDICTS
from streams.acls import DOES, RIGHTS, Role
from streams.dead_letters.reasons import REASONS
from streams.metrics.catalogue import CATALOGUE, PREFIX, SUPERVISOR, Entry
from streams.settings import Settings
from tests.mutation import report

HERE = Path(__file__).parent
SCHEMA = json_schema()
MODELS: dict[str, Any] = {
    "FunnelFile": SCHEMA,
    **{
        name: each
        for name, each in SCHEMA["$defs"].items()
        if "properties" in each and "OnTraits" not in name
    },
}
"""The models of the funnel file, as JSON Schema shows them."""
CASE_SCHEMA = case_schema.json_schema()
CASE_MODELS: dict[str, Any] = {"CaseFile": CASE_SCHEMA, **CASE_SCHEMA["$defs"]}
"""Those of a file of cases."""

_PLACE = re.compile(r"(<!-- table: (.+?) -->\n).*?(<!-- /table -->)", re.DOTALL)


def filled(document: str) -> str:
    """The document with each table as it should be. Raises KeyError for a table there is not."""
    return _PLACE.sub(lambda place: f"{place[1]}\n{_markdown(TABLES[place[2]]())}\n{place[3]}", document)


def documents() -> list[Path]:
    """The documents that hold tables."""
    return sorted(path for path in HERE.glob("*.md") if _PLACE.search(path.read_text(encoding="utf-8")))


# The tables: a line of heads, then the lines --------------------------------------------------------

Rows = Iterable[tuple[str, ...]]


def _conditions() -> Rows:
    yield "form", "true when"
    for form, model in CONDITIONS.items():
        yield f"`{form}`", _said_after_name(model)


def _said_after_name(model: type[Any]) -> str:
    said = (model.__doc__ or "").partition(": ")[2]
    return said[:1].upper() + said[1:]


def _keys(model: str) -> Callable[[], Rows]:
    """The keys of a model of the funnel file, or of a file of cases."""

    def rows() -> Rows:
        yield "key", "when left out", "what it says"
        described = (MODELS | CASE_MODELS)[model]
        for key, about in described["properties"].items():
            needed = key in described.get("required", ())
            default = f"`{about['default']}`" if about.get("default") else ""
            yield f"`{key}`", "needed" if needed else default, about["description"]

    return rows


def _operators() -> Rows:
    yield "operator", "what it asks of the value"
    for name in OPERATORS:
        yield f"`{name}`", MODELS["Test"]["properties"][name]["description"]


def _units() -> Rows:
    yield "unit", "is"
    for unit, duration in UNITS.items():
        yield f"`{unit}`", length(duration)


def _directions() -> Rows:
    yield "direction", "the move"
    for direction, meaning in DIRECTIONS.items():
        yield f"`{direction}`", meaning


def _blocks() -> Rows:
    yield "by", "why"
    for by, why in BLOCKS.items():
        yield f"`{by}`", why


def _ends() -> Rows:
    yield "end", "what it says"
    for end, meaning in ENDS.items():
        yield f"`{end}`", meaning


def _faults(table: dict[str, Meaning]) -> Rows:
    yield "code", "what it means", "what to do"
    for code, meaning in table.items():
        yield f"`{code}`", meaning.means, meaning.do


def _warnings() -> Rows:
    yield "code", "what it means", "why it matters", "what to do"
    for code, meaning in WARNINGS.items():
        yield f"`{code}`", meaning.means, meaning.why, meaning.do


def _limits() -> Rows:
    top = SCHEMA["properties"]
    steps = MODELS["Sequence"]["properties"]["sequence"]
    yield "of", "at most"
    yield (
        "a file",
        f"{MAX_BYTES // 1024} KiB; {MAX_NODES:,} values, aliases written out; {MAX_DEPTH} levels deep",
    )
    yield "a named condition, all that it uses written out", f"{MAX_EXPANDED:,} conditions"
    yield "`stages`, `off_path`", f"{top['stages']['maxItems']} stages each"
    yield "`transitions`, `signals`", f"{top['transitions']['maxItems']:,} each"
    yield "`holidays` of a calendar", f"{MODELS['Calendar']['properties']['holidays']['maxItems']:,}"
    yield "a name", f"{top['funnel']['maxLength']} characters"
    yield "a duration", length(LONGEST_DURATION)
    yield "a whole number", f"{MAX_EXACT:,}, above zero or below"
    yield "`times` of `did`", str(MODELS["Did"]["properties"]["times"]["maximum"])
    yield "the steps of a `sequence`", f"{steps['maxItems']}, and at least {steps['minItems']}"
    yield "`at_most` of a points line", f"{MAX_CONTRIBUTIONS} times its `add`"
    yield "how late an activity may be and still give points", length(TOO_LATE)
    yield (
        "values that a `sum` with `within` keeps",
        f"{KEPT_VALUES}; the two oldest are then joined at the older time",
    )
    yield "activities that a step of a `sequence` keeps, for late ones", f"{KEPT_ACTIVITIES}, the newest"
    yield "activity ids that a lead knows again", f"{KEPT_IDS}, the last"
    yield "ids of leads that were merged into one", f"{KEPT_ABSORBED}, the last"
    yield "traits that no rule names", f"{OTHER_TRAITS}, each of {OTHER_TRAIT_CHARACTERS:,} characters"


def _reasons() -> Rows:
    yield "reason", "what is wrong", "what to do"
    for reason, meaning in REASONS.items():
        yield f"`{reason}`", meaning.means, meaning.do


def _outcomes() -> Rows:
    yield "outcome", "of a move that a rule has made"
    for outcome, meaning in OUTCOMES.items():
        yield f"`{outcome}`", meaning


def _verdicts() -> Rows:
    yield "verdict", "of a decision"
    for verdict, meaning in VERDICTS.items():
        yield f"`{verdict}`", meaning


def _roles() -> Rows:
    yield "role", "who has it"
    for role, does in DOES.items():
        yield f"`{role}`", does


def _rights(role: Role) -> Callable[[], Rows]:
    def rows() -> Rows:
        settings = Settings.model_construct(group="<group>")
        yield "on", "named", "operation", "for"
        for right in RIGHTS[role]:
            named = right.name(settings, "User:<principal>")
            pattern = f"begins with `{named}`" if right.prefix else f"`{named}`"
            under = f", under `{right.under}`" if right.under else ""
            yield right.resource, pattern, f"`{right.operation}`", right.because + under

    return rows


def _metrics() -> Rows:
    yield "metric", "kind", "labels", "of several workers", "what it tells"
    for entry in CATALOGUE:
        name, kind, labels, tells = _metric(entry)
        yield name, kind, labels, entry.merged, tells


def _metrics_of_a_supervisor() -> Rows:
    yield "metric", "kind", "labels", "what it tells"
    yield from map(_metric, SUPERVISOR)


def _metric(entry: Entry) -> tuple[str, str, str, str]:
    labels = ", ".join(f"`{label}`" for label in entry.labels)
    return f"`{PREFIX}{entry.name}`", entry.kind, labels, entry.help


TABLES: dict[str, Callable[[], Rows]] = {
    "conditions": _conditions,
    "operators": _operators,
    "units": _units,
    "directions": _directions,
    "blocks": _blocks,
    "ends of a forecast": _ends,
    "faults": lambda: _faults(FAULTS),
    "warnings": _warnings,
    "faults of cases": lambda: _faults(CASE_FAULTS),
    "limits": _limits,
    "reasons of a dead letter": _reasons,
    "outcomes of a rule": _outcomes,
    "verdicts": _verdicts,
    "roles": _roles,
    **{f"rights: {role}": _rights(role) for role in RIGHTS},
    "metrics": _metrics,
    "metrics of a supervisor": _metrics_of_a_supervisor,
    "mutants": lambda: report.table(report.committed()),
    **{f"keys of {model}": _keys(model) for model in MODELS | CASE_MODELS},
}
"""What stands in each place, by the name that the place has."""


def _markdown(rows: Rows) -> str:
    heads, *lines = rows
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, ("---",) * len(heads), *lines))


if __name__ == "__main__":
    for document in documents():
        text = document.read_text(encoding="utf-8")
        if filled(text) != text:
            document.write_text(filled(text), encoding="utf-8")
