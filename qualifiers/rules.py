"""The rules of a stage, compiled: transitions, and signals."""

from collections.abc import Iterator

from qualifiers.conditions import Condition, Verdict, Watch
from qualifiers.scores import Score
from qualifiers.spans import Span
from schemas.lead import Lead
from schemas.moments import NEVER


class Rule:
    """A transition, compiled, as it leads out of one stage."""

    __slots__ = ("again_after", "fired", "hold", "name", "resets", "timed", "to", "when", "words")

    def __init__(
        self,
        name: str,
        to: str,
        when: Condition,
        again_after: Span | None,
        fired: str,
        resets: tuple[Score, ...],
        hold: Condition | None,
        words: str,
    ) -> None:
        self.name = name
        self.to = to
        self.when = when
        self.again_after = again_after
        """It does not fire again sooner."""
        self.fired = fired
        """The slot of when it last fired, which is kept where that is asked."""
        self.resets = resets
        self.hold = hold
        """While it is true, the rule waits."""
        self.timed = when.timed or again_after is not None or (hold is not None and hold.timed)
        """Whether time alone can make it fire."""
        self.words = words
        """What it asks."""

    def watches(self) -> Iterator[Watch]:
        """What an activity can do that might make it fire."""
        yield from self.when.watches(True)
        if self.hold is not None:
            yield from self.hold.watches(False)

    def asks(self) -> Iterator[Watch]:
        """All that may turn its conditions, either way."""
        for condition in (self.when, self.hold):
            if condition is not None:
                yield from condition.watches(True)
                yield from condition.watches(False)

    def ready(self, lead: Lead, now: int) -> Verdict:
        """Whether it can fire at ``now``, and a moment up to which time alone leaves that so."""
        verdict = self.when.at(lead, now)
        if verdict[0] and (self.again_after is not None or self.hold is not None):
            return self._unless_held_back(lead, now, verdict)
        return verdict

    def _unless_held_back(self, lead: Lead, now: int, verdict: Verdict) -> Verdict:
        if self.again_after is not None:
            fired: int | None = lead.kept.get(self.fired)
            if fired is not None and now < (again := self.again_after.after(fired)):
                return False, min(verdict[1], again)
        if self.hold is not None:
            held, until = self.hold.at(lead, now)
            return not held, min(verdict[1], until)
        return verdict


class SignalRule:
    """A signal, compiled.

    In its slot lies, in a stay, how often it has been given, and the moment at which it was
    found false again since (NEVER while it is true).
    """

    __slots__ = ("hold", "key", "name", "timed", "when")

    def __init__(self, name: str, when: Condition, key: str, hold: Condition | None) -> None:
        self.name = name
        self.when = when
        self.key = key
        self.hold = hold
        """While it is true, the signal waits."""
        self.timed = when.timed or (hold is not None and hold.timed)
        """Whether time alone can turn it, either way."""

    def watches(self) -> Iterator[Watch]:
        """What an activity can do that might turn it: also to false, as it is given when it turns true."""
        yield from self.when.watches(True)
        yield from self.when.watches(False)
        if self.hold is not None:
            yield from self.hold.watches(False)

    def asks(self) -> Iterator[Watch]:
        """All that may turn its conditions, either way."""
        yield from self.watches()
        if self.hold is not None:
            yield from self.hold.watches(True)

    def ready(self, lead: Lead, now: int) -> Verdict:
        """Whether it is true and not kept from being said, and until when time alone leaves that so."""
        verdict = self.when.at(lead, now)
        given = lead.kept.get(self.key)
        was_given = given is not None and given[1] == NEVER
        if verdict[0] and self.hold is not None and not was_given:
            held, until = self.hold.at(lead, now)
            return not held, min(verdict[1], until)
        return verdict


class Looks:
    """What of a stage is to be looked at."""

    __slots__ = ("rules", "signals")

    def __init__(self, rules: tuple[Rule, ...], signals: tuple[SignalRule, ...]) -> None:
        self.rules = rules
        self.signals = signals
