"""The versions of a group's funnel without Kafka: a test publishes them."""

from qualifiers import Funnel, compile_funnel, load_funnel
from streams.funnels import Funnels, Published


class FakeFunnels:
    """A Source of versions, and the Funnels that read it: ``read`` is what one worker knows."""

    def __init__(self, *funnels: Funnel | str) -> None:
        self.published: list[Published] = []
        self._compiled: dict[int, Funnel] = {}
        for funnel in funnels:
            self.publish(funnel)

    def publish(self, funnel: Funnel | str) -> Funnel:
        """The next version, as compiled or as text."""
        compiled = compile_funnel(load_funnel(funnel)) if isinstance(funnel, str) else funnel
        number = len(self.published) + 1
        text = funnel if isinstance(funnel, str) else ""
        self._compiled[number] = compiled
        self.published.append(
            Published("group", compiled.slug, number, compiled.hash, text, "2026-01-01T00:00:00.000Z")
        )
        return compiled

    def read(self) -> Funnels:
        """A worker's funnels, read to the end."""
        funnels = Funnels(_Reader(self), lambda published: self._compiled[published.version])
        funnels.read_to_end()
        return funnels


class _Reader:
    def __init__(self, fake: FakeFunnels) -> None:
        self._fake = fake
        self._position = 0

    def read_to_end(self) -> list[Published]:
        new = self._fake.published[self._position :]
        self._position += len(new)
        return new

    def refresh(self) -> list[Published]:
        return self.read_to_end()
