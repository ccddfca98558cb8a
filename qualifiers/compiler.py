"""Compile once, evaluate many: from a valid funnel file to a funnel that decides."""

from qualifiers.builder import Builder
from qualifiers.decisions import Decider
from qualifiers.engine import Funnel
from qualifiers.meaning import funnel_hash
from qualifiers.personal import Personal
from qualifiers.plans import Stage
from qualifiers.transitions import CREATED, MANUAL, MERGED, directions, ranks, resolve
from schemas.funnel_file import FunnelFile


def compile_funnel(file: FunnelFile, known_as: str | None = None, personal: Personal | None = None) -> Funnel:
    """The funnel that a file describes; it decides under its hash, or under the one it is ``known_as``.

    What is ``personal`` it decides by, and does not say.
    Names must be known to exist (the loader sees to that, with lines and columns);
    raises KeyError or ValueError where they do not.
    """
    builder = Builder(file, personal)
    rules, signals = builder.rules(file), builder.signals(file)
    scores = tuple(builder.scores.values())
    counters = tuple(builder.counters.values())
    types = frozenset(
        {kind for counter in counters for kind in counter.types or ()}
        | {kind for score in scores for line in score.on_lines for kind in line.types}
    )
    stages = {
        stage: Stage(stage, own, signals[stage], counters, scores, types, stage in builder.visited)
        for stage, own in rules.items()
    }
    return Funnel(
        decider=Decider(file.funnel, known_as or funnel_hash(file), directions(file), scores),
        stages=stages,
        ranks=ranks(file),
        scores=scores,
        counters=counters,
        slots=builder.slots,
        named_traits=frozenset(builder.traits),
        activity_types=types,
        rules=(CREATED, MANUAL, MERGED, *(rule.name for rule in resolve(file))),
        signals=tuple(signal.name for signal in file.signals),
        renamed=file.renamed,
        names=builder.names,
        personal=personal,
    )
