"""What a worker measures: `catalogue` says what there is, `collector` counts.

Nothing is imported here: the supervisor of several workers takes the catalogue, and does without the rest.
"""
