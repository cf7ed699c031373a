"""Goals, and the letter of the month."""

import logging
from datetime import date
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.kernel.messages import actions as mail
from bocage.services.forest import insight
from bocage.services.forest.levers import advice
from bocage.services.forest.models import Preference

logger = logging.getLogger(__name__)

GOALS = (0, 5, 10, 20)


def set_goal(person_id: UUID, percent: int) -> None:
    """Aim at so many percent less than in the same month of the year before; 0 is no goal."""
    if percent not in GOALS:
        raise Refusal("bad_goal", _("Choose a goal from the list."), field="goal")
    Preference.objects.update_or_create(person_id=person_id, defaults={"goal_percent": percent})


def choose_letter(person_id: UUID, *, wanted: bool) -> None:
    """Get the letter of the month by mail, or no longer."""
    Preference.objects.update_or_create(person_id=person_id, defaults={"letter": wanted})


def send_letters() -> int:
    """Write the letter of the last month to everybody who asked for it and lets Forest read; how many went out.

    Each letter is a transaction of its own, so that one that fails keeps none of the others back.
    """
    with acting_as(Actor.for_service("forest")):
        wanted = list(Preference.objects.filter(letter=True).order_by("id").values_list("person_id", flat=True))
    sent = 0
    for person_id in wanted:
        try:
            sent += _send(person_id)
        except Exception:
            logger.exception("the letter of the month to %s was not written", person_id)
    return sent


def _claimed(person_id: UUID, month: date) -> bool:
    """Whether this run is the one to send the month's letter: the mark and the letter are one transaction."""
    wanted = Preference.objects.filter(person_id=person_id, letter=True).exclude(letter_of__gte=month)
    return wanted.update(letter_of=month) == 1


def _send(person_id: UUID) -> bool:
    with acting_as(Actor.for_service("forest")):
        # The names of categories are words already: read in the person's language, not in the job's.
        with translation.override(identity.person(person_id).language):
            seen = insight.comparison(person_id)
            year = insight.year(person_id)
        if not seen.month.lines or not _claimed(person_id, seen.month.first_day):
            return False
        context = {"seen": seen, "advice": advice(year.items) if year.is_enough else []}
        mail.send(person_id, "forest_month", context)
    return True
