"""Reconciles two lists of movements: what a bank booked with what was expected, by reference, amount and day."""

from .matching import match, reference_key
from .types import Finding, Movement, Verdict

__all__ = ["Finding", "Movement", "Verdict", "match", "reference_key"]
