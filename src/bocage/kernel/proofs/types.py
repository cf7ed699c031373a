"""What proofs show to everybody else."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class LaneHead:
    """One lane in a checkpoint: its batches from `first` to `last` (0: none since), their Merkle root, and the hash of
    the last batch there is."""

    lane: str
    first: int
    last: int
    root: bytes
    head_hash: bytes


@dataclass(frozen=True)
class Checkpoint:
    """A signed checkpoint; `text` is what was signed, UTF-8."""

    number: int
    text: str
    key_id: UUID
    public_key: bytes
    signature: bytes
    signed_at: datetime
    lanes: tuple[LaneHead, ...]


@dataclass(frozen=True)
class Step:
    """One step of a verification: what was checked, whether it holds, and what was found."""

    name: str
    passed: bool
    says: str


@dataclass(frozen=True)
class Fault:
    """The first row that does not hold, of one kind: where, and what is wrong with it."""

    place: str
    says: str


@dataclass(frozen=True)
class AuditReport:
    """What an audit read and found. `faults` empty is what must be; the first is the first bad row in the chain."""

    transfers: int
    batches: int
    accounts: int
    checkpoints: int
    unsealed: int
    wall_seconds: float
    cpu_seconds: float
    faults: tuple[Fault, ...]
