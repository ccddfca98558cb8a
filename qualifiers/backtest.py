"""A funnel over history, in numbers: decisions are counted as they are made.

A lead's own decisions must come in their order; those of different leads may come in any.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import ceil

from qualifiers.meaning import funnel_hash
from qualifiers.outcomes import Journeys, Outcomes, RuleOutcome
from qualifiers.transitions import ranks, resolve
from schemas.backtest_report import (
    BacktestReport,
    Conversion,
    History,
    MoveFigures,
    Quality,
    RuleFigures,
    SignalFigures,
    StageFigures,
)
from schemas.decision import Decision, StageChange
from schemas.funnel_file import FunnelFile
from schemas.lead import Lead


class Tally:
    """What was decided, counted."""

    def __init__(self, file: FunnelFile) -> None:
        self._file = file
        self._moves: Counter[tuple[str | None, str, str]] = Counter()
        self._signals: Counter[str] = Counter()
        self._stays: defaultdict[str, list[float]] = defaultdict(list)
        """By stage: how long (s) each stay was that ended."""
        self._along = {stage: index for index, stage in enumerate(file.stages)}
        self._furthest: dict[str, int] = {}
        """By lead: how far along the path it has come."""
        self._journeys = Journeys(Outcomes(ranks(file)))
        self._judged: Counter[tuple[str, RuleOutcome]] = Counter()

    def take(self, decisions: Iterable[Decision]) -> None:
        """Count decisions."""
        changes: list[StageChange] = []
        for decision in decisions:
            if isinstance(decision, StageChange):
                changes.append(decision)
                self._moves[decision.from_, decision.to, decision.rule] += 1
                if decision.from_ is not None and decision.previous_stage_seconds is not None:
                    self._stays[decision.from_].append(decision.previous_stage_seconds)
                along = self._along.get(decision.to, -1)
                if along > self._furthest.get(decision.lead_id, -1):
                    self._furthest[decision.lead_id] = along
            else:
                self._signals[decision.signal] += 1
        if changes:
            self._judged.update(self._journeys.judged(changes))

    def report(
        self, history: History, leads: Mapping[str, Lead], merged: Mapping[str, str]
    ) -> BacktestReport:
        """What has been counted, with the leads as they are at the end.

        ``merged`` are the leads that are part of another, and of which: they count as that one.
        """
        here = Counter(lead.stage for lead in leads.values())
        entered: Counter[str] = Counter()
        for (_, to, _), count in self._moves.items():
            entered[to] += count
        return BacktestReport(
            funnel=self._file.funnel,
            funnel_hash=funnel_hash(self._file),
            history=history,
            stages=[
                self._stage(stage, entered[stage], here[stage])
                for stage in (*self._file.stages, *self._file.off_path)
            ],
            conversions=self._conversions(merged),
            moves=[
                MoveFigures(
                    from_=from_,
                    to=to,
                    rule=rule,
                    count=count,
                    share=None if from_ is None else count / entered[from_],
                )
                for (from_, to, rule), count in sorted(self._moves.items(), key=self._in_file_order)
            ],
            rules=self._rules(),
            signals=[
                SignalFigures(signal=signal.name, given=self._signals[signal.name])
                for signal in self._file.signals
            ],
        )

    def _stage(self, stage: str, entered: int, leads: int) -> StageFigures:
        stays = sorted(self._stays[stage])
        return StageFigures(
            stage=stage,
            on_path=stage in self._along,
            final=stage in self._file.final,
            entered=entered,
            left=len(stays),
            leads=leads,
            median_seconds=_quantile(stays, 0.5),
            p90_seconds=_quantile(stays, 0.9),
        )

    def _conversions(self, merged: Mapping[str, str]) -> list[Conversion]:
        furthest = dict(self._furthest)
        for lead_id in self._furthest.keys() & merged.keys():
            survivor = _whole(lead_id, merged)
            furthest[survivor] = max(furthest.pop(lead_id), furthest.get(survivor, 0))
        ended = Counter(furthest.values())
        reached = [
            sum(count for along, count in ended.items() if along >= index)
            for index in range(len(self._file.stages))
        ]
        return [
            Conversion(
                from_=start,
                to=to,
                reached=reached[index],
                went_on=reached[index + 1],
                share=reached[index + 1] / reached[index] if reached[index] else None,
            )
            for index, (start, to) in enumerate(pairwise(self._file.stages))
        ]

    def _rules(self) -> list[RuleFigures]:
        fired: Counter[str] = Counter()
        for (_, _, rule), count in self._moves.items():
            fired[rule] += count
        quality: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for (rule, outcome), count in self._judged.items():
            quality[rule][outcome] = count
        return [
            RuleFigures(
                rule=rule.name, to=rule.to, fired=fired[rule.name], quality=Quality(**quality[rule.name])
            )
            for rule in resolve(self._file)
        ]

    def _in_file_order(self, move: tuple[tuple[str | None, str, str], int]) -> tuple[int, int, str]:
        (start, to, rule), _ = move
        order = [None, *self._file.stages, *self._file.off_path]
        return order.index(start), order.index(to), rule


def _whole(lead_id: str, merged: Mapping[str, str]) -> str:
    """The lead that this one is part of. Ids that came again after an erasure may go in a circle."""
    been = {lead_id}
    while (into := merged.get(lead_id, lead_id)) not in been:
        been.add(into)
        lead_id = into
    return lead_id


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The least of the numbers that so large a share of them do not exceed; None where there are none."""
    return ordered[ceil(share * len(ordered)) - 1] if ordered else None
