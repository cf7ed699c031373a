"""Split settlement: one payment, kept as in escrow, released in parts among many, refunded in proportion.

Whoever made the payment (the payer, or the service it was made for) releases it. Each step is one linked group of
transfers: all get their part of it, or nobody does.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger.types import Transfer, account_id_of
from bocage.kernel.payments import limits
from bocage.kernel.payments.actions.contesting import open_objection, write_end
from bocage.kernel.payments.actions.escrow import open_escrow
from bocage.kernel.payments.actions.parts import (
    check_amount,
    ended,
    locked,
    part_id,
    require_able,
    require_party,
)
from bocage.kernel.payments.actions.shares import locked_shares, tell_share, totals_of
from bocage.kernel.payments.actions.wallets import fees_from, fees_id, wallet_of
from bocage.kernel.payments.fees import fee_of, terms_of
from bocage.kernel.payments.models import Intent, Release, Share
from bocage.kernel.payments.proportions import next_step
from bocage.kernel.payments.queries import wallet
from bocage.kernel.payments.rows import as_intent
from bocage.kernel.payments.types import DisputeState, IntentState, SharePart
from bocage.kernel.payments.types import Intent as IntentView


@transaction.atomic
def open_split(
    id: UUID,
    buyer_id: UUID,
    seller_id: UUID,
    amount_minor: int,
    currency: str,
    shares: Sequence[SharePart],
    *,
    memo_ref: str = "",
    service: str = "",
    ask_from: datetime | None = None,
) -> IntentView:
    """The buyer pays `seller_id`, who answers for the whole; the money is kept for those named in `shares`.

    Shares are exact minor units, or parts of what those leave; units that do not divide go to the largest remainders,
    so that the totals come to the amount exactly. The seller gets something only by a share of its own.
    """
    check_amount(amount_minor)
    totals = totals_of(amount_minor, shares)
    opened = open_escrow(
        id, buyer_id, seller_id, amount_minor, currency, memo_ref=memo_ref, service=service, ask_from=ask_from
    )
    wanted = [(each.party_id, total) for each, total in zip(shares, totals, strict=True)]
    known = [(each.party_id, each.total_minor) for each in locked_shares(locked(id))]
    if known:
        if known != wanted:
            raise conflict("id_conflict", _("This number was used before for something else. Use a new one."))
        return opened
    if opened.state is not IntentState.AUTHORISED:
        raise conflict("id_conflict", _("This number was used before for something else. Use a new one."))
    for party_id, _total in wanted:
        if party_id == buyer_id:
            raise Refusal("payee_is_payer", _("This is yourself. Choose somebody else to pay."), field="shares")
        wallet_of(party_id, currency)
        fees_from(party_id, currency)
        require_able(buyer_id, party_id, currency)
    Share.objects.bulk_create(
        Share(
            intent_id=id,
            position=position,
            party_id=party_id,
            payer_id=buyer_id,
            payee_id=seller_id,
            total_minor=total_minor,
        )
        for position, (party_id, total_minor) in enumerate(wanted)
    )
    return opened


@transaction.atomic
def release_split(release_id: UUID, intent_id: UUID, amount_minor: int | None = None) -> IntentView:
    """Release `amount_minor` of what is kept, or all that is left, to those who share it, each less its fee.

    However many steps it takes, each ends with exactly its total. The same `release_id` releases once.
    """
    row = locked(intent_id)
    shares = locked_shares(row)
    if not shares:
        raise conflict("not_split", _("This payment is not shared among several."))
    known = Release.objects.filter(pk=release_id).first()
    if known is not None:
        if known.intent_id != intent_id or amount_minor not in (None, known.amount_minor):
            raise conflict("id_conflict", _("This number was used before for something else. Use a new one."))
        return as_intent(row)
    if row.state != IntentState.AUTHORISED:
        raise ended(row)
    require_party(row, row.payer_id)
    left_minor = row.amount_minor - row.captured_minor
    step_minor = left_minor if amount_minor is None else amount_minor
    check_amount(step_minor)
    if step_minor > left_minor:
        raise Refusal("amount_exceeds_hold", _("This is more than is kept for the seller."), field="amount")
    if Release.objects.filter(intent_id=intent_id).count() >= limits.RELEASES_A_PAYMENT_MAX and step_minor < left_minor:
        raise Refusal("too_many_releases", _("This was released in too many steps. Release all that is left."))
    objection = open_objection(row)
    if objection is not None:
        if step_minor < left_minor:
            raise conflict("release_whole", _("This money was asked for: release all of it, or let that be decided."))
        write_end(row, objection, DisputeState.WITHDRAWN)
    pay_out_step(row, shares, release_id, step_minor)
    return as_intent(row)


def pay_out_step(row: Intent, shares: Sequence[Share], release_id: UUID, step_minor: int) -> None:
    """Release `step_minor` of what the locked escrow keeps to those who share it; the last step ends it."""
    intent_id = row.id
    Release.objects.create(
        id=release_id, intent_id=intent_id, payer_id=row.payer_id, payee_id=row.payee_id, amount_minor=step_minor
    )
    operations, fees_minor = _pay_out(row, shares, release_id, step_minor)
    row.captured_minor += step_minor
    row.fee_minor += fees_minor
    row.transfer_id = operations[0].id
    if row.captured_minor == row.amount_minor:
        row.state, row.captured_at = IntentState.CAPTURED, clock.now()
    row.save(update_fields=["captured_minor", "fee_minor", "transfer_id", "state", "captured_at"])
    ledger.accepted(ledger.post_linked(operations))


def _pay_out(row: Intent, shares: Sequence[Share], release_id: UUID, step_minor: int) -> tuple[list[Transfer], int]:
    """The transfers of one step, and the fees in it; the shares' owners are told."""
    kept_on = account_id_of(row.id, row.currency, "escrow")
    steps = next_step(step_minor, [each.total_minor for each in shares], [each.released_minor for each in shares])
    operations: list[Transfer] = []
    fees_minor = 0
    for share, share_minor in zip(shares, steps, strict=True):
        if share_minor == 0:
            continue
        fee_minor = fee_of(share_minor, terms_of(share.party_id))
        fees_minor += fee_minor
        for part, account_id, part_minor in (
            ("release", wallet(share.party_id, row.currency), share_minor - fee_minor),
            ("fee", fees_id(share.party_id, row.currency), fee_minor),
        ):
            if part_minor:
                transfer_id = part_id(release_id, f"{part}.{share.position}")
                code = f"escrow.{part}"
                operations.append(
                    Transfer(transfer_id, kept_on, account_id, part_minor, row.currency, code, str(row.id))
                )
        share.released_minor += share_minor
        share.fee_minor += fee_minor
        share.save(update_fields=["released_minor", "fee_minor"])
        tell_share(row, share, "released", operations[-1].id, share_minor, fee_minor)
    return operations, fees_minor
