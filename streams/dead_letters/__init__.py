"""Dead letters, put right: found, shown, sent again exactly once, or marked as dealt with.

Nothing is ever deleted. What has become of a letter, a *mark* says, a record of its own behind it.
"""

from streams.dead_letters.filters import Filter, Selection
from streams.dead_letters.letter import Letter
from streams.dead_letters.marks import Mark
from streams.dead_letters.operator import Operator, Outcome, Overtaken
from streams.dead_letters.places import Place, Span
from streams.dead_letters.topic import DeadLetters, dead_letters

__all__ = [
    "DeadLetters",
    "Filter",
    "Letter",
    "Mark",
    "Operator",
    "Outcome",
    "Overtaken",
    "Place",
    "Selection",
    "Span",
    "dead_letters",
]
