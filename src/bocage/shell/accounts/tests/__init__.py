"""Tests of the Me pages."""
