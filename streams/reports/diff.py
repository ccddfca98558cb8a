"""The report of `leadgate diff`."""

from collections import Counter
from collections.abc import Iterator

from schemas.funnel_diff import Change, FunnelDiff, LeadsDiff, PartedLead, Said
from schemas.moments import format_moment
from streams.reports.backtest import history_notes
from streams.reports.document import Document, Section, Table, counted
from streams.reports.stage_flow import stage_flow

_LEADS_SHOWN = 50


def document(diff: FunnelDiff) -> Document:
    """The report of a comparison."""
    old, new = diff.old, diff.new
    return Document(
        title=f"From {old.file} to {new.file}",
        notes=[f"Funnel {one.funnel}, hash {one.funnel_hash}: {one.file}" for one in (old, new)],
        sections=list(_sections(diff)),
    )


def _sections(diff: FunnelDiff) -> Iterator[Section]:
    if diff.changes:
        yield Section(
            "What changes in meaning",
            Table(("part", "name", "", "of it", "was", "is now"), (), [_change(one) for one in diff.changes]),
        )
    else:
        yield Section("What changes in meaning", notes=["Nothing: both files mean the same."])
    if diff.starts_empty:
        yield Section(
            "What starts empty",
            Table(
                ("what is asked of a lead", "what is known", "asked by"),
                (),
                [(one.what, one.known or "nothing", ", ".join(one.asked_by)) for one in diff.starts_empty],
            ),
            [
                "The old file did not have this kept, or not so much of it.",
                "Of the leads that there are when the new one comes into force, it is counted from then on.",
            ],
        )
    if diff.leads is not None:
        yield from _of_leads(diff.leads)


def _change(change: Change) -> tuple[str, ...]:
    return (
        change.part,
        change.name,
        change.change,
        change.aspect or "",
        change.old or "",
        change.new or "",
    )


def _of_leads(leads: LeadsDiff) -> Iterator[Section]:
    read = leads.old.history
    yield Section(
        f"Over {read.name}",
        Table(
            ("stage",),
            ("leads, old", "leads, new", "more"),
            [
                (stage, was, now, f"{now - was:+,}" if now != was else "")
                for stage, was, now in _stages(leads)
            ],
        ),
        history_notes(read),
        [
            stage_flow("Moves from stage to stage, as it was", leads.old),
            stage_flow("Moves from stage to stage, as it would have been", leads.new),
        ],
    )
    yield _elsewhere(leads.parted, leads.elsewhere)
    if leads.parted:
        yield _because(leads.parted)
        yield _parted(leads.parted)
    yield _at_once(leads)


def _stages(leads: LeadsDiff) -> Iterator[tuple[str, int, int]]:
    """Each stage, as the new file calls it, and how many leads are in it at the end, under both files."""
    was: Counter[str] = Counter()
    for stage in leads.old.stages:
        was[leads.renamed.get(stage.stage, stage.stage)] += stage.leads  # two may have become one
    now = {stage.stage: stage.leads for stage in leads.new.stages}
    for name in dict.fromkeys((*now, *was)):
        yield name, was[name], now.get(name, 0)


def _elsewhere(parted: list[PartedLead], elsewhere: int) -> Section:
    where = Counter((lead.old_stage, lead.new_stage) for lead in parted if lead.elsewhere)
    notes = [
        f"{counted(elsewhere, 'lead')} would be elsewhere.",
        f"Of {counted(len(parted), 'lead')} in all something else would have been said at some time."
        if parted
        else "Of no lead would anything else have been said.",
    ]
    rows = [(was or "(gone)", now or "(gone)", count) for (was, now), count in where.most_common()]
    table = Table(("was in", "would be in"), ("leads",), rows) if rows else None
    return Section("Leads that would be elsewhere", table, notes)


def _because(parted: list[PartedLead]) -> Section:
    first = Counter((_rule(lead.old_said), _rule(lead.new_said)) for lead in parted)
    rows = [
        (was, now if now != was else f"{now}, but at another time or place", count)
        for (was, now), count in first.most_common()
    ]
    return Section("What was said otherwise first", Table(("was said", "would be said"), ("leads",), rows))


def _parted(parted: list[PartedLead]) -> Section:
    first = sorted(parted, key=lambda lead: (not lead.elsewhere, lead.lead_id))[:_LEADS_SHOWN]
    more = len(parted) - len(first)
    return Section(
        "Lead by lead",
        Table(
            ("lead", "was in", "would be in", "was said first", "would be said first"),
            (),
            [
                (
                    lead.lead_id,
                    lead.old_stage or "(gone)",
                    lead.new_stage or "(gone)",
                    _words(lead.old_said),
                    _words(lead.new_said),
                )
                for lead in first
            ],
        ),
        [f"And {counted(more, 'more lead')}: --format json has all."] if more else [],
    )


def _at_once(leads: LeadsDiff) -> Section:
    rows = [(move.from_, move.to, move.rule, move.count) for move in leads.at_once]
    notes = [
        f"In force from {format_moment(leads.ends)} on, the new file would move these leads at once."
        if rows
        else f"In force from {format_moment(leads.ends)} on, the new file would move no lead at once."
    ]
    if leads.stranded:
        stranded = ", ".join(f"{stage} ({count:,})" for stage, count in leads.stranded.items())
        notes.append(
            f"It can't be put in force: leads are in stages that it lacks: {stranded}. Keep them, or say "
            "what they are called now (`renamed`)."
        )
    table = Table(("from", "to", "rule"), ("moves",), rows) if rows else None
    return Section("At the change itself", table, notes)


def _rule(said: Said | None) -> str:
    if said is None:
        return "nothing"
    return f"signal {said.signal}" if said.rule is None else said.rule


def _words(said: Said | None) -> str:
    if said is None:
        return "nothing"
    if said.rule is None:
        return f"{said.at} signal {said.signal} in {said.to}"
    return f"{said.at} {said.rule}: {said.from_ or '(new)'} → {said.to}"
