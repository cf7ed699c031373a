"""A colour set by two officials: what is proposed is a request of 14 days; the proposal itself names nobody."""

from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.ids import uuid7
from bocage.services.health import limits
from bocage.services.health.actions import deciding
from bocage.services.health.actions.scheme import require_scheme
from bocage.services.health.models import COLOURS, ManualColour, RegisterLine

DAYS_MAX = 10
REASON_CHARACTERS_MIN = 10


def request(person_id: UUID, colour: str, reason: str, days: int) -> UUID:
    """Ask for a colour of up to 10 days, with the reasons that the person will read. The request's id.

    Raises a `Refusal` where she has no pass (she agreed to nothing), or the request is malformed.
    """
    reason = reason.strip()
    if colour not in COLOURS:
        raise Refusal("bad_colour", _("Choose green, yellow or red."), field="colour")
    if not REASON_CHARACTERS_MIN <= len(reason) <= limits.WORDS_CHARACTERS_MAX or "\0" in reason:
        raise Refusal(
            "reason_needed", _("Give your reasons in 10 to 1,000 characters: the person reads them."), field="reason"
        )
    if not 1 <= days <= DAYS_MAX:
        raise Refusal("bad_days", _("A colour set by hand lasts 1 to 10 days."), field="days")
    now = clock.now()
    row = ManualColour(
        id=uuid7(), person_id=person_id, colour=colour, reason=reason, until=now + timedelta(days=days), at=now
    )
    with acting_as(Actor.for_service("health")), own_tables("health"):
        require_scheme()
        if not deciding.has_pass(person_id):
            raise Refusal("no_pass", _("This person has no pass: nothing was agreed to."), field="handle")
        row.save(force_insert=True)
    return row.id


def put_in_force(request_id: UUID) -> None:
    """The second signature was given: count it in the public register for ever, and work the colour out."""
    with acting_as(Actor.for_service("health")):
        with own_tables("health"):
            require_scheme()
            row = _row(request_id)
            if row.state != "proposed":
                raise conflict("already_decided", _("This request was decided already."))
            row.state = "in_force"
            row.save(update_fields=["state"])
            RegisterLine.objects.create(kind="manual_set", at=clock.now())
        deciding.current(row.person_id)
        deciding.tell(row.person_id)
    emit("health.set_by_hand", subject_id=None, data={"lifted": False})


def lift(request_id: UUID) -> None:
    """Take a colour set by hand away: two signatures as well."""
    with acting_as(Actor.for_service("health")):
        with own_tables("health"):
            row = _row(request_id)
            if row.state != "in_force":
                raise conflict("not_in_force", _("This colour is not in force."))
            row.state = "lifted"
            row.save(update_fields=["state"])
            RegisterLine.objects.create(kind="manual_lifted", at=clock.now())
        deciding.current(row.person_id)
        deciding.tell(row.person_id)
    emit("health.set_by_hand", subject_id=None, data={"lifted": True})


def _row(request_id: UUID) -> ManualColour:
    row = ManualColour.objects.select_for_update().filter(id=request_id).first()
    if row is None:
        raise not_found(_("There is no such request, or its 14 days are over."))
    return row
