"""What the hot path does, counted and not timed."""
