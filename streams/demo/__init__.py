"""`leadgate demo`: a real Kafka, a worker, a believable population, and the counts at the end."""

from streams.demo.run import Options, run
from streams.demo.summary import Summary

__all__ = ["Options", "Summary", "run"]
