"""When a recovery is proven: two different kinds of proof; trusted people count as one kind once two have spoken."""

from bocage.kernel.identity import limits
from bocage.kernel.identity.models import RecoveryCase

OPEN_STATES = ("open", "waiting")
KINDS_NEEDED = 2


def proofs(case: RecoveryCase) -> frozenset[str]:
    """The kinds of proof that are complete."""
    given = list(case.factors.values_list("kind", flat=True))
    enough = {"passkey": 1, "counter": 1, "trusted": limits.TRUSTED_PEOPLE_NEEDED}
    return frozenset(kind for kind, needed in enough.items() if given.count(kind) >= needed)


def is_proven(case: RecoveryCase) -> bool:
    """Whether two kinds are complete."""
    return len(proofs(case)) >= KINDS_NEEDED
