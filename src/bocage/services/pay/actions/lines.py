"""Writing the lines of wallets, in the transaction that moves the money."""

from dataclasses import dataclass
from uuid import UUID

from bocage.kernel import clock
from bocage.kernel.ids import uuid7
from bocage.services.pay.models import Line
from bocage.services.pay.types import LineKind, Payee


@dataclass(frozen=True)
class About:
    """What a line is about: the words on it, and the payment and refund that it belongs to."""

    memo: str = ""
    reference: str = ""
    payment_id: UUID | None = None
    refund_id: UUID | None = None


def write_line(
    owner_id: UUID,
    kind: LineKind,
    amount_minor: int,
    currency: str,
    transfer_id: UUID,
    about: About,
    *,
    counterpart: Payee | None = None,
    counterpart_name: str = "",
    fee_minor: int = 0,
) -> UUID:
    """One line of `owner_id`'s wallet; `amount_minor` is signed. Its id."""
    line = Line(
        id=uuid7(),
        owner_id=owner_id,
        kind=kind,
        amount_minor=amount_minor,
        fee_minor=fee_minor,
        currency=currency,
        counterpart_id=counterpart.id if counterpart else None,
        counterpart_name=counterpart.name if counterpart else counterpart_name,
        mcc=counterpart.mcc if counterpart else "",
        memo=about.memo,
        reference=about.reference,
        payment_id=about.payment_id,
        refund_id=about.refund_id,
        transfer_id=transfer_id,
        at=clock.now(),
    )
    # Not by save(): the writer of another's line may add it and not read it back.
    Line.objects.bulk_create([line])
    return line.id
