"""What Parcel shows on the home screen: the parcel that comes next."""

from django.http import HttpRequest

from bocage.kernel.acting import current_actor
from bocage.services.parcel.queries import shipments
from bocage.services.parcel.words import status_title
from bocage.shell.types import Card


def card(request: HttpRequest) -> Card | None:
    """The next parcel to the person, if one is on its way."""
    found = shipments.coming(current_actor().required_subject())
    if found is None:
        return None
    return Card("plain", "parcel/card.html", {"parcel": found, "status": status_title(found.status)})
