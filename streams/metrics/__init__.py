"""What a worker measures."""

from streams.metrics.catalogue import CATALOGUE, PREFIX
from streams.metrics.collector import Metrics, Waiting

__all__ = ["CATALOGUE", "PREFIX", "Metrics", "Waiting"]
