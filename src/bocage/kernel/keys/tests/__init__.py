"""Tests of `keys`."""
