"""The shares of a payment among many: who gets what of it, what each got, and what goes back."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.errors import Refusal
from bocage.kernel.events.actions import emit
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger.types import Operation, Transfer
from bocage.kernel.payments import limits
from bocage.kernel.payments.actions.parts import part_id
from bocage.kernel.payments.models import Intent, Share
from bocage.kernel.payments.proportions import next_step, shared_out
from bocage.kernel.payments.queries import wallet
from bocage.kernel.payments.types import SharePart


def totals_of(amount_minor: int, parts: Sequence[SharePart]) -> tuple[int, ...]:
    """What each gets of `amount_minor`, exactly all of it: the exact units first, the rest in proportion to the parts.

    Raises `Refusal` where the shares do not come to the amount, or a party would get nothing.
    """
    if not 1 <= len(parts) <= limits.SHARES_MAX:
        message = _("Share among at least 1 and at most %(most)s.") % {"most": limits.SHARES_MAX}
        raise Refusal("shares_out_of_range", message, field="shares")
    if len({each.party_id for each in parts}) != len(parts):
        raise Refusal("party_twice", _("Name each of those who get a share once."), field="shares")
    if any(
        each.parts < 0 or each.minor < 0 or each.parts > limits.SHARE_PARTS_MAX or not (each.parts or each.minor)
        for each in parts
    ):
        raise Refusal("share_out_of_range", _("Give each a share above zero."), field="shares")
    rest_minor = amount_minor - sum(each.minor for each in parts)
    weights = [each.parts for each in parts]
    if rest_minor < 0 or (rest_minor > 0 and not any(weights)):
        raise Refusal("shares_do_not_add_up", _("The shares must come to the whole amount."), field="shares")
    by_parts = shared_out(rest_minor, weights) if any(weights) else (0,) * len(parts)
    totals = tuple(each.minor + more for each, more in zip(parts, by_parts, strict=True))
    if not all(totals):
        raise Refusal("amount_too_small", _("This is too little to share among so many."), field="amount")
    return totals


def locked_shares(row: Intent) -> list[Share]:
    """The shares of a locked intent, in order; none where it is not among many."""
    return list(Share.objects.filter(intent_id=row.id).order_by("position"))


def claw_back(row: Intent, shares: Sequence[Share], refund_id: UUID, back_minor: int) -> None:
    """Take `back_minor` from those who got shares, in proportion to what each got; its first transfer is "refund".

    All of them or none: where one has not enough any more, the whole refund is refused. The fees stay.
    """
    steps = next_step(back_minor, [each.released_minor for each in shares], [each.refunded_minor for each in shares])
    buyer = wallet(row.payer_id, row.currency)
    operations: list[Operation] = []
    for share, step_minor in zip(shares, steps, strict=True):
        if step_minor == 0:
            continue
        share.refunded_minor += step_minor
        share.save(update_fields=["refunded_minor"])
        transfer_id = part_id(refund_id, f"refund.{share.position}" if operations else "refund")
        tell_share(row, share, "refunded", transfer_id, step_minor)
        operations.append(
            Transfer(
                transfer_id,
                wallet(share.party_id, row.currency),
                buyer,
                step_minor,
                row.currency,
                "payment.refund",
                str(row.id),
            )
        )
    ledger.accepted(ledger.post_linked(operations))


def tell_share(row: Intent, share: Share, what: str, transfer_id: UUID, amount_minor: int, fee_minor: int = 0) -> None:
    """Put in the log what one party got of the payment, or gave back of it."""
    emit(
        f"payment.share_{what}",
        subject_id=share.party_id,
        key=str(transfer_id),
        data={
            "payment_id": str(row.id),
            "kind": row.kind,
            "currency": row.currency,
            "amount_minor": amount_minor,
            "fee_minor": fee_minor,
            "transfer_id": str(transfer_id),
        },
    )
