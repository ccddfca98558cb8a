"""What a worker shows over HTTP: probes, metrics, the funnel, leads.

Nothing is imported here: the supervisor of several workers takes `answers` and `tokens`, and
does without the rest.
"""
