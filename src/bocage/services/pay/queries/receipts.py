"""The receipt of a line: with whom, in what state, and what came back of it."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.identity import queries as identity
from bocage.kernel.payments import queries as payments
from bocage.kernel.payments.limits import DISPUTE_WINDOW
from bocage.kernel.payments.types import IntentState
from bocage.services.pay import models
from bocage.services.pay.queries import codes
from bocage.services.pay.queries import requests as request_queries
from bocage.services.pay.types import Line, LineKind, Receipt, Refund


def receipt(line: Line, owner_id: UUID) -> Receipt:
    """All that the owner may know of one line of the wallet."""
    refunds = _refunds(line, owner_id)
    back_minor = sum(each.amount_minor for each in refunds)
    is_payment = line.kind in {LineKind.PAID, LineKind.TAKEN}
    whole_minor = abs(line.amount_minor) + line.fee_minor if is_payment else 0
    who = codes.payees([line.counterpart_id]).get(line.counterpart_id) if line.counterpart_id else None
    complaint = payments.dispute_about(line.payment_id) if line.kind is LineKind.PAID and line.payment_id else None
    if complaint is not None and complaint.kept:
        complaint = None  # either side may have objected; how that stands is said where the money is kept
    left_minor = max(0, whole_minor - back_minor)
    in_time = clock.now() <= line.at + DISPUTE_WINDOW
    is_kept = _is_kept(line)
    to_a_shop = line.kind is LineKind.PAID and who is not None and not who.is_person
    return Receipt(
        line=line,
        owner_name=identity.party_name(owner_id),
        counterpart_handle=who.handle if who else "",
        counterpart_verified=bool(who and who.verified),
        category=who.category if who else "",
        state=_("Set aside") if is_kept else _state(line, whole_minor, back_minor),
        refunds=refunds,
        refundable_minor=left_minor,
        request=request_queries.refund_request(line.payment_id, owner_id) if is_payment and line.payment_id else None,
        complaint=complaint,
        may_complain=to_a_shop
        and in_time
        and left_minor > 0
        and not is_kept
        and (complaint is None or complaint.decided_at is not None),
        is_kept=is_kept,
    )


def _is_kept(line: Line) -> bool:
    """Whether it is money that was set aside, and neither paid out nor given back yet."""
    if line.payment_id is None or line.transfer_id != payments.transfer_of(line.payment_id, "keep"):
        return False
    found = payments.named([line.payment_id]).get(line.payment_id)
    return found is not None and found.state is IntentState.AUTHORISED


def _refunds(line: Line, owner_id: UUID) -> tuple[Refund, ...]:
    if line.payment_id is None or line.refund_id is not None:
        return ()
    rows = models.Line.objects.filter(owner_id=owner_id, payment_id=line.payment_id, kind=LineKind.REFUND)
    return tuple(
        Refund(row.refund_id or row.id, abs(row.amount_minor), row.memo, row.at) for row in rows.order_by("id")
    )


def _state(line: Line, whole_minor: int, back_minor: int) -> str:
    if back_minor and back_minor >= whole_minor:
        return _("Refunded in full")
    if back_minor:
        return _("Refunded in part")
    return _("Done")
