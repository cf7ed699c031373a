"""Tests of `consent`."""
