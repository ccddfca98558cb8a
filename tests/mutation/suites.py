"""Which tests see a module of the rules, the quickest first: a mutant is run against these."""

_UNIT = "tests/unit/test_{}.py"
_EVERY = ("tests/acceptance/test_models.py", "tests/properties/test_engine_is_brute_force.py")
"""The examples of the three presets, and the engine beside the brute force, whatever the module."""

SUITES: dict[str, tuple[str, ...]] = {
    "calendars": ("business_hours", "spans"),
    "cascades": ("transitions", "held_back", "manual_moves", "signals", "conditions"),
    "comparing": ("operators", "conditions"),
    "conditions": ("conditions", "transitions", "signals"),
    "counters": ("conditions", "changed_funnel", "sums"),
    "decisions": ("reasons", "decision", "signals", "transitions", "changed_funnel"),
    "engine": (
        "transitions",
        "changed_funnel",
        "manual_moves",
        "merging",
        "lead",
        "held_back",
        "signals",
        "meaning",
    ),
    "feeds": ("conditions", "scores", "transitions", "sums", "sequences"),
    "merging": ("merging", "merging_unites"),
    "points": ("scores", "explaining_scores", "changed_funnel", "merging", "merging_unites"),
    "scores": ("scores", "changed_funnel", "merging", "merging_unites"),
    "sequences": ("sequences", "explaining_conditions", "changed_funnel", "merging_unites"),
    "spans": ("spans", "business_hours"),
    "sums": ("sums", "changed_funnel", "merging_unites"),
    "traits": ("traits", "operators", "paths"),
    "transitions": ("transitions", "held_back", "manual_moves", "linter"),
}
"""Module of `qualifiers` → the unit tests that are about it."""

VALUES = ("tests/properties/test_values_are_brute_force.py", "tests/properties/test_spans_are_brute_force.py")
_MORE = {"comparing": VALUES[:1], "calendars": VALUES[1:], "spans": VALUES[1:]}


def suite_of(module: str) -> list[str]:
    """The files of a module's tests, as they are run: its own first, then all that see the rules."""
    own = [_UNIT.format(name) for name in SUITES[module]]
    all_units = [_UNIT.format(name) for names in SUITES.values() for name in names]
    return list(dict.fromkeys([*own, *all_units, *_MORE.get(module, ()), *_EVERY]))
