"""Limits, and the one error."""

CELLS_LIMIT = 20_000
ROBOTS_LIMIT = 400
PARCELS_LIMIT = 100_000
STEPS_LIMIT = 200_000


class SortingError(Exception):
    """What was asked cannot be done; the message says why in one sentence."""
