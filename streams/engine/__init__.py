"""Exactly once: from chunks of the input to one transaction a pass."""
