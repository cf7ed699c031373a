"""The receipt of a line: with whom, in what state, and what came back of it."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.identity import queries as identity
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
    return Receipt(
        line=line,
        owner_name=identity.party_name(owner_id),
        counterpart_handle=who.handle if who else "",
        counterpart_verified=bool(who and who.verified),
        category=who.category if who else "",
        state=_state(line, whole_minor, back_minor),
        refunds=refunds,
        refundable_minor=max(0, whole_minor - back_minor),
        request=request_queries.refund_request(line.payment_id, owner_id) if is_payment and line.payment_id else None,
    )


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
