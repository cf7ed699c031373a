"""Receivers are told when their parcel's status changes, where they agreed to that."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID, uuid5

from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from bocage.kernel import clock
from bocage.kernel.consent.queries import is_granted
from bocage.kernel.errors import Refusal
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries as identity
from bocage.kernel.keys.subject_keys import Erased
from bocage.kernel.notifications.actions import notify
from bocage.services.parcel import limits
from bocage.services.parcel.actions import on_delivery, shipping
from bocage.services.parcel.actions.capturing import tell_soon
from bocage.services.parcel.models import ShipmentRow, UntoldRow
from bocage.services.parcel.types import Status
from bocage.services.parcel.words import status_title

logger = logging.getLogger(__name__)

NOTIFY = "parcel.notify"


def tell_changed() -> int:
    """Say of each parcel that moved where it stands, once a status, and settle what was handed over.

    Those that nobody has tried come before those that could not be settled, so that no number of the latter keeps other
    receivers from their news. How many were done or tried for the first time: as many as fit say that there is more.
    """
    queue = UntoldRow.objects.order_by(F("tried_at").asc(nulls_first=True), "shipment_id")
    untold = list(queue.values_list("shipment_id", "tried_at")[: limits.TOLD_A_RUN_MAX])
    tried = {shipment_id for shipment_id, tried_at in untold if tried_at is not None}
    # The parcel is locked before its row here goes, as in a capture: the other way round they would wait for ever.
    ids = [shipment_id for shipment_id, _tried_at in untold]
    rows = ShipmentRow.objects.filter(id__in=ids).order_by("id").select_for_update(skip_locked=True)
    found = list(rows)
    done: list[UUID] = []
    failed: list[UUID] = []
    for row in found:
        (failed if row.told != row.status and not _tell(row) else done).append(row.id)
    ShipmentRow.objects.filter(id__in=done).update(told=F("status"))
    UntoldRow.objects.filter(shipment_id__in=done).delete()
    UntoldRow.objects.filter(shipment_id__in=failed).update(tried_at=clock.now())
    return len(done) + len(set(failed) - tried)


def try_again() -> None:
    """Ask for `tell_changed` again, where something is left that could not be settled."""
    if UntoldRow.objects.exists():
        tell_soon()


def say_lapsed(rows: Iterable[ShipmentRow]) -> None:
    """Say to receivers, who agreed to that, that no compartment is kept for their parcels any more."""
    for row in rows:
        if row.receiver_id is not None and is_granted(row.receiver_id, NOTIFY):
            says = gettext_lazy("Parcel from %(name)s: no compartment is kept for it any more. It comes to your door.")
            _notify(row.receiver_id, row, says)


def _tell(row: ShipmentRow) -> bool:
    """Settle what a parcel's new status settles, and say it; False where that is to be tried again."""
    if not row.is_taken and row.status not in (Status.ANNOUNCED, Status.CANCELLED):
        _take_payment(row)
    try:
        on_delivery.settle(row)
    except Refusal as refusal:
        logger.error("parcel %s: what its receiver paid could not be settled: %s", row.id, refusal.code)
        return False
    # An erased receiver can no longer be told, and nothing can be written about her.
    with suppress(Erased):
        _say(row)
    return True


def _take_payment(row: ShipmentRow) -> None:
    # A payment that lapsed before the first scan came is that parcel's trouble, and keeps no other receiver from news.
    # It is asked for again when the parcel moves on.
    try:
        shipping.take_payment(row)
    except Refusal as refusal:
        logger.error("parcel %s: its carrier could not take the payment: %s", row.id, refusal.code)


def _say(row: ShipmentRow) -> None:
    status = Status(row.status)
    subject_id = row.receiver_id or row.sender_id
    emit(
        "parcel.moved",
        subject_id=subject_id,
        key=str(uuid5(row.id, f"{status}:{row.moved_by}")),
        data={
            "shipment_id": str(row.id),
            "status": status.name.lower(),
            "at": (row.moved_at or clock.now()).isoformat(),
            "carrier_id": str(row.carrier_id),
        },
    )
    if row.receiver_id is not None and is_granted(row.receiver_id, NOTIFY):
        _notify(row.receiver_id, row, gettext_lazy("Parcel from %(name)s: %(status)s"))


def _notify(person_id: UUID, row: ShipmentRow, says: Promise) -> None:
    person = identity.persons([person_id]).get(person_id)
    if person is None:
        return
    with translation.override(person.language):
        title = str(says) % {"name": row.sender_name, "status": status_title(Status(row.status))}
        notify(person_id, title, "", reverse("parcel:shipment", args=[row.id]))
