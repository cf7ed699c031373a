"""Tests of the carbon engine."""
