"""Crash and race testing of the ledger: real processes, a real PostgreSQL; a seed is a story and its fault."""
