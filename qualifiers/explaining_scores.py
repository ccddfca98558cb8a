"""Scores, explained: what each is made of, line by line."""

from qualifiers.points import BoundedLine, IfLine, Number, OnLine, worth
from qualifiers.scores import Score, as_shown
from schemas.explanation import ExplainedLine, ExplainedScore
from schemas.lead import Lead
from schemas.moments import SECOND


def explain_score(score: Score, lead: Lead, at: int) -> ExplainedScore:
    """What a lead's score is made of at ``at`` (ms). Changes nothing."""
    done = worth(lead, score.key, at, score.half_life)
    accounted = sum(line.worth(lead, at) or 0 for line in score.on_lines)
    return ExplainedScore(
        score=score.name,
        value=score.shown(lead, at),
        done=as_shown(done),
        unaccounted=as_shown(done - accounted),
        known=as_shown(score.held(lead)),
        half_life_seconds=None if score.half_life is None else score.half_life / SECOND,
        limits=score.limits,
        lines=[_line(number, line, lead, at) for number, line in enumerate(score.lines, start=1)],
    )


def _line(number: int, line: OnLine | IfLine, lead: Lead, at: int) -> ExplainedLine:
    if isinstance(line, IfLine):
        holds = line.when.holds(lead, at)
        return ExplainedLine(
            line=number,
            words=line.words,
            holds=holds,
            worth=float(line.add) if holds else 0.0,
            at_most=None,
            room=None,
        )
    return ExplainedLine(
        line=number,
        words=line.words,
        holds=None,
        worth=_rounded(line.worth(lead, at)),
        at_most=line.at_most if isinstance(line, BoundedLine) else None,
        room=_rounded(line.room(lead, at)),
    )


def _rounded(points: Number | None) -> float | None:
    return None if points is None else as_shown(points)
