"""The peers' own programs: each runs as a process of its own, most in a venv of their own."""
