"""An organisation's places."""

from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel.acting import own_tables
from bocage.kernel.errors import not_found
from bocage.services.health import limits, types
from bocage.services.health.models import Venue
from bocage.services.health.queries.passes import venue_of


def of(organisation_id: UUID) -> list[types.Venue]:
    """Its places whose posters are in use, newest first."""
    with own_tables("health"):
        rows = list(Venue.objects.filter(organisation_id=organisation_id, closed_at=None).order_by("-id"))
    return [venue_of(row) for row in rows[: limits.VENUES_MAX]]


def own(organisation_id: UUID, venue_id: UUID) -> types.Venue:
    """One of its places. Raises a `Refusal` (404) for another's."""
    with own_tables("health"):
        row = Venue.objects.filter(organisation_id=organisation_id, id=venue_id).first()
    if row is None:
        raise not_found(_("There is no such place of yours."))
    return venue_of(row)
