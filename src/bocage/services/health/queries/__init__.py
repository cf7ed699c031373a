"""Reads; frozen dataclasses."""
