"""Schema history of `notifications`."""
