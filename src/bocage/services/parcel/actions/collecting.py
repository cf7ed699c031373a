"""At a locker: the receiver says the parcel's number and its code, and its compartment opens once."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, not_found
from bocage.services.parcel.actions import scanning
from bocage.services.parcel.actions.capturing import require_carrier
from bocage.services.parcel.models import CompartmentRow, ShipmentRow
from bocage.services.parcel.types import Verdict


def collect(carrier_id: UUID, locker_id: UUID, question_id: UUID, number: str, code: str) -> tuple[int, Verdict]:
    """Open the compartment of a parcel: its number, and the verdict on the code; 0 where it stays closed.

    `question_id` is the locker's own: the same question again gets the same answer, and opens nothing else.
    """
    require_carrier(carrier_id)
    named = scanning.named_by(number)
    with acting_as(Actor.for_service("parcel")):
        here = CompartmentRow.objects.filter(locker_id=locker_id, locker__carrier_id=carrier_id)
        opened = here.filter(opened_by=question_id).first()
        if opened is not None:
            return opened.number, Verdict(question_id, done=True, known=True)
        parcel = ShipmentRow.objects.filter(carrier_id=carrier_id, **{named[0]: named[1]}).first() if named else None
        held = here.filter(shipment_id=parcel.id, filled_at__isnull=False).first() if parcel else None
        if held is None:
            raise not_found(_("No parcel with this number lies in this locker."), field="number")
        assert held.filled_at is not None, "it was asked for by that"
        # What lies inside was put there before, also where the phone that put it in runs fast.
        scan = scanning.Scan(question_id, number, "deliver", max(clock.now(), held.filled_at), code)
        (verdict,) = scanning.sync(carrier_id, None, [scan])
        if verdict.code == "ended":
            raise Refusal("ended", verdict.says, field="number")
        return (held.number if verdict.done else 0), verdict
