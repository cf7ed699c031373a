"""What a person gives: an answer about a source, how she feels, where she is."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.kernel.consent import actions as consent
from bocage.kernel.consent import queries as consents
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.services.health import limits, words
from bocage.services.health.actions.scheme import require_scheme
from bocage.services.health.models import SYMPTOMS, CheckIn, Report, Venue

NONE = "none"


def answer(person_id: UUID, purpose: str, *, yes: bool) -> None:
    """Agree to a source, or take the agreement back; taking it back deletes what came from it, in this transaction."""
    if purpose not in words.PURPOSES:
        raise not_found(_("There is no such source."), field="purpose")
    if yes:
        with own_tables("health"):
            require_scheme()
        consent.grant(person_id, purpose)
    elif consents.is_granted(person_id, purpose):
        consent.withdraw(person_id, purpose)
    else:
        consent.refuse(person_id, purpose)


def report(person_id: UUID, symptoms: Collection[str], since: date) -> UUID:
    """Say how one feels: symptoms of `words.SYMPTOMS`, or "none" alone; `since` within the last 14 days. The id."""
    require_agreed(person_id, "health.report")
    said = sorted(set(symptoms), key=SYMPTOMS.index) if set(symptoms) <= set(SYMPTOMS) else []
    if not said or (NONE in said and len(said) > 1):
        raise Refusal("bad_symptoms", _("Choose what you feel, or that you feel well."), field="symptoms")
    today = clock.today(settings.TOWN["time_zone"])
    if not today - limits.KEPT < since <= today:
        raise Refusal("bad_day", _("Choose a day of the last two weeks."), field="since")
    now = clock.now()
    with own_tables("health"):
        require_scheme()
        mine = Report.objects.filter(person_id=person_id)
        latest = mine.order_by("-at").first()
        if latest and latest.symptoms == said and latest.since == since:
            return latest.id
        if mine.filter(at__gt=now - timedelta(days=1)).count() >= limits.REPORTS_A_DAY_MAX:
            raise Refusal("too_many_reports", _("You have reported often enough for today."), status=429)
        return Report.objects.create(person_id=person_id, symptoms=said, since=since, at=now).id


def check_in(person_id: UUID, token: str, check_in_id: UUID) -> UUID:
    """Be at the venue whose poster says `token`; leaves where one was before. `check_in_id` is the caller's key."""
    require_agreed(person_id, "health.checkins")
    now = clock.now()
    with own_tables("health"):
        require_scheme()
        venue = Venue.objects.filter(token=token, closed_at=None).first()
        if venue is None:
            raise not_found(_("This poster is no longer in use."), field="token")
        mine = CheckIn.objects.filter(person_id=person_id)
        known = mine.filter(id=check_in_id).first()
        if known:
            if known.venue_id != venue.id:
                raise conflict("check_in_exists", _("This check-in was at another place."), field="id")
            return known.id
        if mine.filter(arrived_at__gt=now - timedelta(days=1)).count() >= limits.CHECKINS_A_DAY_MAX:
            raise Refusal("too_many_check_ins", _("You have checked in often enough for today."), status=429)
        present = mine.filter(left_at=None, arrived_at__gt=now - limits.CHECKIN_LENGTH_MAX)
        here = present.filter(venue_id=venue.id).first()
        if here:
            return here.id
        present.update(left_at=now)
        try:
            with transaction.atomic():
                CheckIn.objects.create(id=check_in_id, person_id=person_id, venue_id=venue.id, arrived_at=now)
        except IntegrityError:
            # The same request beside us was first; or the id is somebody else's, which is not told.
            if not mine.filter(id=check_in_id, venue_id=venue.id).exists():
                raise conflict("check_in_exists", _("This check-in was at another place."), field="id") from None
        return check_in_id


def leave(person_id: UUID, check_in_id: UUID) -> None:
    """Be gone from there. Leaving again changes nothing."""
    now = clock.now()
    with own_tables("health"):
        row = CheckIn.objects.filter(person_id=person_id, id=check_in_id).first()
        if row is None:
            raise not_found(_("There is no such check-in of yours."))
        if row.left_at is None:
            row.left_at = min(now, row.arrived_at + limits.CHECKIN_LENGTH_MAX)
            row.save(update_fields=["left_at"])


def forget(person_id: UUID, check_in_id: UUID) -> None:
    """Delete one check-in. Deleting again changes nothing."""
    with own_tables("health"):
        CheckIn.objects.filter(person_id=person_id, id=check_in_id).delete()


def require_agreed(person_id: UUID, purpose: str) -> None:
    """Hold the person's agreement until the end of the transaction: a withdrawal meanwhile waits, and then deletes."""
    if not consents.hold_granted([person_id], purpose):
        raise Refusal(
            "not_agreed", _("You have not agreed to this source. Switch it on in your pass first."), status=403
        )
