"""Migrations of parcels."""
