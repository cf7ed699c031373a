"""Verbs of parcels."""
