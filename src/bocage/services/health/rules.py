"""The published versions of the rules. A version never changes once a scheme ran under it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """What turns facts into a colour.

    `isolation_days`: a positive test is red for so long from its sample. `yellow_risk`: probability of being infected
    from which on the colour is yellow. `clear_after_days`: a negative sample taken so long after the last exposure
    clears it.
    """

    isolation_days: int
    yellow_risk: float
    clear_after_days: int


VERSIONS: dict[str, Rules] = {"2026-1": Rules(isolation_days=10, yellow_risk=0.03, clear_after_days=4)}
