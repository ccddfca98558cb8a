"""Which traits are personal, by the settings; and the funnels of a group, which do not say them."""

from functools import partial

from qualifiers import Personal
from streams.funnels import Funnels, compile_published
from streams.funnels.registry import Source
from streams.settings import Settings


def personal_of(settings: Settings) -> Personal | None:
    """The traits that are not said to others; None where none is named."""
    if not settings.personal_traits:
        return None
    secret = settings.personal_secret
    return Personal(settings.personal_traits, secret.get_secret_value().encode() if secret else None)


def discreet_funnels(settings: Settings, source: Source) -> Funnels:
    """The versions of a group's funnel, which decide by what is personal and do not say it."""
    return Funnels(source, partial(compile_published, personal=personal_of(settings)))
