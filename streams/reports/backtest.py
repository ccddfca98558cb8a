"""The report of `leadgate backtest`."""

from collections.abc import Iterator

from qualifiers.outcomes import OUTCOMES
from schemas.backtest_report import BacktestReport, History, StageFigures
from schemas.moments import format_moment
from streams.reports.document import Document, Section, Table, counted, lasting, share
from streams.reports.stage_flow import stage_flow


def document(report: BacktestReport) -> Document:
    """The report of a run."""
    return Document(
        title=f"Funnel {report.funnel} over {report.history.name}",
        notes=[*history_notes(report.history), f"The funnel's hash is {report.funnel_hash}."],
        sections=list(_sections(report)),
    )


def history_notes(history: History) -> list[str]:
    """What was read, in sentences."""
    span = ""
    if history.begins is not None and history.ends is not None:
        span = f", from {format_moment(history.begins)} to {format_moment(history.ends)}"
    activities = counted(history.activities, "activity", "activities")
    notes = [f"{counted(history.leads, 'lead')}, {activities}{span}."]
    if history.duplicates:
        were = "was" if history.duplicates == 1 else "were"
        notes.append(f"{history.duplicates:,} of these {were} there already, and changed nothing.")
    if history.broken:
        notes.append(f"{counted(history.broken, 'line')} could not be applied.")
    return notes


def _sections(report: BacktestReport) -> Iterator[Section]:
    yield Section(
        "Leads by stage",
        Table(
            ("stage", ""),
            ("entered", "left", "are there", "share", "median", "p90"),
            [
                (
                    stage.stage,
                    _kind(stage),
                    stage.entered,
                    stage.left,
                    stage.leads,
                    share(stage.leads / report.history.leads if report.history.leads else None),
                    lasting(stage.median_seconds),
                    lasting(stage.p90_seconds),
                )
                for stage in report.stages
            ],
        ),
        ["Median and p90 are of the time that those took who left: half of them, and nine in ten."],
    )
    yield Section(
        "Conversion",
        Table(
            ("from", "to"),
            ("came so far", "went on", "share"),
            [(one.from_, one.to, one.reached, one.went_on, share(one.share)) for one in report.conversions],
        ),
        ["Leads that ever came to a stage of the path, or further, and of these to the next, or further."],
    )
    yield Section(
        "Moves",
        Table(
            ("from", "to", "rule"),
            ("moves", "of the stays"),
            [
                (move.from_ or "(new)", move.to, move.rule, move.count, share(move.share))
                for move in report.moves
            ],
        ),
        flows=[stage_flow("Moves from stage to stage", report)],
    )
    yield _rules(report)
    if report.signals:
        silent = [signal.signal for signal in report.signals if not signal.given]
        yield Section(
            "Signals",
            Table(("signal",), ("given",), [(signal.signal, signal.given) for signal in report.signals]),
            _never("Never given", silent),
        )


def _rules(report: BacktestReport) -> Section:
    never = [rule.rule for rule in report.rules if not rule.fired]
    return Section(
        "Rules, and what became of the leads that they moved",
        Table(
            ("rule", "to"),
            ("fired", *OUTCOMES),
            [
                (rule.rule, rule.to, rule.fired, *(getattr(rule.quality, outcome) for outcome in OUTCOMES))
                for rule in report.rules
            ],
        ),
        [
            *_never("Never fired", never),
            *(f"{outcome}: {meaning}" for outcome, meaning in OUTCOMES.items()),
        ],
    )


def _never(what: str, names: list[str]) -> list[str]:
    return [f"{what}: {', '.join(names)}."] if names else []


def _kind(stage: StageFigures) -> str:
    return ", ".join(
        word for word, holds in (("off path", not stage.on_path), ("final", stage.final)) if holds
    )
