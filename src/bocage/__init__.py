"""Bocage: one identity, one ledger, one consented event log for everyday life in a city."""
