"""What a company's pages show: its files, a preview, its years."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bocage.engines.carbon.business import Record
from bocage.engines.statements import Limits, StatementError
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.keys import subject_keys
from bocage.services.forest import limits, reading
from bocage.services.forest.company_columns import CompanyColumns, kept, mapping_of
from bocage.services.forest.company_papers import Papers, read_papers
from bocage.services.forest.models import CompanyFile, CompanyYear
from bocage.services.forest.statement_words import error_words
from bocage.services.forest.types import Choices
from bocage.services.forest.weighing import home_currency

PREVIEW_RECORDS = 20
LIMITS = Limits(size_bytes=limits.COMPANY_FILE_BYTES_MAX, lines=limits.COMPANY_FILE_LINES_MAX)


@dataclass(frozen=True)
class FileView:
    """A file as the company sees it in its list."""

    id: UUID
    name: str
    format: str
    state: str
    records: int
    first_on: date | None
    last_on: date | None
    created_at: datetime


@dataclass(frozen=True)
class FilePreview:
    """What keeping a file would bring: `known` lines are in another file already, `twin` is a kept file's name."""

    file: FileView
    first: tuple[Record, ...]
    notes: tuple[str, ...]
    known: int
    twin: str


@dataclass(frozen=True)
class YearView:
    """A year and what the company said of itself."""

    year: int
    revenue_minor: int | None
    contract_kg_a_kwh: Decimal | None
    contract_percent: int
    first_month: int
    result: dict[str, Any] | None

    @property
    def name(self) -> str:
        return year_name(self.year, self.first_month)


def read_file(organisation_id: UUID, name: str, content: bytes, columns: CompanyColumns | None = None) -> Papers:
    """A file's records. Raises `Refusal` naming file, line and field.

    It is `columns_unknown` for a CSV whose columns must be said or were said wrongly, and `bad_file` for any other.
    """
    currency = home_currency(identity.organisation(organisation_id).country) or "EUR"
    try:
        mapping = mapping_of(columns) if columns else None
        return read_papers(content, name=name, currency=currency, limits=LIMITS, mapping=mapping)
    except StatementError as error:
        code = "columns_unknown" if error.code in {"columns-unknown", "mapping-wrong"} else "bad_file"
        raise Refusal(code, error_words(error), field="file", status=422) from None


def choices(organisation_id: UUID, file_id: UUID) -> Choices:
    """The first rows of a CSV whose columns somebody has to say. Raises `Refusal` (not_found, bad_statement)."""
    row = found(organisation_id, file_id)
    return reading.choices(row.id, row.name, content_of(row), kept(row.columns), LIMITS)


def kept_records(organisation_id: UUID) -> list[Record]:
    """The records of all kept files."""
    records: list[Record] = []
    rows = CompanyFile.objects.filter(organisation_id=organisation_id, state="kept")
    for row in rows.order_by("id"):
        # Two files of one name are two files: lines are told apart by it.
        named = f"{row.name} ({row.digest[:4]})"
        records += read_file(organisation_id, named, content_of(row), kept(row.columns)).records
    return records


def files(organisation_id: UUID) -> list[FileView]:
    """The company's files, the latest first."""
    rows = CompanyFile.objects.filter(organisation_id=organisation_id).defer("content").order_by("-id")
    return [_file(row) for row in rows[: limits.COMPANY_FILES_MAX]]


def preview(organisation_id: UUID, file_id: UUID) -> FilePreview:
    """What keeping it would bring. Raises `Refusal` (not_found, or columns_unknown where they must be said first)."""
    row = found(organisation_id, file_id)
    if row.state == "columns":
        raise columns_unknown()
    papers = read_file(organisation_id, row.name, content_of(row), kept(row.columns))
    twin = CompanyFile.objects.filter(organisation_id=organisation_id, digest=row.digest, state="kept")
    known = 0
    if row.state != "kept":
        there = {_key(one) for one in kept_records(organisation_id)}
        known = sum(_key(one) in there for one in papers.records if not one.settles)
    return FilePreview(
        file=_file(row),
        first=tuple(each for each in papers.records if not each.settles)[:PREVIEW_RECORDS],
        notes=papers.notes[: limits.BAD_LINES_SHOWN_MAX],
        known=known,
        twin=twin.exclude(pk=row.id).values_list("name", flat=True).first() or "",
    )


def columns_unknown() -> Refusal:
    return Refusal("columns_unknown", _("Say first which column of the file holds what."), field="file", status=409)


def found(organisation_id: UUID, file_id: UUID) -> CompanyFile:
    """The company's file. Raises `Refusal` (not_found)."""
    row = CompanyFile.objects.filter(organisation_id=organisation_id, pk=file_id).first()
    if row is None:
        raise not_found(_("There is no such file among yours."), field="id")
    return row


def years(organisation_id: UUID) -> list[int]:
    """The years that were worked out, the latest first."""
    rows = CompanyYear.objects.filter(organisation_id=organisation_id, result__isnull=False)
    return list(rows.order_by("-year").values_list("year", flat=True))


def year(organisation_id: UUID, number: int) -> YearView:
    """A year; without a result where no file reaches into it."""
    row = CompanyYear.objects.filter(organisation_id=organisation_id, year=number).first()
    if row is None:
        return YearView(number, None, None, 100, first_month(organisation_id), None)
    said = (row.revenue_minor, row.contract_kg_a_kwh, row.contract_percent)
    return YearView(number, *said, row.first_month, row.result)


def report(organisation_id: UUID, number: int) -> dict[str, Any]:
    """What was worked out of a year. Raises `Refusal` (not_a_company, not_found)."""
    if not identity.organisations([organisation_id]):
        raise Refusal("not_a_company", _("Act for an organisation first: this page is a company's."), status=403)
    row = CompanyYear.objects.filter(organisation_id=organisation_id, year=number, result__isnull=False).first()
    if row is None or row.result is None:
        raise not_found(_("No file reaches into this year."), field="year")
    begins = date(number, row.first_month, 1)
    ends = date(number + (row.first_month > 1), (row.first_month - 2) % 12 + 1, 1)
    ends = ends.replace(day=monthrange(ends.year, ends.month)[1])
    return {"begins": begins, "ends": ends, **row.result}


def first_month(organisation_id: UUID) -> int:
    """The month that the company's years begin in: January unless it said another."""
    rows = CompanyYear.objects.filter(organisation_id=organisation_id)
    return rows.values_list("first_month", flat=True).first() or 1


def financial_year(on: date, month: int) -> int:
    """The calendar year in which the company's year with this day began, where its years begin in `month`."""
    return on.year if on.month >= month else on.year - 1


def year_name(number: int, month: int) -> str:
    """ "2025", or "2025/26" for a year that goes over into the next."""
    return str(number) if month == 1 else f"{number}/{(number + 1) % 100:02d}"


def _key(one: Record) -> tuple[object, ...]:
    return (one.origin, one.on, one.amount_minor, one.text, one.account, one.quantity, one.reference)


def content_of(row: CompanyFile) -> bytes:
    """The bytes that were handed in."""
    return subject_keys.decrypt(row.organisation_id, bytes(row.content), row.id.bytes)


def _file(row: CompanyFile) -> FileView:
    return FileView(row.id, row.name, row.format, row.state, row.records, row.first_on, row.last_on, row.created_at)
