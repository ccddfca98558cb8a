"""One lead's life: its persona's steps and sales' answers, as activities in the order of time."""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from schemas.activity import Activity
from schemas.moments import HOUR
from streams.simulation.people import Person, pick
from streams.simulation.personas import DAYS, Persona, Step
from streams.simulation.rhythm import OFFICE, PEOPLE, fitting

_PAGES = {
    "any": {"/": 8, "/product": 6, "/blog/lead-scoring": 5, "/cases/nordic": 3, "/insights/funnel": 3},
    "pricing": {"/pricing": 6, "/pricing/teams": 3, "/pricing/enterprise": 1},
}
_MESSAGES = {
    "What does the implementation cost?": 3,
    "Could you send me pricing for 40 seats?": 3,
    "We would like more information.": 4,
    "How do you handle data in the EU?": 2,
}
_TOPICS = {"pricing": 3, "implementation": 2, "information": 4, "partnership": 1}
_REJECTIONS = {"no budget": 4, "no authority": 3, "no need": 3, "bad timing": 4}

_SALES_HOURS = 9.0
"""Mean hours until sales does the next thing."""


class _Deed(NamedTuple):
    type: str
    after: float
    week: tuple[float, ...]
    traits: dict[str, Any] = {}
    pages: str = "any"


def life(person: Person, persona: Persona, start: int, rng: Random, *, rhythm: bool) -> Iterator[Activity]:
    """What the person does from ``start`` (ms) on, and what sales does with it.

    With ``rhythm``, people and sales keep to the hours of their week.
    """
    moment = start
    for number, deed in enumerate(_Journey(person, persona, rng).deeds(), 1):
        if number > 1:
            moment += 1 + int(rng.expovariate(1 / deed.after) * HOUR)
        if rhythm:
            moment = fitting(moment, deed.week, rng)
        yield Activity(
            f"{person.lead_id}-{number}",
            person.lead_id,
            deed.type,
            moment,
            _properties(deed, person, rng),
            deed.traits,
            person.source,
        )


class _Journey:
    """What one person does, in order, and how sales answers."""

    def __init__(self, person: Person, persona: Persona, rng: Random) -> None:
        self._person = person
        self._persona = persona
        self._rng = rng
        self._accepted: bool | None = None  # None: sales has not answered

    def deeds(self) -> Iterator[_Deed]:
        yield from self._walk(self._persona.life)
        if self._accepted:
            sales, end = self._persona.sales, self._rng.random()
            if end < sales.wins:
                yield _Deed("deal_won", 7 * DAYS, OFFICE)
            elif end < sales.wins + sales.loses:
                yield _Deed("deal_lost", 14 * DAYS, OFFICE)

    def _walk(self, steps: tuple[Step, ...]) -> Iterator[_Deed]:
        rng = self._rng
        for step in steps:
            if (step.with_sales and not self._accepted) or rng.random() >= step.chance:
                continue
            for _ in range(rng.randint(*step.times)):
                traits: dict[str, Any] = {}
                for what in step.tells:
                    traits |= self._person.tells(what, rng)
                yield _Deed(step.type, step.after, OFFICE if step.with_sales else PEOPLE, traits, step.pages)
            if step.asks and self._accepted is None:
                yield from self._answer()
            yield from self._walk(step.then)

    def _answer(self) -> Iterator[_Deed]:
        """Sales accepts and follows up, rejects, or (saying nothing) lets the lead wait."""
        sales, rng = self._persona.sales, self._rng
        answer = rng.random()
        if answer < sales.accepts:
            self._accepted = True
            yield _Deed("sales_accepted", _SALES_HOURS, OFFICE)
            yield _Deed("sales_contacted", _SALES_HOURS, OFFICE)
            for _ in range(rng.randint(0, 3)):
                yield _Deed("sales_conversation_held", 3 * DAYS, OFFICE)
        elif answer < sales.accepts + sales.rejects:
            self._accepted = False
            yield _Deed("sales_rejected", _SALES_HOURS, OFFICE)


def _properties(deed: _Deed, person: Person, rng: Random) -> dict[str, Any]:
    match deed.type:
        case "page_viewed":
            return {"path": pick(_PAGES[deed.pages], rng)}
        case "contact_form_submitted":
            return {"message": pick(_MESSAGES, rng), "topic": pick(_TOPICS, rng)}
        case "sales_rejected" | "deal_lost":
            return {"reason": pick(_REJECTIONS, rng)}
        case "deal_won":
            return {"amount": round(person.company.employees * rng.uniform(20, 120) + 900, -2)}
    return {}
