"""Many transfers in one call, for organisations' programs: payroll, fares, metering."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from bocage.kernel.errors import Refusal, forbidden
from bocage.kernel.identity import queries as identity
from bocage.kernel.ledger import bulk, limits, queries
from bocage.kernel.ledger.types import Posted, Refused, Transfer
from bocage.kernel.payments import allowances
from bocage.shell.api_site import idempotent, scoped

router = Router()
SCOPE = "ledger:batch"
TRANSFERS_MAX = 8192
_WRITES: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": True,
            "description": "New for each new request; the same key with the same request answers the same, once.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]{1,64}$"},
        }
    ]
}


class TransferIn(Schema):
    """One movement. `id` is yours, within your organisation: sent again with the same body it is answered the same, and
    moves nothing twice. The ledger's own id of it, `transfer_id` in the answer, is made from both."""

    id: UUID
    debit_account_id: Annotated[UUID, Field(description="One of the organisation's own accounts.")]
    credit_account_id: UUID
    amount_minor: Annotated[int, Field(ge=1, le=limits.AMOUNT_MINOR_MAX)]
    memo_ref: Annotated[str, Field(max_length=limits.MEMO_REF_BYTES_MAX, pattern=r"^[ -~]*$")] = ""


class BatchIn(Schema):
    """`mode` "all": one refusal refuses all of them. "each": each by itself."""

    mode: Literal["all", "each"]
    unit: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,12}$", examples=["EUR"])]
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]{0,39}$", examples=["payroll"])]
    transfers: Annotated[list[TransferIn], Field(min_length=1, max_length=TRANSFERS_MAX)]


class AnswerOut(Schema):
    """What became of one transfer: posted, or refused for good with the ledger's code. Of an "id_conflict", whose id
    was used for something else and which the ledger does not keep, `at` is null."""

    id: UUID
    transfer_id: UUID
    refused: str | None
    amount_minor: int | None
    at: datetime | None


class BatchOut(Schema):
    """Answers in the order of the transfers."""

    posted: int
    refused: int
    answers: list[AnswerOut]


@router.post("/batches", response={201: BatchOut}, auth=scoped(SCOPE), openapi_extra=_WRITES)
@idempotent
def post_batch(request: HttpRequest, payload: BatchIn) -> Any:
    """Post up to 8,192 transfers from the organisation's own accounts, all or each, with an answer for each.

    A full queue is answered with 503, too much of your own on its way with 429; nothing was taken then. 504: it may
    have been, and counts in your day until you send the same again.
    """
    subject_id = identity.require_scope(SCOPE)
    if subject_id not in identity.organisations([subject_id]):
        raise forbidden(_("Only an organisation posts in batches. Act for one, or send payments one by one."))
    payers = {each.debit_account_id for each in payload.transfers}
    foreign = payers - queries.owned(payers, subject_id)
    if foreign:
        place = next(n for n, each in enumerate(payload.transfers) if each.debit_account_id in foreign)
        raise Refusal(
            "account_not_yours",
            _("Money can only leave the organisation's own accounts."),
            field=f"transfers.{place}.debit_account_id",
            status=403,
        )
    house = queries.house_accounts({each.credit_account_id for each in payload.transfers})
    if house:
        place = next(n for n, each in enumerate(payload.transfers) if each.credit_account_id in house)
        raise Refusal(
            "house_account",
            _("A batch pays people and organisations, not accounts of the house or of a service."),
            field=f"transfers.{place}.credit_account_id",
            status=403,
        )
    transfers = [
        # A name space of the organisation's own: nobody can use up an id that a payment or dispute is going to need.
        Transfer(
            uuid5(subject_id, str(each.id)),
            each.debit_account_id,
            each.credit_account_id,
            each.amount_minor,
            payload.unit,
            payload.code,
            each.memo_ref,
        )
        for each in payload.transfers
    ]
    posted = _within_limits(subject_id, payload.unit, transfers, payload.mode)
    answers = [_out(each.id, answer) for each, answer in zip(payload.transfers, posted, strict=True)]
    refused = sum(each.refused is not None for each in answers)
    return 201, BatchOut(posted=len(answers) - refused, refused=refused, answers=answers)


def _within_limits(
    payer_id: UUID, unit: str, transfers: list[Transfer], mode: Literal["all", "each"]
) -> list[Posted | Refused]:
    """Post them under the limits of payments: each transfer, and all of them in the payer's day. Money only.

    What was sent before under the same ids is answered again and counts once; what is refused does not count. Where the
    answer does not come in time, all of it stays counted until the same is sent again: it may have moved.
    """
    if not queries.unit(unit).is_money:
        return bulk.post_many(transfers, mode)
    known = queries.known([each.id for each in transfers])
    counted = allowances.spend_once(payer_id, {e.id: e.amount_minor for e in transfers if e.id not in known}, unit)
    try:
        answers = bulk.post_many(transfers, mode)
    except Refusal as refusal:
        refusal.recorded = refusal.code == "answer_unknown"
        raise
    moved = {each.transfer_id: (each.at, each.amount_minor) for each in answers if isinstance(each, Posted)}
    allowances.count_moved(payer_id, moved, unit)
    # Another body under an id that moved something is a conflict, and leaves counted what moved.
    still = [e for e in answers if isinstance(e, Refused) and (e.code != "id_conflict" or e.transfer_id in counted)]
    allowances.uncount(payer_id, [each.transfer_id for each in still], unit)
    return answers


def _out(id: UUID, answer: Posted | Refused) -> AnswerOut:
    refused = answer.code if isinstance(answer, Refused) else None
    amount_minor = None if isinstance(answer, Refused) else answer.amount_minor
    return AnswerOut(id=id, transfer_id=answer.transfer_id, refused=refused, amount_minor=amount_minor, at=answer.at)
