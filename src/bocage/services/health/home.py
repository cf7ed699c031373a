"""What Health shows on the home screen: the colour, while a scheme is in force and its person has a pass."""

from django.http import HttpRequest

from bocage.kernel.acting import current_actor
from bocage.services.health.actions import deciding
from bocage.services.health.queries import passes, scheme
from bocage.shell.types import Card


def card(request: HttpRequest) -> Card | None:
    """The colour with its shape and word; nothing where there is no pass."""
    person_id = current_actor().subject_id
    if person_id is None or not deciding.has_pass(person_id) or scheme.in_force() is None:
        return None
    return Card("plain", "health/card.html", {"colour": passes.colour_of(deciding.current(person_id))}, order=10)
