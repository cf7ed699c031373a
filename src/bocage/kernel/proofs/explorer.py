"""Batches and checkpoints to look at, each checked again as it is shown. Hashes and sums, nobody's transfer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel.errors import not_found
from bocage.kernel.keys.queries import signing_keys
from bocage.kernel.ledger import chain
from bocage.kernel.proofs import limits, models, notes
from bocage.kernel.proofs.queries import as_checkpoint, batch_hashes
from bocage.kernel.proofs.types import Checkpoint, LaneHead

# Few columns of many batches: their members stay in the database.
_BATCHES_SQL = """
select lane, number, count, first_seq, last_seq, previous_hash, merkle_root, hash, sealed_at from ledger_batch
where lane = %s and number < %s order by number desc limit %s
"""
_PENDING_SQL = """
select hold_id, debit_account_id, credit_account_id, amount_minor, expires_at from ledger_pending
where debit_account_id = any (%(ids)s) or credit_account_id = any (%(ids)s) order by expires_at limit %(limit)s
"""
_PLACE_SQL = """
select b.lane, b.number from ledger_transfer t join ledger_batch b
    on int8range(b.first_seq, b.last_seq, '[]') @> t.seq and t.seq = any (b.seqs) where t.id = %s
"""
_LAST_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class BatchRow:
    """A sealed batch: its place in its lane, how many transfers it has, and its hashes."""

    lane: str
    number: int
    count: int
    first_seq: int
    last_seq: int
    previous_hash: bytes
    root: bytes
    hash: bytes
    sealed_at: datetime


@dataclass(frozen=True)
class Check:
    """One thing that was looked at again: `name` is a slug, `holds` what came of it."""

    name: str
    holds: bool


@dataclass(frozen=True)
class BatchView:
    """A batch with what was checked of it, and the checkpoint that covers it (None: the next one will)."""

    row: BatchRow
    checks: tuple[Check, ...]
    checkpoint: int | None


@dataclass(frozen=True)
class CheckpointView:
    """A checkpoint with what was checked of it: signature, order, and its lanes' roots over the batches of today."""

    checkpoint: Checkpoint
    digest: str
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        return all(each.holds for each in self.checks)


@dataclass(frozen=True)
class PendingHold:
    """A hold that is neither posted nor void: reserved on one account for another until it ends."""

    id: UUID
    debit_account_id: UUID
    credit_account_id: UUID
    amount_minor: int
    expires_at: datetime


def batches(lane: str, before: int | None = None, limit: int = 50) -> tuple[BatchRow, ...]:
    """The batches of a lane, the newest first, at most `PAGE_ROWS_MAX`; `before` is the last one shown."""
    most = max(1, min(limit, limits.PAGE_ROWS_MAX))
    with connection.cursor() as cursor:
        cursor.execute(_BATCHES_SQL, [lane, _LAST_NUMBER if before is None else before, most])
        return tuple(_batch(row) for row in cursor.fetchall())


def batch(lane: str, number: int) -> BatchView:
    """One batch, its root computed anew from its transfers. Raises `Refusal` (not_found)."""
    found = batches(lane, number + 1, 2)
    if not found or found[0].number != number:
        raise not_found(_("There is no such batch."))
    row = found[0]
    before = found[1].hash if len(found) > 1 else chain.GENESIS
    with connection.cursor() as cursor:
        cursor.execute("select ledger_leaves(%s, %s)", [lane, number])
        leaves = [bytes(each) for each in cursor.fetchone()[0] or ()]
    link = chain.batch_hash(lane, number, row.count, row.previous_hash, row.root, row.sealed_at)
    checks = (
        Check("members", len(leaves) == row.count),
        Check("root", bool(leaves) and chain.merkle_root(leaves) == row.root),
        Check("hash", link == row.hash),
        Check("link", before == row.previous_hash),
    )
    return BatchView(row, checks, _covering(lane, number))


def checkpoints(before: int | None = None, limit: int = 20) -> tuple[CheckpointView, ...]:
    """The signed checkpoints, the newest first, each with its signature and its place in their chain checked again.

    Their roots are checked on the page of one: that reads every batch it covers.
    """
    rows = models.Checkpoint.objects.order_by("-number")
    if before is not None:
        rows = rows.filter(number__lt=before)
    most = max(1, min(limit, limits.PAGE_ROWS_MAX))
    found = list(rows[: most + 1])
    return tuple(_view(row, earlier) for row, earlier in list(zip(found, [*found[1:], None], strict=False))[:most])


def checkpoint(number: int) -> CheckpointView:
    """One checkpoint with all that can be checked of it. Raises `Refusal` (not_found)."""
    rows = list(models.Checkpoint.objects.filter(number__lte=number).order_by("-number")[:2])
    if not rows or rows[0].number != number:
        raise not_found(_("There is no such checkpoint."))
    view = _view(rows[0], rows[1] if len(rows) > 1 else None)
    roots = tuple(Check(f"root_{each.lane}", _root_holds(each)) for each in view.checkpoint.lanes if each.last)
    return CheckpointView(view.checkpoint, view.digest, (*view.checks, *roots))


def is_provable(transfer_id: UUID) -> bool:
    """Whether a checkpoint covers a transfer that the actor may see, so that its proof can be given. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE_SQL, [transfer_id])
        place = cursor.fetchone()
    last = models.Checkpoint.objects.order_by("-number").first() if place else None
    if place is None or last is None:
        return False
    return any(each.lane == place[0] and place[1] <= each.last for each in notes.read(last.text)[3])


def open_holds(account_ids: list[UUID], limit: int = 50) -> tuple[PendingHold, ...]:
    """The holds on or for these accounts that are still open, those that end first before the others."""
    with connection.cursor() as cursor:
        cursor.execute(_PENDING_SQL, {"ids": account_ids, "limit": max(1, min(limit, limits.PAGE_ROWS_MAX))})
        return tuple(PendingHold(*row) for row in cursor.fetchall())


def _view(row: models.Checkpoint, earlier: models.Checkpoint | None) -> CheckpointView:
    found = as_checkpoint(row)
    number, previous, signed_at, _lanes = notes.read(row.text)
    follows = previous == (notes.digest(earlier.text) if earlier else notes.GENESIS)
    placed = number == row.number and signed_at == row.signed_at
    in_order = row.number == (earlier.number + 1 if earlier else 1)
    checks = (Check("signature", _is_signed(found)), Check("follows", follows and placed and in_order))
    return CheckpointView(found, notes.digest(row.text), checks)


def _is_signed(found: Checkpoint) -> bool:
    """By a key of the town's that was not revoked by then."""
    key = next((each for each in signing_keys("ledger.checkpoint") if each.id == found.key_id), None)
    if key is None or (key.revoked_at is not None and found.signed_at >= key.revoked_at):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(found.public_key).verify(found.signature, found.text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _root_holds(lane: LaneHead) -> bool:
    if lane.last < lane.first:
        return True
    hashes = batch_hashes(lane.lane, lane.first, lane.last)
    whole = len(hashes) == lane.last - lane.first + 1
    return whole and chain.merkle_root(hashes) == lane.root and hashes[-1] == lane.head_hash


def _covering(lane: str, number: int) -> int | None:
    for row in models.Checkpoint.objects.order_by("-number").iterator(chunk_size=100):
        head = next((each for each in notes.read(row.text)[3] if each.lane == lane), None)
        if head is None or number > head.last:
            return None
        if number >= head.first:
            return row.number
    return None


def _batch(row: tuple[object, ...]) -> BatchRow:
    lane, number, count, first, last, previous, root, hash, sealed_at = row
    assert isinstance(number, int) and isinstance(count, int) and isinstance(first, int) and isinstance(last, int)
    assert isinstance(sealed_at, datetime)
    return BatchRow(str(lane), number, count, first, last, _bytes(previous), _bytes(root), _bytes(hash), sealed_at)


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes | memoryview)
    return bytes(value)
