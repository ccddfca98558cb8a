"""The moves of leads as a flow: the path from left to right, what is beside it below."""

from collections import Counter

from schemas.backtest_report import BacktestReport, StageFigures
from streams.reports.document import Flow, Link, Node


def stage_flow(title: str, report: BacktestReport) -> Flow:
    """The moves of a run, from stage to stage; new leads are not drawn."""
    moves: Counter[tuple[str, str]] = Counter()
    for move in report.moves:
        if move.from_ is not None:
            moves[move.from_, move.to] += move.count
    path = [stage.stage for stage in report.stages if stage.on_path]
    return Flow(
        title,
        [
            Node(stage.stage, _column(stage, path, moves), stage.entered, aside=not stage.on_path)
            for stage in report.stages
        ],
        [Link(start, to, count) for (start, to), count in moves.items()],
    )


def _column(stage: StageFigures, path: list[str], moves: Counter[tuple[str, str]]) -> int:
    """Beside the path it is behind the last stage that leads there, so that what goes there goes on."""
    if stage.on_path:
        return path.index(stage.stage)
    leading = [index for index, start in enumerate(path) if moves[start, stage.stage]]
    return max(leading, default=len(path) - 2) + 1
