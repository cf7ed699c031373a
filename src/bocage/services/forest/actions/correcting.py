"""A person's word on what a merchant sells: all of her lines of it follow, past and to come."""

import json
from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, not_found
from bocage.services.forest import limits
from bocage.services.forest.actions.turns import one_at_a_time
from bocage.services.forest.engine_words import REFUNDED
from bocage.services.forest.models import Correction, Line
from bocage.services.forest.reading import corrections, purchase_of
from bocage.services.forest.weighing import Weighed, correctable, given_back, weigh

_CHANGED = (
    "reasons", "category", "item", "factor", "counted", "assessed", "probability", "micrograms", "low_micrograms",
    "high_micrograms", "book", "corrected",
)  # fmt: skip
_UPDATE_SQL = f"update forest_line set {', '.join(f'{name} = %s' for name in _CHANGED[1:])}, reasons = %s where id = %s"


def correct(person_id: UUID, line_id: UUID, category: str) -> int:
    """Give the merchant of a line a class ("" takes the person's word back); how many of her lines follow.

    Footprints are worked out anew by the engine's latest book; grams stay as they were earned. Raises `Refusal`.
    """
    if category and category not in correctable():
        raise Refusal("bad_category", _("Choose a category from the list."), field="category")
    one_at_a_time(person_id)
    line = Line.objects.filter(person_id=person_id, pk=line_id).first()
    if line is None:
        raise not_found(_("There is no such line among yours."), field="id")
    if not line.merchant:
        raise Refusal("no_merchant", _("This line names nobody whom other lines could follow."), field="id")
    said = Correction.objects.filter(person_id=person_id)
    if not category:
        said.filter(merchant=line.merchant).delete()
    elif not said.filter(merchant=line.merchant).update(category=category):
        if said.count() >= limits.CORRECTIONS_MAX:
            raise Refusal("too_many_corrections", _("Take back one of your older corrections first."))
        Correction.objects.create(
            person_id=person_id, merchant=line.merchant, category=category, created_at=clock.now()
        )
    lines = Line.objects.select_for_update().filter(person_id=person_id, merchant=line.merchant)
    rows = list(lines.order_by("booked_on", "id")[: limits.EARLIER_LINES_MAX])
    _weigh_anew(person_id, rows)
    _write(rows)
    return len(rows)


def _weigh_anew(person_id: UUID, rows: Sequence[Line]) -> None:
    said = corrections(person_id)
    statement = [row for row in rows if row.origin == "statement"]
    bought = [row for row in rows if row.origin == "payment" and row.amount_minor < 0]
    for group in (statement, bought):
        for row, weight in zip(group, weigh([purchase_of(row) for row in group], corrections=said), strict=True):
            _put(row, weight)
    bought_by_payment = {row.origin_id: row for row in bought}
    back_minor: dict[UUID, int] = {}
    refunds = [row for row in rows if row.origin == "payment" and row.amount_minor > 0]
    for refund in sorted(refunds, key=lambda row: row.id):
        before_minor = back_minor.get(refund.origin_id, 0)
        back_minor[refund.origin_id] = before_minor + refund.amount_minor
        _put_share(refund, bought_by_payment[refund.origin_id], before_minor)


def _write(rows: Sequence[Line]) -> None:
    """One small statement a row, sent in a pipeline: Django's `bulk_update` took fourteen seconds for 3,400 rows."""
    values = [[*(getattr(row, name) for name in _CHANGED[1:]), json.dumps(row.reasons), row.id] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(_UPDATE_SQL, values)


def _put(row: Line, weight: Weighed) -> None:
    for name in _CHANGED:
        setattr(row, name, getattr(weight, name))


def _put_share(refund: Line, bought: Line, before_minor: int) -> None:
    for name in _CHANGED:
        setattr(refund, name, getattr(bought, name))
    shares = (-bought.amount_minor, before_minor, before_minor + refund.amount_minor)
    refund.micrograms = given_back(bought.micrograms, *shares)
    refund.low_micrograms = given_back(bought.high_micrograms, *shares)
    refund.high_micrograms = given_back(bought.low_micrograms, *shares)
    refund.reasons = [*bought.reasons, {"step": "refund", "template": REFUNDED, "values": {}}]
