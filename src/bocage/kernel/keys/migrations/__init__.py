"""Schema history of `keys`."""
