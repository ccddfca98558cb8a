"""What was said about a partition's leads, held against what the input gives.

A decision's id is made of what it is about, so that what was said and what is recomputed find each
other by it; where an id itself was altered, by lead, number and signal.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import msgspec

from schemas.decision import Decision, Signal, encode_decision
from schemas.verification import Difference, Verdict, VerdictName
from streams.verification.said import Said

NOT_COMPARED = ("decided_at",)
"""When a worker said it depends on when that ran."""

_Name = tuple[str, int, str | None, int | None]
"""Lead, seq, and of a signal its name and n."""


class Comparison:
    """One partition.

    ``why_unknown`` is asked of a lead and a funnel's hash: why nothing can be proven there (None: it can).
    ``deleted`` are the topics whose beginning is gone, as whether it is that of signals: what is not there
    of a lead, before what is, may have been said.
    """

    def __init__(
        self, said: Iterable[Said], why_unknown: Callable[[str, str], str | None], deleted: Collection[bool]
    ) -> None:
        self._why_unknown = why_unknown
        self._deleted = deleted
        self._open: dict[str, Said] = {}
        self._unsaid: list[Decision] = []
        self._last: dict[tuple[str, bool], int] = {}
        """By lead, of its stage changes and of its signals: the order of the last that was found."""
        self._verdicts: list[Verdict] = []
        for one in said:
            first = self._open.setdefault(one.head.id, one)
            if first is not one:
                self._judge("repeated", one, f"it is said first at {first.where}")

    def recomputed(self, decision: Decision) -> None:
        """The next decision that the input gives."""
        if self._why_unknown(decision.lead_id, decision.funnel_hash) is not None:
            return
        said = self._open.pop(decision.id, None)
        if said is not None:
            self._compare(said, decision)
        elif _kind(decision)[1] not in self._deleted or _kind(decision) in self._last:
            self._unsaid.append(decision)

    def verdicts(self) -> Iterator[Verdict]:
        """What is found of each, once all has been recomputed."""
        by_name: dict[_Name, list[Said]] = defaultdict(list)
        for one in self._open.values():
            by_name[_name(one.head)].append(one)
        for decision in self._unsaid:
            altered = by_name.get(_name(decision))
            if altered:
                self._compare(altered.pop(0), decision)
            else:
                self._judge("missing", decision, _reason(decision))
        for one in (one for left in by_name.values() for one in left):
            unknown = self._why_unknown(one.head.lead_id, one.head.funnel_hash)
            if unknown is None:
                self._judge("unfounded", one, "nothing in the input gives it")
            else:
                self._judge("unprovable", one, unknown)
        yield from self._verdicts

    def _compare(self, said: Said, decision: Decision) -> None:
        found = differences(said, decision)
        kind = _kind(decision)
        before = self._last.get(kind, -1)
        self._last[kind] = max(before, said.order)
        if found:
            why = ", ".join(one.member for one in found)
            self._judge("differs", said, f"the input gives another {why}", found)
        elif said.order < before:
            self._judge("out_of_order", said, "what comes after it in the lead's life is said before it")
        else:
            self._judge("proven", said, _reason(decision))

    def _judge(
        self, verdict: VerdictName, about: Said | Decision, why: str, found: list[Difference] | None = None
    ) -> None:
        head = about.head if isinstance(about, Said) else about
        self._verdicts.append(
            Verdict(
                verdict=verdict,
                lead_id=head.lead_id,
                seq=head.seq,
                signal=getattr(head, "signal", None),
                n=getattr(head, "n", None),
                id=head.id,
                where=about.where if isinstance(about, Said) else None,
                why=why,
                differences=found or [],
            )
        )


def _kind(decision: Decision) -> tuple[str, bool]:
    """Whose decision it is, and whether a signal."""
    return decision.lead_id, isinstance(decision, Signal)


def differences(said: Said, decision: Decision) -> list[Difference]:
    """How what was said is another decision than this; empty where it is the same."""
    found = []
    if said.key is not None and said.key != decision.lead_id.encode():
        key = said.key.decode(errors="backslashreplace")
        found.append(Difference(member="the record's key", said=key, recomputed=decision.lead_id))
    same = msgspec.structs.replace(decision, decided_at=said.head.decided_at)
    encoded = encode_decision(same)
    if encoded != said.value:
        try:
            found += _members(json.loads(said.value), json.loads(encoded), "")
        except (ValueError, RecursionError):  # such as a number of 5,000 digits: none of ours has one
            text = said.value.decode(errors="backslashreplace")
            found.append(Difference(member="the record's value", said=text, recomputed=encoded.decode()))
    return found


def _members(said: dict[str, Any], recomputed: dict[str, Any], within: str) -> Iterator[Difference]:
    for name in dict.fromkeys((*recomputed, *said)):
        ours, theirs = said.get(name), recomputed.get(name)
        if name in NOT_COMPARED or (ours == theirs and (name in said) == (name in recomputed)):
            continue
        if isinstance(ours, dict) and isinstance(theirs, dict):
            yield from _members(ours, theirs, f"{within}{name}.")
        else:
            yield Difference(member=within + name, said=ours, recomputed=theirs)


def _name(one: Any) -> _Name:
    return one.lead_id, one.seq, getattr(one, "signal", None), getattr(one, "n", None)


def _reason(decision: Decision) -> str:
    what = (
        f"signal {decision.signal}" if isinstance(decision, Signal) else f"{decision.rule} to {decision.to}"
    )
    return f"{what} at {decision.occurred_at}"
