"""What a person writes down by hand, mostly what she paid in cash: her own word, so it weighs and earns no grams."""

from datetime import date
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bocage.engines.statements.types import FIRST_DATE
from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.services.forest import limits
from bocage.services.forest.actions.importing import as_line
from bocage.services.forest.actions.turns import one_at_a_time
from bocage.services.forest.models import Line
from bocage.services.forest.reading import purchase_of
from bocage.services.forest.types import Noted
from bocage.services.forest.weighing import Purchase, home_currency, notable, weigh_noted


def note(person_id: UUID, line_id: UUID, noted: Noted) -> Line:
    """Keep one purchase as the person tells it, and weigh it; the same id and words again change nothing.

    Raises `Refusal` (bad_category, bad_country, bad_date, bad_amount, bad_text, too_many_notes, id_conflict).
    """
    purchase = _purchase(line_id, noted)
    one_at_a_time(person_id)
    taken = conflict("id_conflict", _("This id is another line's."), field="id")
    found = Line.objects.filter(pk=line_id).first()
    if found is not None:
        if found.origin != "noted" or (purchase_of(found), found.category) != (purchase, noted.category):
            raise taken
        return found
    if Line.objects.filter(person_id=person_id, origin="noted").count() >= limits.NOTES_MAX:
        raise Refusal("too_many_notes", _("You wrote down very much already. Remove older notes first."))
    weight = weigh_noted(purchase, noted.category)
    if weight.high_micrograms > limits.LINE_MICROGRAMS_MAX:
        raise _bad_amount()
    line = as_line(line_id, person_id, "noted", line_id, purchase, weight)
    # Row-level security hides another person's line of this id: only the insert finds out.
    Line.objects.bulk_create([line], ignore_conflicts=True)
    if not Line.objects.filter(pk=line_id).exists():
        raise taken
    return line


def remove(person_id: UUID, line_id: UUID) -> date:
    """Take a note back; its day. Raises `Refusal` (not_found) for what is no note of hers: banks' lines stay."""
    one_at_a_time(person_id)
    line = Line.objects.filter(person_id=person_id, pk=line_id, origin="noted").first()
    if line is None:
        raise not_found(_("There is no such note among yours."), field="id")
    line.delete()
    return line.booked_on


def _purchase(line_id: UUID, noted: Noted) -> Purchase:
    if noted.category not in notable():
        raise Refusal("bad_category", _("Choose a category from the list."), field="category")
    currency = home_currency(noted.country)
    if currency is None:
        raise Refusal("bad_country", _("Choose a country from the list."), field="country")
    if not FIRST_DATE <= noted.booked_on <= clock.today(settings.TOWN["time_zone"]):
        raise Refusal("bad_date", _("Give a day up to today."), field="booked_on")
    if not 0 < noted.amount_minor <= limits.NOTED_MINOR_MAX:
        raise _bad_amount()
    text = " ".join(noted.text.split())
    if len(text) > limits.NOTED_TEXT_CHARACTERS_MAX or not text.isprintable():
        raise Refusal("bad_text", _("Say it in a few plain words."), field="text")
    return Purchase(
        fingerprint=f"noted:{line_id}",
        booked_on=noted.booked_on,
        amount_minor=-noted.amount_minor,
        currency=currency,
        exponent=2,
        text=text,
        mcc=None,
        country=noted.country,
        home=noted.country,
    )


def _bad_amount() -> Refusal:
    return Refusal("bad_amount", _("Give an amount of more than nothing and up to a million."), field="amount")
