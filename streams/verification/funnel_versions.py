"""The funnels that have decided: the group's versions, or files that are given in their place."""

from collections.abc import Iterable, Mapping, Sequence

from qualifiers import load_funnel
from qualifiers.meaning import funnel_hash
from streams import kafka_clients
from streams.engine.changelog import Meta
from streams.errors import Misuse
from streams.funnels import Funnels, FunnelTopic, Published
from streams.personal import discreet_funnels
from streams.settings import Settings

FunnelFile = tuple[bytes, str]
"""A funnel file's text, and the name to call it by."""


class _Given:
    """Versions that are there from the beginning; a `Source`."""

    def __init__(self, published: list[Published]) -> None:
        self._published = published

    def read_to_end(self) -> list[Published]:
        return self._published

    def refresh(self) -> list[Published]:
        return []


def known_funnels(settings: Settings, files: Sequence[FunnelFile], metas: Iterable[Meta]) -> Funnels:
    """The versions of the group's funnel, from their topic, or from ``files``, the oldest first.

    Raises Misuse where there is none, FunnelFaults, Unusable, KafkaException.
    """
    if files:
        funnels = discreet_funnels(settings, _Given(_numbered(settings.group, files, metas)))
        funnels.read_to_end()
        return funnels
    topic = FunnelTopic(kafka_clients.reader(settings), settings.funnels_topic, settings.group)
    try:
        funnels = discreet_funnels(settings, _Given(topic.read_to_end()))
        funnels.read_to_end()
    finally:
        topic.close()
    if not funnels.published:
        raise Misuse(
            f"{settings.funnels_topic} has no funnel of the group {settings.group}: is LEADGATE_GROUP right? "
            "A file may be given in its place (--funnel)"
        )
    return funnels


def _numbered(group: str, files: Sequence[FunnelFile], metas: Iterable[Meta]) -> list[Published]:
    """Files as versions, with the numbers by which the changelog knows them, where it does."""
    numbers: Mapping[str, int] = {meta.funnel_hash: meta.version for meta in metas}
    published: list[Published] = []
    for text, name in files:
        file = load_funnel(text, name)
        of_file = funnel_hash(file)
        before = published[-1].version if published else 0
        number = max(numbers.get(of_file, 0), before + 1)
        published.append(Published(group, file.funnel, number, of_file, text.decode("utf-8-sig"), ""))
    return published
