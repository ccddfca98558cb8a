"""What changes in meaning from one funnel file to another, part by part.

A file is taken apart into *parts* (its stages, its rules, the points lines of a score …), each of
which has things by name, each with *aspects*. What means the same is not told, however it is written.
"""

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from qualifiers.meaning import canonical
from qualifiers.renaming import in_words_of
from qualifiers.transitions import resolve
from qualifiers.wording import line_words, named
from qualifiers.words import joined, length
from schemas.conditions import Condition
from schemas.durations import Duration
from schemas.funnel_diff import Change
from schemas.funnel_file import Calendar, FunnelFile, IfLine, OnLine


class Aspect(NamedTuple):
    """What of a thing can change: its meaning, in which equal is equal; and how it is said."""

    meaning: bytes
    words: str


Things = Mapping[str, Mapping[str, Aspect]]
"""By name; of each its aspects, by theirs."""


class Part(NamedTuple):
    """A kind of things in a file. ``in_order``: their order has a meaning."""

    in_order: bool
    things: Callable[[FunnelFile], Things]


def changes(old: FunnelFile, new: FunnelFile) -> list[Change]:
    """What the new file means otherwise; empty where both mean the same.

    Stages that the new file has `renamed` are the same ones, and so are the rules that are
    called by them.
    """
    old = in_words_of(new, old)
    found: list[Change] = []
    for name, part in _parts(old, new).items():
        found += _changes(name, part.in_order, part.things(old), part.things(new))
    return found


def _changes(part: str, in_order: bool, old: Things, new: Things) -> Iterator[Change]:
    for name in old:
        if name not in new:
            yield Change(part=part, name=name, change="removed", aspect=None, old=_whole(old[name]), new=None)
    moved = _moved(list(old), list(new)) if in_order else ()
    for name, aspects in new.items():
        if name not in old:
            said = _whole(aspects) or (_place(name, list(new)) if in_order else None)
            yield Change(part=part, name=name, change="added", aspect=None, old=None, new=said)
            continue
        for aspect in dict.fromkeys((*old[name], *aspects)):
            before, after = old[name].get(aspect), aspects.get(aspect)
            if (before and before.meaning) != (after and after.meaning):
                yield _changed(part, name, aspect, before, after)
        if name in moved:
            was, is_now = _place(name, list(old)), _place(name, list(new))
            yield Change(part=part, name=name, change="moved", aspect="order", old=was, new=is_now)


def _changed(part: str, name: str, aspect: str, before: Aspect | None, after: Aspect | None) -> Change:
    old, new = (None if one is None else one.words for one in (before, after))
    if old == new and before is not None and after is not None:
        # Words leave out what hardly ever matters, as whether 7 is a number or text.
        old, new = before.meaning.decode(), after.meaning.decode()
    return Change(part=part, name=name, change="changed", aspect=aspect, old=old, new=new)


def _whole(aspects: Mapping[str, Aspect]) -> str | None:
    """A thing in words, all its aspects."""
    return "; ".join(f"{name} {aspect.words}" for name, aspect in aspects.items()) or None


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """What has changed places among those that are in both."""
    before, after = [name for name in old if name in new], [name for name in new if name in old]
    stayed = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return set(after) - {name for block in stayed for name in after[block.b : block.b + block.size]}


def _place(name: str, order: Sequence[str]) -> str:
    index = order.index(name)
    return f"after {order[index - 1]}" if index else "first"


# The parts of a file -----------------------------------------------------------------


def _parts(*files: FunnelFile) -> dict[str, Part]:
    """All parts, by what they are called, in the order of a file."""
    scores = dict.fromkeys(name for file in files for name in file.scores)
    return {
        "funnel": Part(False, lambda file: {"funnel": {"name": _plain(file.funnel)}}),
        "stage": Part(True, lambda file: {stage: {} for stage in file.stages}),
        "off path": Part(False, lambda file: {stage: {} for stage in file.off_path}),
        "final": Part(False, lambda file: {stage: {} for stage in file.final}),
        "renamed": Part(
            False, lambda file: {name: {"now": _plain(now)} for name, now in file.renamed.items()}
        ),
        "define": Part(
            False, lambda file: {name: {"is": _condition(when)} for name, when in file.define.items()}
        ),
        "score": Part(False, _scores),
        **{f"points of {score}": Part(True, _points_of(score)) for score in scores},
        "hold": Part(False, _hold),
        "rule": Part(True, _rules),
        "signal": Part(True, _signals),
        "calendar": Part(False, lambda file: {"calendar": _calendar(file.calendar)} if file.calendar else {}),
    }


def _scores(file: FunnelFile) -> Things:
    return {
        name: _given(
            half_life=_duration(score.half_life),
            limits=None if score.limits is None else Aspect(canonical(score.limits), _limits(*score.limits)),
        )
        for name, score in file.scores.items()
    }


def _limits(least: float, most: float) -> str:
    return f"{least} to {most}"


def _points_of(score: str) -> Callable[[FunnelFile], Things]:
    def things(file: FunnelFile) -> Things:
        lines: dict[str, Mapping[str, Aspect]] = {}
        again: Counts[str] = Counts()
        for line in file.scores[score].points if score in file.scores else ():
            name = _line_name(line)
            again[name] += 1
            number = f" ({again[name]})" if again[name] > 1 else ""
            lines[name + number] = {"gives": Aspect(canonical(line), line_words(line))}
        return lines

    return things


def _line_name(line: OnLine | IfLine) -> str:
    """What a points line is for, so that it is the same one when its points change."""
    if isinstance(line, OnLine):
        line = line.model_copy(update={"on": sorted(set(line.on))})
    return line_words(line).rpartition(": ")[0]


def _hold(file: FunnelFile) -> Things:
    return {} if file.hold is None else {"hold": {"when": _condition(file.hold.when)}}


def _rules(file: FunnelFile) -> Things:
    return {
        rule.name: _given(
            **{
                "from": Aspect(canonical(sorted(rule.sources)), joined(rule.sources, "or")),
                "to": _plain(rule.to),
                "when": _condition(rule.when),
                "again_after": _duration(rule.again_after),
                "resets": Aspect(canonical(rule.resets), joined(rule.resets)) if rule.resets else None,
            }
        )
        for rule in resolve(file)
    }


def _signals(file: FunnelFile) -> Things:
    return {
        signal.name: {
            "in": Aspect(canonical(sorted(set(signal.in_))), joined(dict.fromkeys(signal.in_), "or")),
            "when": _condition(signal.when),
        }
        for signal in file.signals
    }


def _calendar(calendar: Calendar) -> Mapping[str, Aspect]:
    holidays = sorted(set(calendar.holidays))
    return _given(
        zone=_plain(calendar.zone),
        hours=Aspect(canonical(calendar.hours), ", ".join(_hours(calendar.hours))),
        holidays=Aspect(canonical(holidays), ", ".join(map(str, holidays))) if holidays else None,
    )


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60


def _hours(week: Iterable[tuple[int, int]]) -> Iterator[str]:
    """Open hours as a file writes them."""
    for opens, closes in week:
        day, minute = divmod(opens, _DAY_MINUTES)
        last, until = divmod(closes - 1, _DAY_MINUTES)
        days = _DAYS[day] if day == last else f"{_DAYS[day]}-{_DAYS[last]}"
        yield f"{days} {_clock(minute)}-{_clock(until + 1)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


# Aspects -----------------------------------------------------------------------------


def _given(**aspects: Aspect | None) -> Mapping[str, Aspect]:
    """Those that a thing has."""
    return {name.replace("_", " "): aspect for name, aspect in aspects.items() if aspect is not None}


def _plain(text: str) -> Aspect:
    return Aspect(canonical(text), text)


def _duration(duration: Duration | None) -> Aspect | None:
    return None if duration is None else Aspect(canonical(duration), length(duration))


def _condition(condition: Condition) -> Aspect:
    return Aspect(canonical(condition), named([condition]))
