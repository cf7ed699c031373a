"""Claims: a sender wants the price back. The ledger sets it aside until one of the two or the town decides.

A claim is a complaint about the parcel's payment, so Pay's pages show it and the town's operators decide it there.
"""

from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.payments import actions as payments
from bocage.kernel.payments import queries
from bocage.kernel.payments.types import DisputeState
from bocage.services.parcel.actions.shipping import payment_of
from bocage.services.parcel.models import ShipmentRow
from bocage.services.parcel.types import ClaimReason


def claim(sender_id: UUID, shipment_id: UUID, reason: str) -> None:
    """Claim the price of a parcel back: damaged, lost or late. The same claim again changes nothing."""
    if reason not in set(ClaimReason):
        raise Refusal("reason_wrong", _("Say what is wrong: damaged, lost or late."), field="reason")
    row = _parcel(shipment_id, sender_id=sender_id)
    if not row.is_taken:
        raise conflict("not_handed_over", _("The carrier has no money of yours yet. Cancel the parcel instead."))
    came_on = clock.now() if row.is_running or row.moved_at is None else row.moved_at
    today = came_on.astimezone(ZoneInfo(settings.TOWN["time_zone"])).date()
    if reason != ClaimReason.DAMAGED and row.due_on is not None and today <= row.due_on:
        raise conflict("not_due_yet", _("It is promised for a later day. Wait until that has passed."))
    held = queries.dispute_about(payment_of(shipment_id))
    if held is not None and (held.state == DisputeState.WITHDRAWN or held.reason != reason):
        raise conflict("claimed_before", _("The price of this parcel was claimed before. It is claimed once alone."))
    payments.open_dispute(claim_of(shipment_id), payment_of(shipment_id), row.amount_minor, reason)


def withdraw_claim(sender_id: UUID, shipment_id: UUID) -> None:
    """Take a claim back: what was set aside is the carrier's again."""
    _parcel(shipment_id, sender_id=sender_id)
    payments.end_dispute(claim_of(shipment_id), DisputeState.WITHDRAWN)


def grant_claim(carrier_id: UUID, shipment_id: UUID) -> None:
    """The carrier gives the price back."""
    _parcel(shipment_id, carrier_id=carrier_id)
    payments.end_dispute(claim_of(shipment_id), DisputeState.FOR_PAYER)


def claim_of(shipment_id: UUID) -> UUID:
    """The id of the claim about a parcel."""
    return uuid5(shipment_id, "claim")


def _parcel(shipment_id: UUID, **side: UUID) -> ShipmentRow:
    with acting_as(Actor.for_service("parcel")):
        row = ShipmentRow.objects.filter(id=shipment_id, status__gt=0, **side).first()
    if row is None:
        raise not_found(_("There is no such parcel."))
    return row
