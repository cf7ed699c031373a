"""Checkpoints of the ledger for everybody: whoever keeps them can tell later that nothing under them was rewritten."""

from base64 import b64encode
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from bocage.kernel.proofs import notes, queries
from bocage.kernel.proofs.types import Checkpoint
from bocage.kernel.proofs.verifying import fingerprint

router = Router()
PAGE_ROWS_MAX = 100
NUMBER_MAX = 2**63 - 1


class CheckpointOut(Schema):
    """`signature` (Ed25519, base64) is over the UTF-8 of `text`; `digest` is its SHA-256, which the next one names."""

    number: int
    text: str
    digest: str
    signature: str
    public_key: Annotated[str, Field(description="64 hex digits, as ./bocage verify --key takes them.")]
    key_fingerprint: str
    signed_at: datetime


class CheckpointsOut(Schema):
    """The newest first. `before`: ask with this for the next page; null at the end."""

    items: list[CheckpointOut]
    before: int | None


@router.get("/checkpoints", response=CheckpointsOut, auth=None)
def list_checkpoints(
    request: HttpRequest,
    before: Annotated[int | None, Query(ge=1, le=NUMBER_MAX)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)] = 50,
) -> CheckpointsOut:
    """The signed checkpoints of the ledger. Public: no token is asked for, and nobody's name is in them."""
    found = queries.checkpoints(before, limit)
    last = found[-1].number if len(found) == limit and found[-1].number > 1 else None
    return CheckpointsOut(items=[_out(each) for each in found], before=last)


@router.get("/checkpoints/{number}", response=CheckpointOut, auth=None)
def get_checkpoint(request: HttpRequest, number: int) -> CheckpointOut:
    """One signed checkpoint. Public, as all of them are."""
    return _out(queries.checkpoint(min(max(number, 0), NUMBER_MAX)))


def _out(found: Checkpoint) -> CheckpointOut:
    return CheckpointOut(
        number=found.number,
        text=found.text,
        digest=notes.digest(found.text),
        signature=b64encode(found.signature).decode(),
        public_key=found.public_key.hex(),
        key_fingerprint=fingerprint(found.public_key),
        signed_at=found.signed_at,
    )
