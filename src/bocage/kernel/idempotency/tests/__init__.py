"""Tests of `idempotency`."""
