"""A stopped group, written to a file, and put back from there: backup and move."""

from streams.snapshots.asking import kafka_told
from streams.snapshots.offsets import read_offsets
from streams.snapshots.plan import Plan, plan
from streams.snapshots.restoring import restore
from streams.snapshots.summary import Summary, summarize
from streams.snapshots.taking import take

__all__ = ["Plan", "Summary", "kafka_told", "plan", "read_offsets", "restore", "summarize", "take"]
