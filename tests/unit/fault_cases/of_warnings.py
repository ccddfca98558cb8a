"""Warnings: what is well written and works, and can hardly be meant; and what is near to it and is meant."""

from tests.unit.fault_cases import (
    warnings_of_claims,
    warnings_of_points,
    warnings_of_rules,
    warnings_of_words,
)

_ALL = (warnings_of_words, warnings_of_points, warnings_of_claims, warnings_of_rules)
CASES = [case for about in _ALL for case in about.CASES]
MEANT = {meant: text for about in _ALL for meant, text in about.MEANT.items()}
"""Files without a warning, each next to one that has it."""
