"""What kinds of leads there are and what each kind does: one table.

A life is read from the top. A step happens by chance, some time after the one
before it; what hangs on it (`then`) only if it has happened. A step that `asks`
wakes sales; one that is `with_sales` happens only with a lead that sales has accepted.
"""

from typing import NamedTuple

MINUTES, HOURS, DAYS = 1 / 60, 1.0, 24.0


class Step(NamedTuple):
    """Something that a lead may do: how likely, how long after what came before (mean), how often."""

    type: str
    chance: float = 1.0
    after: float = 1 * DAYS
    """In hours."""
    times: tuple[int, int] = (1, 1)
    tells: tuple[str, ...] = ()
    asks: bool = False
    with_sales: bool = False
    pages: str = "any"
    """Which pages are looked at, where pages are."""
    then: "tuple[Step, ...]" = ()


class Sales(NamedTuple):
    """What sales does with such a lead that asks: the chances of each answer, and of the end."""

    accepts: float
    rejects: float
    wins: float
    loses: float


class Persona(NamedTuple):
    """A kind of lead: its share of all, its life, and sales' answer to it."""

    share: int
    life: tuple[Step, ...]
    sales: Sales = Sales(accepts=0.2, rejects=0.4, wins=0.05, loses=0.5)
    in_committee: bool = False
    """Several of one company come, one after the other."""


_FORM = (
    Step("identified", after=1 * MINUTES, tells=("person",)),
    Step("grouped", 0.8, after=1 * MINUTES, tells=("company",)),
)
_LOOK = Step("page_viewed", after=4 * MINUTES, times=(1, 4))
_NEWSLETTER = Step(
    "newsletter_subscribed",
    0.7,
    after=2 * DAYS,
    then=(
        *_FORM,
        Step(
            "email_opened",
            0.8,
            after=5 * DAYS,
            times=(1, 8),
            then=(Step("email_clicked", 0.5, after=5 * MINUTES),),
        ),
        Step("unsubscribed", 0.07, after=10 * DAYS, then=(Step("identified", 0.5, tells=("withdrawal",)),)),
    ),
)
_EBOOK = Step("ebook_downloaded", 0.6, after=3 * DAYS, times=(1, 2), then=_FORM)
_WHITE_PAPER = Step("white_paper_downloaded", 0.4, after=4 * DAYS, then=_FORM)
_WEBINAR = Step(
    "webinar_registered", 0.5, after=6 * DAYS, then=(Step("webinar_attended", 0.6, after=5 * DAYS),)
)
_PRICING = Step("page_viewed", 0.8, after=2 * DAYS, times=(1, 3), pages="pricing")
_TRIAL = Step("trial_started", 0.6, after=1 * DAYS, asks=True, then=_FORM)
_DEMO = Step(
    "demo_requested",
    0.8,
    after=2 * DAYS,
    asks=True,
    tells=("need",),
    then=(*_FORM, Step("demo_completed", 0.85, after=4 * DAYS, with_sales=True, tells=("timeline",))),
)
_CONTACT = Step("contact_form_submitted", 0.5, after=1 * DAYS, asks=True, then=_FORM)
_DISCOVERY = (
    Step("meeting_agreed", 0.7, after=3 * DAYS, with_sales=True),
    Step("discovery_call_held", 0.7, after=3 * DAYS, with_sales=True, tells=("need",)),
    Step("challenges_shared", 0.7, after=1 * HOURS, with_sales=True),
)
_DEAL = (
    Step("pricing_requested", 0.6, after=2 * DAYS, asks=True, tells=("budget",)),
    Step("pricing_discussed", 0.8, after=3 * DAYS, with_sales=True, tells=("authority", "budget")),
    Step("proposal_requested", 0.8, after=4 * DAYS, with_sales=True, tells=("timeline",)),
)

PERSONAS: dict[str, Persona] = {
    "bouncer": Persona(34, (_LOOK,)),
    "researcher": Persona(
        24,
        (
            _LOOK,
            _NEWSLETTER,
            _EBOOK,
            Step("social_followed", 0.3, after=4 * DAYS),
            _WEBINAR,
            _WHITE_PAPER,
            Step("linkedin_connected", 0.2, after=8 * DAYS),
            Step("conference_attended", 0.1, after=20 * DAYS),
        ),
    ),
    "tyre kicker": Persona(
        12,
        (_LOOK, _TRIAL, _PRICING, Step("contact_form_submitted", 0.3, after=2 * DAYS, asks=True), _LOOK),
        Sales(accepts=0.15, rejects=0.6, wins=0.0, loses=0.7),
    ),
    "evaluator": Persona(
        12,
        (_LOOK, _EBOOK, _PRICING, _TRIAL, _DEMO, _WEBINAR, *_DEAL),
        Sales(accepts=0.7, rejects=0.1, wins=0.3, loses=0.4),
    ),
    "hot buyer": Persona(
        5,
        (_LOOK, _PRICING, _CONTACT, _DEMO, *_DEAL),
        Sales(accepts=0.92, rejects=0.02, wins=0.6, loses=0.2),
    ),
    "committee": Persona(
        7,
        (
            _LOOK,
            _WHITE_PAPER,
            _CONTACT,
            *_DISCOVERY,
            Step("workshop_attended", 0.4, after=10 * DAYS),
            Step("advisory_call_held", 0.5, after=5 * DAYS, with_sales=True),
            Step("rfp_received", 0.5, after=10 * DAYS, with_sales=True, tells=("budget", "timeline")),
            Step("discovery_workshop_held", 0.6, after=7 * DAYS, with_sales=True),
            *_DEAL,
        ),
        Sales(accepts=0.85, rejects=0.05, wins=0.35, loses=0.3),
        in_committee=True,
    ),
    "returning": Persona(
        6,
        (_LOOK, _EBOOK, _NEWSLETTER, Step("page_viewed", after=70 * DAYS), _PRICING, _DEMO, *_DEAL),
        Sales(accepts=0.8, rejects=0.1, wins=0.4, loses=0.3),
    ),
}
