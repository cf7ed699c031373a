"""Sums with intervals: which errors are common to many lines, and which are each line's own.

A line's error is a product of independent log-normal ones (factor, table, price, kind), each with a name. Errors of
one name are the same error: they add up linearly over all lines that have it. Errors of different names are
independent: they add up in quadrature (IPCC 2006 Guidelines, volume 1, chapter 3, approach 1, on logarithms):

    sigma = sqrt( sum over names of ( sum over lines of m * sigma_name )^2 ) / M,   bounds M * exp(+-1.645 * sigma)

One line by itself gets exactly its own log-normal interval. A sum below zero (credit notes) has no logarithm; its
bounds lie symmetrically.
"""

from collections.abc import Iterable
from math import exp, fsum, sqrt

from .types import Part, Sum

QUANTILE_90 = 1.6448536269514722
SIGMA_MAX = 20.0


class Adding:
    """A sum in the making."""

    __slots__ = ("errors", "micrograms", "records")

    def __init__(self) -> None:
        self.micrograms = 0
        self.records = 0
        self.errors: dict[str, float] = {}

    def add(self, parts: Iterable[Part]) -> None:
        """One record's parts."""
        self.records += 1
        for part in parts:
            self.micrograms += part.micrograms
            for name, sigma in part.errors:
                self.errors[name] = self.errors.get(name, 0.0) + part.micrograms * sigma

    def done(self) -> Sum:
        """The sum with its 90 % interval."""
        absolute = sqrt(fsum(error * error for error in self.errors.values()))
        whole = self.micrograms
        if whole <= 0:
            return Sum(
                whole, round(whole - QUANTILE_90 * absolute), round(whole + QUANTILE_90 * absolute), self.records
            )
        width = exp(QUANTILE_90 * min(absolute / whole, SIGMA_MAX))
        return Sum(whole, round(whole / width), round(whole * width), self.records)
