"""Cash on delivery, without the cash: the receiver pays into escrow, the sender gets it with the delivery."""

import logging
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.payments import actions as payments
from bocage.services.parcel import limits
from bocage.services.parcel.models import ShipmentRow
from bocage.services.parcel.types import ENDED, Status

logger = logging.getLogger(__name__)


@transaction.atomic
def pay_on_delivery(receiver_id: UUID, shipment_id: UUID, amount_minor: int) -> None:
    """Pay what the sender asks, to be kept until the parcel is delivered. Paid again it stays as it is.

    `amount_minor` is what the receiver was shown.
    """
    with acting_as(Actor.for_service("parcel")):
        row = ShipmentRow.objects.select_for_update().filter(id=shipment_id, receiver_id=receiver_id).first()
        if row is None or row.status == Status.DRAFT or not row.on_delivery_minor:
            raise not_found(_("There is no such parcel."))
        if row.is_on_delivery_paid:
            return
        if row.status in ENDED:
            raise conflict("ended", _("This parcel has arrived, gone back or been cancelled already."))
        if row.on_delivery_minor != amount_minor:
            raise conflict("price_changed", _("The price has changed. Look at it again."), field="amount_minor")
        row.is_on_delivery_paid = True
        row.save(update_fields=["is_on_delivery_paid"])
    payments.open_escrow(
        escrow_of(shipment_id, row.on_delivery_returns),
        receiver_id,
        row.sender_id,
        row.on_delivery_minor,
        row.currency,
        memo_ref=f"parcel:{shipment_id}",
        service="parcel",
    )


@transaction.atomic
def waive(sender_id: UUID, shipment_id: UUID) -> None:
    """Ask the receiver for nothing after all: the door opens unpaid, and what was paid is the receiver's again.

    Waived again it stays as it is.
    """
    with acting_as(Actor.for_service("parcel")):
        row = ShipmentRow.objects.select_for_update().filter(id=shipment_id, sender_id=sender_id).first()
        if row is None or row.status == Status.DRAFT:
            raise not_found(_("There is no such parcel."))
        if row.status in ENDED or row.is_on_delivery_settled:
            raise conflict("ended", _("This parcel has arrived, gone back or been cancelled already."))
        if row.is_on_delivery_paid:
            _give_back(row, "waived")
        row.on_delivery_minor = 0
        row.save(update_fields=["on_delivery_minor"])


def settle(row: ShipmentRow) -> None:
    """Give what is kept to the sender of a delivered parcel, to the receiver of one that goes back. Runs as Parcel."""
    if not row.is_on_delivery_paid or row.is_on_delivery_settled or row.status not in ENDED:
        return
    if row.status == Status.DELIVERED:
        payments.release_escrow(escrow_of(row.id, row.on_delivery_returns))
        row.is_on_delivery_settled = True
        row.save(update_fields=["is_on_delivery_settled"])
    else:
        _give_back(row, "not_delivered")


def give_back_lost() -> int:
    """Give back what is kept for parcels that nobody has seen for `limits.ON_DELIVERY_KEPT`; of how many.

    Runs as Parcel. One that turns up after all is paid for again before its door opens.
    """
    rows = (
        ShipmentRow.objects.alias(seen_at=Coalesce("moved_at", "created_at"))
        .filter(is_running=True, is_on_delivery_paid=True, is_on_delivery_settled=False)
        .filter(seen_at__lt=clock.now() - limits.ON_DELIVERY_KEPT)
    )
    given = 0
    for row in rows.order_by("id").select_for_update(skip_locked=True)[: limits.TOLD_A_RUN_MAX]:
        try:
            _give_back(row, "lost")
            given += 1
        except Refusal as refusal:
            logger.error("parcel %s: what its receiver paid could not be given back: %s", row.id, refusal.code)
    return given


def _give_back(row: ShipmentRow, reason: str) -> None:
    payments.return_escrow(escrow_of(row.id, row.on_delivery_returns), reason)
    # Not paid any more: should it come back on its way, no door opens for money that the receiver has again.
    row.is_on_delivery_paid, row.on_delivery_returns = False, row.on_delivery_returns + 1
    row.save(update_fields=["is_on_delivery_paid", "on_delivery_returns"])


def escrow_of(shipment_id: UUID, returns: int = 0) -> UUID:
    """The id of the payment that is kept for a parcel, after so many that went back."""
    return uuid5(shipment_id, f"on delivery {returns}" if returns else "on delivery")
