"""A group's funnels: their versions in Kafka, the one in force, how another comes into force."""

from streams.funnels.registry import Funnels, NotKnown, Unusable, Version, compile_published
from streams.funnels.topic import FunnelTopic, Published

__all__ = ["FunnelTopic", "Funnels", "NotKnown", "Published", "Unusable", "Version", "compile_published"]
