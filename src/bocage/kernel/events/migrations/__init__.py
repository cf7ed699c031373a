"""Schema history of `events`."""
