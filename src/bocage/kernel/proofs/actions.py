"""Signing checkpoints: one a day, or when asked."""

from django.db import connection, transaction

from bocage.kernel import clock
from bocage.kernel.events.actions import emit
from bocage.kernel.keys.actions import sign
from bocage.kernel.ledger import chain
from bocage.kernel.proofs import models, notes
from bocage.kernel.proofs.queries import as_checkpoint, batch_hashes
from bocage.kernel.proofs.types import Checkpoint, LaneHead

KEY_PURPOSE = "ledger.checkpoint"
_LOCK_ID = 0x626F63636B70


@transaction.atomic
def sign_checkpoint() -> Checkpoint | None:
    """Sign all batches sealed since the checkpoint before, and say so in the log; None where there are none.

    A batch goes into exactly one checkpoint, and each checkpoint names the one before by its digest.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK_ID])
    last = models.Checkpoint.objects.order_by("-number").first()
    known = {each.lane: each for each in as_checkpoint(last).lanes} if last else {}
    lanes = tuple(_next_head(lane, known.get(lane)) for lane in chain.LANES)
    if not any(each.last >= each.first for each in lanes):
        return None
    number = last.number + 1 if last else 1
    now = clock.now()
    text = notes.write(number, notes.digest(last.text) if last else notes.GENESIS, now, lanes)
    signature = sign(KEY_PURPOSE, text.encode())
    row = models.Checkpoint.objects.create(
        number=number, text=text, key_id=signature.key_id, signature=signature.value, signed_at=now
    )
    emit(
        "ledger.checkpoint_signed",
        subject_id=None,
        key=str(number),
        data={"number": number, "digest": notes.digest(text), "signed_at": now.isoformat()},
    )
    return as_checkpoint(row)


def _next_head(lane: str, before: LaneHead | None) -> LaneHead:
    first = before.last + 1 if before else 1
    hashes = batch_hashes(lane, first)
    if not hashes:
        return LaneHead(lane, first, first - 1, chain.GENESIS, before.head_hash if before else chain.GENESIS)
    return LaneHead(lane, first, first + len(hashes) - 1, chain.merkle_root(hashes), hashes[-1])
