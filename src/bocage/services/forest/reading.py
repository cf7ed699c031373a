"""A statement that was handed in, read and weighed: used by the preview and by the confirmation alike."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from bocage.engines.carbon import country_of_account
from bocage.engines.carbon.assess import REFUND_WINDOW
from bocage.engines.statements import BadLine, CsvMapping, Limits, Note, Statement, StatementError, preview_csv, read
from bocage.engines.statements import Line as StatementLine
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.keys import subject_keys
from bocage.services.forest import limits
from bocage.services.forest.models import Correction, Line, SharedAccount, Upload
from bocage.services.forest.statement_words import NOTES, PROBLEMS, error_words
from bocage.services.forest.types import Choices, Columns
from bocage.services.forest.weighing import WHOLE, Part, Purchase, Weighed, home_currency, weigh

_READ_LIMITS = Limits(size_bytes=limits.UPLOAD_BYTES_MAX, lines=limits.UPLOAD_LINES_MAX)
_NO_CURRENCY = "XXX"


@dataclass(frozen=True)
class Taken:
    """What a statement brings to a person: her new lines with their weights, those she has, those that are bad."""

    statement: Statement
    fresh: tuple[Purchase, ...]
    weighed: tuple[Weighed, ...]
    known: int
    bad_lines: tuple[BadLine, ...]


def take(upload: Upload) -> Taken:
    """Read and weigh what was handed in. Raises `Refusal` (not_found) when the file is gone."""
    person_id = upload.person_id
    statement = read_statement(content_of(upload), upload.name, upload.country, columns_of(upload))
    purchases = _purchases(statement, upload.country, part_of(upload))
    fresh = _fresh(person_id, purchases)
    weighed = weigh(fresh, _earlier_than(person_id, fresh), corrections(person_id))
    pairs = list(zip(fresh, weighed, strict=True))
    light = [pair for pair in pairs if max(map(abs, _bounds(pair[1]))) <= limits.LINE_MICROGRAMS_MAX]
    heavy = [
        BadLine(purchase.source_line, "amount", PROBLEMS["too-heavy"], "too-heavy")
        for purchase, weight in pairs
        if max(map(abs, _bounds(weight))) > limits.LINE_MICROGRAMS_MAX
    ]
    return Taken(
        statement=statement,
        fresh=tuple(purchase for purchase, _weight in light),
        weighed=tuple(weight for _purchase, weight in light),
        known=len(purchases) - len(fresh),
        bad_lines=(*statement.bad_lines, *heavy),
    )


def read_statement(content: bytes, name: str, country: str, columns: Columns | None = None) -> Statement:
    """The statement in `content`; amounts of no currency are taken in that of `country`, which a note says.

    Raises `Refusal` (bad_statement, or columns_unknown for a CSV whose columns must be said) naming file, line, field.
    """
    mapping = _mapping(columns)
    try:
        statement = read(content, name=name, limits=_READ_LIMITS, mapping=mapping)
        currency = home_currency(country)
        if currency and any(account.currency == _NO_CURRENCY for account in statement.accounts):
            statement = read(content, name=name, limits=_READ_LIMITS, mapping=mapping, currency=currency)
            text = NOTES["currency-assumed"].format(currency=currency)
            notes = (*statement.notes, Note("currency-assumed", text))
            statement = Statement(**{**_fields(statement), "notes": notes})
        return statement
    except StatementError as error:
        code = "columns_unknown" if error.code in {"columns-unknown", "mapping-wrong"} else "bad_statement"
        raise Refusal(code, error_words(error), field="file") from None


def choices_of(upload: Upload) -> Choices:
    """The first rows of a CSV and what its columns seem to hold. Raises `Refusal` for what is no CSV."""
    return choices(upload.id, upload.name, content_of(upload), columns_of(upload))


def choices(
    file_id: UUID, name: str, content: bytes, chosen: Columns | None = None, within: Limits = _READ_LIMITS
) -> Choices:
    """The same of any bytes. Raises `Refusal` for what is no CSV."""
    try:
        found = preview_csv(content, name=name, limits=within)
    except StatementError as error:
        raise Refusal("bad_statement", error_words(error), field="file") from None
    width = max((len(row) for row in found.rows), default=0)
    rows = tuple((*row, *[""] * (width - len(row))) for row in found.rows[: limits.COLUMN_ROWS_SHOWN])
    return Choices(file_id, name, rows, _names(rows), chosen or _guess(found.mapping, rows))


def part_of(upload: Upload) -> Part:
    """The person's part of the account. Raises `Refusal` (not_shared) once it is not shared, or not by her."""
    if upload.shared_id is None:
        return WHOLE
    both = Q(asker_id=upload.person_id) | Q(asked_id=upload.person_id)
    found = SharedAccount.objects.filter(both, pk=upload.shared_id, agreed_at__isnull=False, ended_at=None).first()
    if found is None:
        raise Refusal(
            "not_shared", _("You both have not agreed to share this account, or no longer do."), field="shared_id"
        )
    asked_first = found.asker_id == upload.person_id
    return Part(0, found.asker_percent) if asked_first else Part(found.asker_percent, 100)


def columns_of(upload: Upload) -> Columns | None:
    """The columns that the person has chosen."""
    return Columns(**upload.columns) if upload.columns else None


def as_kept(columns: Columns) -> dict[str, Any]:
    """The columns as the database keeps them."""
    return asdict(columns)


def content_of(upload: Upload) -> bytes:
    """The bytes that were handed in. Raises `Refusal` when they are gone."""
    if upload.content is None:
        raise not_found(_("This statement is no longer kept. Import it again."), field="id")
    return subject_keys.decrypt(upload.person_id, bytes(upload.content), upload.id.bytes)


def corrections(person_id: UUID) -> dict[str, str]:
    """The classes that the person gave to merchants."""
    return dict(Correction.objects.filter(person_id=person_id).values_list("merchant", "category"))


def purchase_of(row: Line) -> Purchase:
    """A kept line as the engine takes it."""
    return Purchase(
        fingerprint=row.fingerprint,
        booked_on=row.booked_on,
        amount_minor=row.amount_minor,
        currency=row.currency,
        exponent=row.exponent,
        text=row.text,
        mcc=row.mcc or None,
        country=row.country or None,
        home=row.home or None,
        part=Part(row.share_from_percent, row.share_to_percent),
    )


def _purchases(statement: Statement, country: str, part: Part) -> list[Purchase]:
    """The statement's lines as the engine takes them; the counterparty stands before a text that does not name it."""
    homes = [country or country_of_account(account.identifier) for account in statement.accounts]
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
            home=homes[line.account],
            source_line=line.source_line,
            account=str(line.account),
            part=part,
        )
        for line in statement.lines
    ]


def _fresh(person_id: UUID, purchases: Sequence[Purchase]) -> list[Purchase]:
    """Those of the purchases that the person does not have yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select fingerprint from forest_line where person_id = %s and fingerprint = any(%s)",
            [person_id, [purchase.fingerprint for purchase in purchases]],
        )
        known = {row[0] for row in cursor.fetchall()}
    return [purchase for purchase in purchases if purchase.fingerprint not in known]


def _earlier_than(person_id: UUID, purchases: Sequence[Purchase]) -> list[Purchase]:
    """The person's kept lines that a refund among `purchases` may undo."""
    if not purchases:
        return []
    first = min(purchase.booked_on for purchase in purchases)
    last = max(purchase.booked_on for purchase in purchases)
    rows = Line.objects.filter(
        person_id=person_id, origin="statement", booked_on__gte=first - REFUND_WINDOW, booked_on__lte=last
    ).order_by("booked_on", "id")
    return [purchase_of(row) for row in rows[: limits.EARLIER_LINES_MAX]]


def _text_of(line: StatementLine) -> str:
    text = line.text
    if line.counterparty and line.counterparty.casefold() not in text.casefold():
        text = f"{line.counterparty} {text}".strip()
    return text[: limits.TEXT_CHARACTERS_MAX]


def _bounds(weight: Weighed) -> tuple[int, int, int]:
    return weight.low_micrograms, weight.micrograms, weight.high_micrograms


def _fields(statement: Statement) -> dict[str, Any]:
    return {name: getattr(statement, name) for name in Statement.__dataclass_fields__}


def _mapping(columns: Columns | None) -> CsvMapping | None:
    if columns is None:
        return None
    return CsvMapping(
        date=columns.date,
        amount=columns.amount,
        debit=columns.debit,
        credit=columns.credit,
        text=() if columns.text is None else (columns.text,),
        currency=columns.currency,
        negate=columns.spent_is_positive,
    )


def _guess(mapping: CsvMapping | None, rows: tuple[tuple[str, ...], ...]) -> Columns | None:
    """What the reader takes the columns for, by their places."""

    def place(column: int | str | None) -> int | None:
        if isinstance(column, str):
            return next((at for row in rows for at, cell in enumerate(row) if cell.strip() == column), None)
        return column

    date = place(mapping.date) if mapping else None
    if mapping is None or date is None:
        return None
    return Columns(
        date=date,
        amount=place(mapping.amount),
        debit=place(mapping.debit),
        credit=place(mapping.credit),
        text=place(mapping.text[0]) if mapping.text else None,
        currency=place(mapping.currency),
        spent_is_positive=mapping.negate,
    )


def _names(rows: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """What stands on top of each column: the cells of the first row that has the most."""
    fullest = max(rows, key=lambda row: sum(bool(cell.strip()) for cell in row), default=())
    return tuple(cell.strip()[: limits.COLUMN_NAME_CHARACTERS_SHOWN] for cell in fullest[: limits.COLUMNS_SHOWN_MAX])
