"""What a valid funnel file says that its author can hardly have meant.

Each warning follows from the rules of the language and the words of the file: nothing is
guessed from what leads do. Words are looked at in ``linter_words``, points in ``linter_points``, stages
and rules in ``linter_rules``, what can't be true at once in ``linter_claims``; and
``linter_suppressions`` reads the comments by which an author says that one is known.
"""

from qualifiers import linter_claims, linter_points, linter_rules, linter_words
from qualifiers.faults import Fault
from qualifiers.linter_suppressions import without_suppressed
from qualifiers.loader import read_funnel
from qualifiers.loader_tree import FunnelTree
from qualifiers.loader_yaml import decoded_text


def lint_funnel(text: bytes | str, name: str = "funnel.yaml") -> list[Fault]:
    """The warnings about a funnel file that no comment suppresses, by place; their codes are WARNINGS'.

    Raises FunnelFaults where it cannot be used at all.
    """
    file, tree = read_funnel(text, name)
    funnel = FunnelTree(tree, name)
    linter_words.check(funnel, tree)
    linter_points.check(funnel, file)
    linter_rules.check(funnel, file)
    linter_claims.check(funnel, file)
    return sorted(without_suppressed(set(funnel.faults), decoded_text(text, name), name))
