"""Tests of parcels: numbers and events."""
