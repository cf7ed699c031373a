"""What approvals show to everybody else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Proposal:
    """A verb waiting for, or decided by, a second person. `says` is the sentence that the checker reads.

    `state` is open, approved, rejected, withdrawn or expired. Approved without a checker means that the glass was
    broken: the maker did it alone in an emergency, for the reason that `decision_reason` gives.
    """

    id: UUID
    kind: str
    says: str
    payload: dict[str, Any]
    reason: str
    state: str
    maker_id: UUID
    maker_name: str
    checker_id: UUID | None
    checker_name: str | None
    proposed_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decision_reason: str
