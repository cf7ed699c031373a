"""A company's footprint: files, the year by scope, suppliers, the plan, and the report as PDF and CSV."""

import csv
import io
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.services.forest import company, limits
from bocage.services.forest.actions import company as accounts
from bocage.services.forest.company_columns import CompanyColumns
from bocage.services.forest.company_report import report_pdf
from bocage.services.forest.company_words import CATEGORY_TITLES, said
from bocage.services.forest.forms import CompanyColumnsForm, CompanyFileForm, CompanyYearForm
from bocage.services.forest.templatetags.forest_tags import mass

_YEAR_DIGITS = 4
_SUPPLIERS_SHOWN = 10
_LINES_SHOWN = 8
_NAME_SHOWN = 40
_TABLES = frozenset({"csv", "fuel-card", "meter"})
# A spreadsheet takes such a beginning for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@login_required
@require_http_methods(["GET", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """The year by scope, and the files it is made of; a POST hands a file in."""
    organisation = _organisation("forest:write" if request.method == "POST" else "forest:read")
    form = CompanyFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, file_id = form.cleaned_data["file"], form.cleaned_data["file_id"]
        try:
            if file.size > limits.COMPANY_FILE_BYTES_MAX:
                raise Refusal("too_large", _("A file of accounts may have at most 10 MB. Split it."), status=413)
            accounts.receive(organisation, file_id, file.name, file.read())
            return redirect("forest:company-file", file_id)
        except Refusal as refusal:
            form.add_error("file", str(refusal.message))
    form.fields["file_id"].initial = uuid7()
    known = company.years(organisation)
    number = _year_of(request) or (known[0] if known else clock.now().year - 1)
    year = company.year(organisation, number)
    named = [(each, company.year_name(each, year.first_month)) for each in known]
    context = {"form": form, "files": company.files(organisation), "years": named, "year": year, **_shown(year.result)}
    context["settings"] = CompanyYearForm(
        initial={
            "revenue": year.revenue_minor / 100 if year.revenue_minor else None,
            "contract_kg_a_kwh": year.contract_kg_a_kwh,
            "contract_percent": year.contract_percent,
            "first_month": year.first_month,
        }
    )
    return render(request, "forest/company/year.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """What a file would bring; a POST keeps or removes it."""
    organisation = _organisation("forest:write" if request.method == "POST" else "forest:read")
    if request.method == "POST":
        try:
            if request.POST.get("answer") == "keep":
                accounts.keep(organisation, file_id)
                messages.success(request, _("The file is kept, and its years are worked out."))
            else:
                accounts.remove(organisation, file_id)
                messages.success(request, _("The file is removed."))
        except Refusal as refusal:
            messages.error(request, str(refusal.message))
        return redirect("forest:company")
    try:
        preview = company.preview(organisation, file_id)
    except Refusal as refusal:
        if refusal.code != "columns_unknown":
            raise
        return redirect("forest:company-columns", file_id)
    # What the reader took the columns for may be wrong: litres for money, or money out for money in.
    sayable = preview.file.state == "preview" and preview.file.format in _TABLES
    context = {"preview": preview, "columns_can_be_said": sayable}
    return render(request, "forest/company/file.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Say which column of a CSV holds what, with its first rows beside the question."""
    organisation = _organisation("forest:write" if request.method == "POST" else "forest:read")
    if company.found(organisation, file_id).state == "kept":
        return redirect("forest:company-file", file_id)
    choices = company.choices(organisation, file_id)
    form = CompanyColumnsForm(choices, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.choose_columns(organisation, file_id, CompanyColumns(**form.cleaned_data))
            return redirect("forest:company-file", file_id)
        except Refusal as refusal:
            form.add_error(None, str(refusal.message))
    context = {"form": form, "choices": choices}
    return render(request, "forest/company/columns.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def settings(request: HttpRequest, year: int) -> HttpResponse:
    """Say what no file says of the year."""
    organisation, form = _organisation("forest:write"), CompanyYearForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            accounts.describe_year(
                organisation,
                year,
                revenue_minor=int(given["revenue"] * 100) if given["revenue"] else None,
                contract_kg_a_kwh=given["contract_kg_a_kwh"],
                contract_percent=given["contract_percent"],
                first_month=given["first_month"] or company.first_month(organisation),
            )
            messages.success(request, _("Noted, and worked out anew."))
        except Refusal as refusal:
            messages.error(request, str(refusal.message))
    else:
        messages.error(request, " ".join(str(e) for errors in form.errors.values() for e in errors))
    return redirect(f"{reverse('forest:company')}?year={year}")


@login_required
@require_GET
def report(request: HttpRequest, year: int) -> HttpResponse:
    """The annual report as a PDF."""
    organisation = _organisation("forest:read")
    name, result = identity.organisation(organisation).name, _result(organisation, year)
    which = company.year_name(year, company.first_month(organisation))
    answer = HttpResponse(report_pdf(name, which, result), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="footprint-{year}.pdf"'
    return answer


@login_required
@require_GET
def table(request: HttpRequest, year: int) -> HttpResponse:
    """The figures as CSV, in the names of ESRS E1-6 and VSME B3, then the suppliers."""
    result = _result(_organisation("forest:read"), year)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("figure", "reference", "unit", "value", "low_90", "high_90"))
    for figure in (*result["e1_6"], *result["vsme_b3"]):
        names = ("name", "reference", "unit", "value", "low", "high")
        writer.writerow(["" if figure[n] is None else figure[n] for n in names])
    for each in result["suppliers"]:
        kg = [f"{each[n] / 10**12:.6f}" for n in ("micrograms", "low", "high")]
        writer.writerow((_plain(each["name"]), "supplier", "tCO2eq", *kg))
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="footprint-{year}.csv"'
    return answer


def _shown(result: dict[str, Any] | None) -> dict[str, Any]:
    """The parts of a year as the page shows them."""
    if result is None:
        return {}
    by_id = {each["id"]: each for each in result["categories"]}
    scope_3 = [
        {**each, "title": said(CATEGORY_TITLES[each["id"]]), "number": each["id"]}
        for each in result["categories"]
        if each["id"].startswith("3.")
    ]
    return {
        "scope_1": by_id["1"],
        "by_place": by_id["2-location"],
        "by_market": by_id["2-market"],
        "scope_3": result["scope_3"],
        "categories": sorted((e for e in scope_3 if e["records"]), key=lambda e: -e["micrograms"]),
        "open": [each for each in scope_3 if not each["in_accounts"]],
        "heaviest": max((each["micrograms"] for each in scope_3), default=0) or 1,
        "suppliers": [{**e, "activity": said(e["activity"])} for e in result["suppliers"][:_SUPPLIERS_SHOWN]],
        "left_out": [{**e, "reason": said(e["reason"])} for e in result["left_out"]],
        "plan": [{**e, "title": said(e["title"]), "says": said(e["says"])} for e in result["plan"]],
        "months": [(f"{month}-01", round(micrograms / 10**9)) for month, micrograms in result["months"]],
        "quality": result["quality_percent"],
        "lines": [{**e, "title": _line_title(e)} for e in result["lines"][:_LINES_SHOWN]],
        "figures": result["vsme_b3"],
    }


def _line_title(line: dict[str, Any]) -> str:
    named = (line["supplier"] or line["text"])[:_NAME_SHOWN]
    return " · ".join(part for part in (mass(line["micrograms"]), said(line["activity"]), named) if part)


def _result(organisation: UUID, year: int) -> dict[str, Any]:
    found = company.year(organisation, year).result
    if found is None:
        raise not_found(_("No file reaches into this year."), field="year")
    return found


def _organisation(scope: str) -> UUID:
    """The company acted for, by somebody whose role allows `scope`."""
    subject = identity.require_scope(scope)
    if not identity.organisations([subject]):
        raise Refusal("not_a_company", _("Act for an organisation first: this page is a company's."), status=403)
    return subject


def _year_of(request: HttpRequest) -> int | None:
    text = request.GET.get("year", "")
    return int(text) if len(text) == _YEAR_DIGITS and text.isascii() and text.isdigit() else None


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


urlpatterns = [
    path("company", overview, name="company"),
    path("company/files/<uuid:file_id>", file, name="company-file"),
    path("company/files/<uuid:file_id>/columns", columns, name="company-columns"),
    path("company/<int:year>/settings", settings, name="company-settings"),
    path("company/<int:year>.pdf", report, name="company-report"),
    path("company/<int:year>.csv", table, name="company-table"),
]
