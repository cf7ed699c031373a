"""A company hands files in, keeps or removes them, and says of itself what no file says; its years follow at once.

Each action is whole or nothing by itself, as a page may answer its refusal with a redirect, which commits.
"""

import hashlib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from bocage.engines.carbon import CarbonError
from bocage.engines.carbon.business import Contract, Record, assess
from bocage.kernel import clock
from bocage.kernel.errors import Refusal, conflict
from bocage.kernel.identity import queries as identity
from bocage.kernel.keys import subject_keys
from bocage.services.forest import company, limits, reading
from bocage.services.forest.actions.turns import take_turns
from bocage.services.forest.company_columns import CompanyColumns
from bocage.services.forest.company_columns import as_kept as columns_as_kept
from bocage.services.forest.company_papers import Papers
from bocage.services.forest.company_results import as_kept
from bocage.services.forest.models import CompanyFile, CompanyYear

FIRST_YEAR, LAST_YEAR = 1990, 2100
YEARS_A_FILE_MAX = 12
MONTHS = 12
REVENUE_MINOR_MAX = 10**15
# Headings alone hold nothing.
_ROWS_MIN = 2


@transaction.atomic
def receive(organisation_id: UUID, file_id: UUID, name: str, content: bytes) -> UUID:
    """Take a file in for a preview, under the caller's id; the same id and bytes again change nothing.

    A CSV whose columns are not recognised waits in the state `columns` until `choose_columns`.
    Raises `Refusal` (too_large, full, bad_file, nothing_in_it, too_long).
    """
    if len(content) > limits.COMPANY_FILE_BYTES_MAX:
        raise Refusal("too_large", _("A file of accounts may have at most 10 MB. Split it."), field="file", status=413)
    digest = hashlib.sha256(content).hexdigest()
    taken = conflict("id_conflict", _("This id is another file's."), field="id")
    take_turns(organisation_id)
    known = CompanyFile.objects.filter(pk=file_id).first()
    if known is not None:
        if (known.organisation_id, known.digest) != (organisation_id, digest):
            raise taken
        return file_id
    name = name.replace("\0", "")[-limits.NAME_CHARACTERS_MAX :] or "accounts"
    read = _read_or_wait(organisation_id, file_id, name, content)
    _make_room(organisation_id, len(content))
    row = CompanyFile(
        id=file_id,
        organisation_id=organisation_id,
        name=name,
        digest=digest,
        size_bytes=len(content),
        content=subject_keys.encrypt(organisation_id, content, file_id.bytes),
        created_at=clock.now(),
        **read,
    )
    # Row-level security hides another company's file of this id: only the insert finds out.
    CompanyFile.objects.bulk_create([row], ignore_conflicts=True)
    if not CompanyFile.objects.filter(pk=file_id).exists():
        raise taken
    return file_id


@transaction.atomic
def choose_columns(organisation_id: UUID, file_id: UUID, columns: CompanyColumns) -> None:
    """Read a CSV by the columns that somebody chose; a kept file stays as it was read.

    Raises `Refusal` (columns_unknown, bad_file, nothing_in_it, too_long) where they do not fit it.
    """
    take_turns(organisation_id)
    row = company.found(organisation_id, file_id)
    if row.state == "kept":
        return
    read = _as_read(company.read_file(organisation_id, row.name, company.content_of(row), columns))
    for name, value in read.items():
        setattr(row, name, value)
    row.columns = columns_as_kept(columns)
    row.save(update_fields=[*read, "columns"])


@transaction.atomic
def keep(organisation_id: UUID, file_id: UUID) -> None:
    """Make the file part of the company's years. Twice, or the same bytes under another name, changes nothing."""
    take_turns(organisation_id)
    row = company.found(organisation_id, file_id)
    if row.state == "kept":
        return
    if row.state == "columns":
        raise company.columns_unknown()
    if CompanyFile.objects.filter(organisation_id=organisation_id, digest=row.digest, state="kept").exists():
        row.delete()
        return
    row.state = "kept"
    row.save(update_fields=["state"])
    work_out(organisation_id, _years_of(row, company.first_month(organisation_id)))


@transaction.atomic
def remove(organisation_id: UUID, file_id: UUID) -> None:
    """Forget a file; the years are worked out without it."""
    take_turns(organisation_id)
    row = company.found(organisation_id, file_id)
    was_kept, numbers = row.state == "kept", _years_of(row, company.first_month(organisation_id))
    row.delete()
    if was_kept:
        work_out(organisation_id, numbers)


@transaction.atomic
def describe_year(
    organisation_id: UUID,
    year: int,
    *,
    revenue_minor: int | None,
    contract_kg_a_kwh: Decimal | None,
    contract_percent: int,
    first_month: int = 1,
) -> None:
    """What no file says: net revenue (cents), the electricity that comes by a contract, and when a year begins.

    Another `first_month` is that of all the company's years, which are worked out anew.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refusal("bad_year", _("Choose a year from 1990 to 2100."), field="year")
    if revenue_minor is not None and not 0 < revenue_minor <= REVENUE_MINOR_MAX:
        raise Refusal("bad_revenue", _("The revenue must be above zero."), field="revenue")
    if not 1 <= first_month <= MONTHS:
        raise Refusal("bad_month", _("A year begins in one of twelve months."), field="first_month")
    take_turns(organisation_id)
    numbers = {year}
    if first_month != company.first_month(organisation_id):
        rows = CompanyYear.objects.filter(organisation_id=organisation_id)
        rows.update(first_month=first_month)
        kept = CompanyFile.objects.filter(organisation_id=organisation_id, state="kept").defer("content")
        numbers |= {number for row in kept for number in _years_of(row, first_month)}
        numbers |= set(rows.values_list("year", flat=True))
    said = {
        "revenue_minor": revenue_minor,
        "contract_kg_a_kwh": contract_kg_a_kwh,
        "contract_percent": contract_percent,
        "first_month": first_month,
    }
    CompanyYear.objects.update_or_create(organisation_id=organisation_id, year=year, defaults=said)
    work_out(organisation_id, numbers)


def work_out(organisation_id: UUID, years: Iterable[int]) -> None:
    """Weigh these years anew from all kept files."""
    records = company.kept_records(organisation_id)
    if len(records) > limits.COMPANY_RECORDS_MAX:
        raise Refusal("full", _("Your files hold too many lines. Remove those that say the same."), status=409)
    country = identity.organisation(organisation_id).country
    month = company.first_month(organisation_id)
    reached = {
        number
        for each in records
        if not each.settles
        for number in range(
            company.financial_year(each.since or each.on, month), company.financial_year(each.on, month) + 1
        )
    }
    for number in sorted(set(years)):
        row, _made = CompanyYear.objects.get_or_create(
            organisation_id=organisation_id, year=number, defaults={"first_month": month}
        )
        row.result, row.worked_out_at = None, clock.now()
        if number in reached:
            row.result = _result(records, row, country)
        row.save()


def _result(records: list[Record], row: CompanyYear, country: str) -> dict[str, object]:
    contract = None
    if row.contract_kg_a_kwh is not None:
        contract = Contract(Decimal(row.contract_kg_a_kwh), Decimal(row.contract_percent) / 100)
    renewable = contract.share if contract is not None and contract.kg_a_kwh == 0 else None
    try:
        found = assess(records, begins=date(row.year, row.first_month, 1), country=country, contract=contract)
    except CarbonError as error:
        raise Refusal("not_weighable", str(error), status=422) from None
    return as_kept(found, row.revenue_minor, renewable)


def _read_or_wait(organisation_id: UUID, file_id: UUID, name: str, content: bytes) -> dict[str, Any]:
    try:
        return _as_read(company.read_file(organisation_id, name, content))
    except Refusal as refusal:
        if refusal.code != "columns_unknown":
            raise
        try:
            shown = reading.choices(file_id, name, content, within=company.LIMITS).rows
        except Refusal:
            shown = ()
        if len(shown) < _ROWS_MIN:
            # No table at all: what the reader said first is what is wrong.
            raise
        return {"state": "columns", "format": "csv", "records": 0, "first_on": None, "last_on": None}


def _as_read(papers: Papers) -> dict[str, Any]:
    counted = [each for each in papers.records if not each.settles]
    first_on, last_on = _span(counted)
    days = {"first_on": first_on, "last_on": last_on}
    return {"state": "preview", "format": papers.format, "records": len(counted), **days}


def _years_of(row: CompanyFile, month: int) -> list[int]:
    if row.first_on is None or row.last_on is None:
        return []
    first, last = (company.financial_year(on, month) for on in (row.first_on, row.last_on))
    return list(range(first, last + 1))


def _span(counted: list[Record]) -> tuple[date, date]:
    if not counted:
        problem = _("There is nothing in this file that weighs: no cost, no energy.")
        raise Refusal("nothing_in_it", problem, field="file", status=422)
    first, last = min(each.since or each.on for each in counted), max(each.on for each in counted)
    if last.year - first.year >= YEARS_A_FILE_MAX or first.year < FIRST_YEAR:
        problem = _("The days in this file lie from %(first)s to %(last)s: at most 12 years are taken.")
        raise Refusal("too_long", problem % {"first": first, "last": last}, field="file", status=422)
    return first, last


def _make_room(organisation_id: UUID, size_bytes: int) -> None:
    """Previews that nobody kept give way; kept files never do."""
    rows = CompanyFile.objects.filter(organisation_id=organisation_id)
    waiting = list(rows.exclude(state="kept").order_by("-id").values_list("pk", flat=True))
    rows.filter(pk__in=waiting[limits.UPLOADS_WAITING_MAX - 1 :]).delete()
    held = rows.aggregate(total=Sum("size_bytes"))["total"] or 0
    if rows.count() >= limits.COMPANY_FILES_MAX or held + size_bytes > limits.COMPANY_BYTES_MAX:
        raise Refusal(
            "full", _("100 files or 50 MB are kept at most. Remove old ones first."), field="file", status=409
        )
