"""Cash on delivery, without the cash: the receiver pays into escrow, the sender gets it with the delivery."""

from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import conflict, not_found
from bocage.kernel.payments import actions as payments
from bocage.services.parcel.models import ShipmentRow
from bocage.services.parcel.types import ENDED, Status


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
        escrow_of(shipment_id),
        receiver_id,
        row.sender_id,
        row.on_delivery_minor,
        row.currency,
        memo_ref=f"parcel:{shipment_id}",
        service="parcel",
    )


def settle(row: ShipmentRow) -> None:
    """Give what is kept to the sender of a delivered parcel, to the receiver of one that goes back. Runs as Parcel."""
    if not row.is_on_delivery_paid or row.is_on_delivery_settled or row.status not in ENDED:
        return
    if row.status == Status.DELIVERED:
        payments.release_escrow(escrow_of(row.id))
    else:
        payments.return_escrow(escrow_of(row.id), "not_delivered")
    row.is_on_delivery_settled = True
    row.save(update_fields=["is_on_delivery_settled"])


def escrow_of(shipment_id: UUID) -> UUID:
    """The id of the payment that is kept for a parcel."""
    return uuid5(shipment_id, "on delivery")
