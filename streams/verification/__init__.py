"""Decisions proven: the input replayed, and what was said compared with what it gives."""

from streams.verification.verifying import Asked, verify

__all__ = ["Asked", "verify"]
