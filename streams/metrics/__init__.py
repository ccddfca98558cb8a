"""What a worker measures."""

from streams.metrics.catalogue import CATALOGUE, PREFIX, catalogue_table
from streams.metrics.collector import Metrics, Waiting

__all__ = ["CATALOGUE", "PREFIX", "Metrics", "Waiting", "catalogue_table"]
