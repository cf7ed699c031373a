"""Checkpoints, which are public, and the proof of a transfer that the actor may see."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.keys.queries import signing_keys
from bocage.kernel.keys.types import SigningKey
from bocage.kernel.ledger import chain, rows
from bocage.kernel.proofs import limits, models, notes
from bocage.kernel.proofs.types import Checkpoint
from bocage.kernel.proofs.verifying import FORMAT, as_fields

_BATCH_SQL = """
select lane, number, count, previous_hash, merkle_root, sealed_at, array_position(seqs, %(seq)s::bigint) - 1
from ledger_batch where int8range(first_seq, last_seq, '[]') @> %(seq)s::bigint and %(seq)s = any (seqs)
"""
_HASHES_SQL = "select number, hash from ledger_batch where lane = %s and number between %s and %s order by number"


def checkpoints(before: int | None = None, limit: int = 50) -> tuple[Checkpoint, ...]:
    """The signed checkpoints, the newest first, at most `PAGE_ROWS_MAX`; `before` is the last one shown."""
    found = models.Checkpoint.objects.order_by("-number")
    if before is not None:
        found = found.filter(number__lt=before)
    keys = checkpoint_keys()
    return tuple(as_checkpoint(row, keys) for row in found[: max(1, min(limit, limits.PAGE_ROWS_MAX))])


def checkpoint(number: int) -> Checkpoint:
    """One checkpoint. Raises `Refusal` (not_found)."""
    row = models.Checkpoint.objects.filter(pk=number).first()
    if row is None:
        raise not_found(_("There is no such checkpoint."))
    return as_checkpoint(row)


def proof_of(transfer_id: UUID) -> dict[str, Any]:
    """The proof of one transfer as `./bocage verify` takes it, in JSON's values.

    Raises `Refusal` where the actor may not see the transfer, and (proof_not_yet) until a checkpoint covers it.
    """
    with connection.cursor() as wrapper:
        found = rows.read(wrapper.cursor, "ledger_transfer t where t.id = %(id)s", {"id": transfer_id})
        if not len(found):
            raise not_found(_("There is no such transfer."))
        seq = int(found["seq"][0])
        wrapper.execute(_BATCH_SQL, {"seq": seq})
        batch = wrapper.fetchone()
        wrapper.execute("select memo_ref from ledger_transfer where id = %s", [transfer_id])
        (memo_ref,) = wrapper.fetchone()
        if batch is None:
            raise _not_yet()
        lane, number, count, previous, root, sealed_at, position = batch
        wrapper.execute("select ledger_leaves(%s, %s)", [lane, number])
        leaves = [bytes(each) for each in wrapper.fetchone()[0]]
    canonical = chain.canonical(found[0])
    return {
        "format": FORMAT,
        "transfer": b64encode(canonical).decode(),
        "fields": as_fields(chain.described(canonical)),
        "memo_ref": memo_ref,
        "batch": {
            "lane": lane,
            "number": number,
            "count": count,
            "position": position,
            "previous_hash": bytes(previous).hex(),
            "root": bytes(root).hex(),
            "sealed_at": sealed_at.isoformat(),
            "path": [each.hex() for each in chain.inclusion_proof(leaves, position)],
        },
        "checkpoint": _covering(lane, number),
    }


def proof_file(transfer_id: UUID) -> bytes:
    """The same, as the file a person keeps."""
    return as_file(proof_of(transfer_id))


def as_file(proof: dict[str, Any]) -> bytes:
    """A proof as JSON in UTF-8."""
    return json.dumps(proof, indent=1, ensure_ascii=False).encode() + b"\n"


def _covering(lane: str, number: int) -> dict[str, Any]:
    keys = checkpoint_keys()
    for row in models.Checkpoint.objects.order_by("-number").iterator(chunk_size=100):
        signed = as_checkpoint(row, keys)
        head = next((each for each in signed.lanes if each.lane == lane), None)
        if head is None or number > head.last:
            break
        if number >= head.first:
            path = chain.inclusion_proof(batch_hashes(lane, head.first, head.last), number - head.first)
            return {
                "text": signed.text,
                "key_id": str(signed.key_id),
                "public_key": b64encode(signed.public_key).decode(),
                "signature": b64encode(signed.signature).decode(),
                "path": [each.hex() for each in path],
            }
    raise _not_yet()


def batch_hashes(lane: str, first: int, last: int | None = None) -> list[bytes]:
    """The hashes of a lane's batches from `first` to `last` (None: the newest), at most a checkpoint's worth."""
    last = min(last or first + limits.BATCHES_A_CHECKPOINT_MAX - 1, first + limits.BATCHES_A_CHECKPOINT_MAX - 1)
    with connection.cursor() as cursor:
        cursor.execute(_HASHES_SQL, [lane, first, last])
        return [bytes(hash) for _number, hash in cursor.fetchall()]


def checkpoint_keys() -> dict[UUID, SigningKey]:
    """Every key that ever signed checkpoints, by its id."""
    return {key.id: key for key in signing_keys("ledger.checkpoint")}


def as_checkpoint(row: models.Checkpoint, keys: Mapping[UUID, SigningKey] | None = None) -> Checkpoint:
    """The row with its key and its lanes. `keys`: all of `checkpoint_keys`, where several rows are read."""
    key = (checkpoint_keys() if keys is None else keys).get(row.key_id)
    public_key = key.public_key if key else b""
    lanes = notes.read(row.text)[3]
    return Checkpoint(row.number, row.text, row.key_id, public_key, bytes(row.signature), row.signed_at, lanes)


def _not_yet() -> Refusal:
    return conflict("proof_not_yet", _("The proof is ready when the day's checkpoint is signed, soon after midnight."))
