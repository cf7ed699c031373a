"""Schema history of `idempotency`."""
