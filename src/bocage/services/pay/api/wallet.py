"""The wallet, its lines and its months."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from bocage.kernel import clock
from bocage.services.pay import inputs, limits
from bocage.services.pay.api.asking import LIMIT_DEFAULT, READ, Cursor, Limit, currency, page_of, subject, text_in
from bocage.services.pay.api.schemas import LineOut, LinePage, StatementOut, TakingsOut, WalletOut
from bocage.services.pay.documents import bank_statement
from bocage.services.pay.documents import statement as documents
from bocage.services.pay.queries import merchant
from bocage.services.pay.queries import wallet as queries
from bocage.services.pay.types import LineKind
from bocage.shell.api_site import decode_cursor, scoped

router = Router()
MONTH_PATTERN = r"^\d{4}-\d{2}$"


@router.get("/wallet", response=WalletOut, auth=scoped(READ))
def wallet(request: HttpRequest) -> Any:
    """The wallet: what it has, what of it is set aside, what may be spent."""
    return queries.wallet(subject(READ), currency())


@router.get("/lines", response=LinePage, auth=scoped(READ))
def lines(
    request: HttpRequest,
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
    q: Annotated[
        str, Query(max_length=limits.SEARCH_CHARACTERS_MAX, description="Words of name, note, reference.")
    ] = "",
    kind: Annotated[LineKind | None, Query(description="Only lines of this kind.")] = None,
) -> Any:
    """Every movement of the wallet, the newest first."""
    found = queries.lines(
        subject(READ),
        search=text_in(q, "q"),
        kinds=[kind] if kind else (),
        before=decode_cursor(cursor),
        limit=limit,
    )
    return page_of(found, LineOut.from_orm)


@router.get("/lines/{line_id}", response=LineOut, auth=scoped(READ))
def line(request: HttpRequest, line_id: UUID) -> Any:
    """One movement of the wallet."""
    return queries.line(subject(READ), line_id)


@router.get("/lines/{line_id}/proof", auth=scoped(READ))
def line_proof(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """The proof that the ledger holds the line's transfer, for ./bocage verify. 409 until the night's checkpoint."""
    return HttpResponse(queries.proof_file(subject(READ), line_id), content_type="application/json")


@router.get("/statements/{month}", response=StatementOut, auth=scoped(READ))
def statement(request: HttpRequest, month: Annotated[str, Field(pattern=MONTH_PATTERN, examples=["2026-11"])]) -> Any:
    """A month's balances and lines."""
    return queries.statement(subject(READ), currency(), inputs.month(month))


@router.get("/statements/{month}/file", auth=scoped(READ))
def statement_file(
    request: HttpRequest,
    month: Annotated[str, Field(pattern=MONTH_PATTERN, examples=["2026-11"])],
    format: Literal["csv", "pdf", "camt.053"] = "csv",
) -> HttpResponse:
    """A month as CSV, PDF, or camt.053 (ISO 20022, valid by its schema)."""
    found = queries.statement(subject(READ), currency(), inputs.month(month))
    if format == "pdf":
        return HttpResponse(documents.statement_pdf(found), content_type="application/pdf")
    if format == "camt.053":
        return HttpResponse(bank_statement.camt_053(found), content_type="application/xml")
    return HttpResponse(documents.statement_csv(found), content_type="text/csv; charset=utf-8")


@router.get("/takings", response=TakingsOut, auth=scoped(READ))
def takings(request: HttpRequest, day: date | None = None) -> Any:
    """A shop's business day (today when none is given): taken, given back, fees, kept, and by hour."""
    chosen = day or clock.today(settings.TOWN["time_zone"])
    return merchant.takings(subject(READ), currency(), inputs.day(chosen))
