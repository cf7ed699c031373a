"""Idempotency: a request sent twice takes effect once and gets the same answer."""
