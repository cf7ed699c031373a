"""A statement that was handed in, read: used by the preview and by the confirmation alike."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bocage.engines.carbon.assess import REFUND_WINDOW
from bocage.engines.statements import Limits, Statement, StatementError, read
from bocage.engines.statements import Line as StatementLine
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.keys import subject_keys
from bocage.services.forest import limits
from bocage.services.forest.models import Line, Upload
from bocage.services.forest.weighing import Purchase

_READ_LIMITS = Limits(size_bytes=limits.UPLOAD_BYTES_MAX, lines=limits.UPLOAD_LINES_MAX)


def read_statement(content: bytes, name: str) -> Statement:
    """The statement in `content`. Raises `Refusal` (bad_statement) with the reader's words and advice."""
    try:
        return read(content, name=name, limits=_READ_LIMITS)
    except StatementError as error:
        raise Refusal("bad_statement", str(error), field="file") from None


def content_of(upload: Upload) -> bytes:
    """The bytes that were handed in. Raises `Refusal` when they are gone."""
    if upload.content is None:
        raise not_found(_("This statement is no longer kept. Import it again."), field="id")
    return subject_keys.decrypt(upload.person_id, bytes(upload.content), upload.id.bytes)


def purchases_of(statement: Statement) -> list[Purchase]:
    """The statement's lines as the engine takes them; the counterparty stands before a text that does not name it."""
    return [
        Purchase(
            fingerprint=line.fingerprint,
            booked_on=line.booked_on,
            amount_minor=line.amount_minor,
            currency=line.currency,
            exponent=line.exponent,
            text=_text_of(line),
            mcc=line.mcc,
            country=None,
        )
        for line in statement.lines
    ]


def fresh_of(person_id: UUID, purchases: Sequence[Purchase]) -> list[Purchase]:
    """Those of the purchases that the person does not have yet."""
    known = known_fingerprints(person_id, [purchase.fingerprint for purchase in purchases])
    return [purchase for purchase in purchases if purchase.fingerprint not in known]


def earlier_than(person_id: UUID, purchases: Sequence[Purchase]) -> list[Purchase]:
    """The person's kept lines that a refund among `purchases` may undo."""
    if not purchases:
        return []
    first = min(purchase.booked_on for purchase in purchases)
    last = max(purchase.booked_on for purchase in purchases)
    rows = Line.objects.filter(
        person_id=person_id, origin="statement", booked_on__gte=first - REFUND_WINDOW, booked_on__lte=last
    ).order_by("booked_on", "id")
    return [
        Purchase(
            row.fingerprint,
            row.booked_on,
            row.amount_minor,
            row.currency,
            row.exponent,
            row.text,
            row.mcc or None,
            row.country or None,
        )
        for row in rows[: limits.EARLIER_LINES_MAX]
    ]


def _text_of(line: StatementLine) -> str:
    text = line.text
    if line.counterparty and line.counterparty.casefold() not in text.casefold():
        text = f"{line.counterparty} {text}".strip()
    return text[: limits.TEXT_CHARACTERS_MAX]


def known_fingerprints(person_id: UUID, fingerprints: Sequence[str]) -> set[str]:
    """Those of the lines that the person has already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select fingerprint from forest_line where person_id = %s and fingerprint = any(%s)",
            [person_id, list(fingerprints)],
        )
        return {row[0] for row in cursor.fetchall()}
