"""Works that the town plans: everybody sees them, they explain the traffic on their street, other services may ask."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.services.city import limits, words
from bocage.services.city.models import Works
from bocage.services.city.town_map import town_map


def plan(
    operator_id: UUID,
    works_id: UUID,
    title: str,
    street: str,
    closes: str,
    from_at: datetime,
    until_at: datetime,
    said: str,
) -> UUID:
    """Plan works on a street from an instant to another. The same `works_id` plans once. Its id.

    Raises a `Refusal` naming the field that will not do.
    """
    if Works.objects.filter(id=works_id).exists():
        return works_id
    title, said = title.strip(), said.strip()
    if not 1 <= len(title) <= limits.TITLE_CHARACTERS_MAX or "\0" in title:
        raise Refusal("bad_title", _("Write a title of 1 to 120 characters."), field="title")
    if len(said) > limits.WORDS_CHARACTERS_MAX or "\0" in said:
        raise Refusal("bad_words", _("Write 1,000 characters at most."), field="words")
    sheet = town_map()
    if sheet.streets and not sheet.has(street):
        raise Refusal("no_such_street", _("Choose a street of the map."), field="street")
    if not 1 <= len(street) <= limits.STREET_CHARACTERS_MAX or "\0" in street:
        raise Refusal("no_such_street", _("Name the street, in 80 characters at most."), field="street")
    if closes not in words.CLOSES:
        raise Refusal("bad_closes", _("Choose what they close."), field="closes")
    now = clock.now()
    if not from_at < until_at:
        raise Refusal("bad_end", _("They must end after they begin."), field="until")
    if until_at <= now or until_at - now > timedelta(days=limits.WORKS_DAYS_MAX):
        raise Refusal("bad_end", _("They must end after today, and within two years."), field="until")
    if Works.objects.filter(cancelled_at=None, until_at__gt=now).count() >= limits.WORKS_OPEN_MAX:
        raise conflict("too_many_works", _("As many works as fit are planned already."))
    Works.objects.create(
        id=works_id, title=title, street=street, closes=closes, words=said, from_at=from_at, until_at=until_at,
        made_by=operator_id, made_at=now,
    )  # fmt: skip
    data = {
        "works": works_id,
        "street": street,
        "closes": closes,
        "from": from_at,
        "until": until_at,
        "by": operator_id,
    }
    emit("city.works_planned", subject_id=None, data=data)
    return works_id


def cancel(operator_id: UUID, works_id: UUID) -> None:
    """They do not take place, or end now. Again changes nothing."""
    row = Works.objects.select_for_update().filter(id=works_id).first()
    if row is None:
        raise not_found(_("There are no such works."))
    if row.cancelled_at is None:
        row.cancelled_at = clock.now()
        row.save(update_fields=["cancelled_at"])
        data = {"works": works_id, "street": row.street, "by": operator_id}
        emit("city.works_cancelled", subject_id=None, data=data)
