"""What comes out of a partition's part of a pass: records to be sent, and what the metrics are told."""

from collections import Counter

from qualifiers import Funnel
from schemas.dead_letter import Unreadable
from schemas.decision import Decision, StageChange, encode_decision, moves
from schemas.lead import Lead
from streams.engine.changelog import META_KEY, SUPPRESSED, Meta, encode_meta, lead_key, reign_key
from streams.engine.chunk import Record
from streams.engine.envelopes import dead_letter_headers, event_headers
from streams.engine.passes import Names, Pass, Touched
from streams.engine.transaction import Outgoing


class Output:
    """Gathers it, of one partition."""

    def __init__(self, names: Names, made: Pass, touched: Touched, funnel: Funnel) -> None:
        self.outgoing: list[Outgoing] = []
        self._names = names
        self._made = made
        self._touched = touched
        self._funnel = funnel
        self._ended: list[tuple[str, str]] = []
        """Outcome and type of each activity that the funnel has seen."""

    def decided(self, key: bytes, lead: Lead, decisions: list[Decision], stamp: int) -> None:
        """Say what was decided about a lead, which has moved; ``stamp`` (ms) is when that became possible."""
        names, made = self._names, self._made
        has_left_a_stage = False
        for decision in decisions:
            topic = names.signals
            if isinstance(decision, StageChange):
                topic = names.stage_changes
                self._touched.moved.append((decision.from_, decision.to))
                has_left_a_stage = has_left_a_stage or decision.from_ is not None
            self.outgoing.append(
                Outgoing(topic, None, key, encode_decision(decision), event_headers(decision))
            )
            made.decisions.append(decision)
            made.decided_stamps.append(stamp)
        if has_left_a_stage:
            for judged in self._funnel.outcomes.judged(lead.history, moves(decisions)):
                made.judged[judged] += 1

    def ended(self, outcome: str, activity_type: str) -> None:
        """An activity has come to its end here."""
        self._ended.append((outcome, activity_type))

    def passed_by(self, outcome: str, sent: Outgoing | None = None) -> None:
        """A record has come to its end without the funnel; ``sent`` is what goes on in its place."""
        self._made.outcomes[outcome] += 1
        if sent is not None:
            self.outgoing.append(sent)

    def dead_letter(self, record: Record, unreadable: Unreadable, value: bytes | None = None) -> None:
        """Put a record aside as it came; or, of an internal one, the ``value`` that it is about."""
        headers = [*(record.headers() or []), *dead_letter_headers(record, unreadable)]
        if value is None:
            value = record.value()
        self.outgoing.append(Outgoing(self._names.dead_letters, None, record.key(), value, headers))
        self._made.outcomes["dead_letter"] += 1
        self._made.dead[unreadable.reason] += 1

    def finish(self, meta: Meta) -> None:
        """Add the changelog's records, and tell the pass what has become of the activities."""
        touched, made, changelog = self._touched, self._made, self._names.changelog
        number, outgoing = touched.partition.number, self.outgoing
        for key, state in touched.states.items():
            outgoing.append(Outgoing(changelog, number, lead_key(key), state))
        for name in touched.suppressed:
            outgoing.append(Outgoing(changelog, number, name, SUPPRESSED))
        encoded = encode_meta(meta)
        if touched.partition.version_told != meta.version:
            # Compaction leaves it, when the partition is under another version.
            outgoing.append(Outgoing(changelog, number, reign_key(meta.version), encoded))
        outgoing.append(Outgoing(changelog, number, META_KEY, encoded))
        made.touched.append(touched)
        made.outcomes.update([outcome for outcome, _ in self._ended])
        for kind, count in Counter([kind for _, kind in self._ended]).items():
            made.types[kind if kind in self._funnel.activity_types else "other"] += count
