"""Reads of parcels."""
