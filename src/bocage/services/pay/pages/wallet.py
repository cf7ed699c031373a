"""The wallet: what is in it, what moved, each month on paper, and what a person chose."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bocage.kernel import clock
from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal, not_found
from bocage.services.pay import home as home_parts
from bocage.services.pay import inputs, limits
from bocage.services.pay.actions import paying
from bocage.services.pay.actions import preferences as preference_actions
from bocage.services.pay.documents import bank_statement
from bocage.services.pay.documents import statement as documents
from bocage.services.pay.pages.asking import READ, WRITE, currency, person_of, refused_form, show_again, shown_since
from bocage.services.pay.pages.forms import PreferencesForm
from bocage.services.pay.pages.showing import SHOWN_KINDS, attachment, days_of, row_of
from bocage.services.pay.queries import requests as request_queries
from bocage.services.pay.queries import wallet as queries
from bocage.shell.asking import page
from bocage.shell.templatetags.shell import exponent_of

HOME_LINES = 8
# How long a proof of who one is counts for a change of settings.
FRESH = timedelta(minutes=5)


@require_safe
@page(READ)
def home(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The wallet and its latest lines."""
    found = queries.wallet(subject_id, currency())
    waiting = request_queries.waiting_count(subject_id)
    names = ("receive", "ask", "split", "top-up", "pay-out", "statements", "kept", "exchange")
    context = {
        "wallet": found,
        "note": home_parts.note_of(found, 0),
        "chip": home_parts.chip_of(subject_id),
        "rows": home_parts.rows_of(subject_id, queries.lines(subject_id, limit=HOME_LINES).rows),
        "waiting": waiting,
        "people": queries.recent_people(subject_id),
        "is_person": subject_id == current_actor().person_id,
        "urls": {name.replace("-", "_"): reverse(f"pay:{name}") for name in names},
    }
    return render(request, "pay/home.html", context)


@require_safe
@page(READ)
def activity(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Every line, a page at a time, by word, direction and kind; only the list where htmx asks."""
    search = request.GET.get("q", "").replace("\0", "")[: limits.SEARCH_CHARACTERS_MAX]
    shown = request.GET.get("show", "all")
    if shown not in SHOWN_KINDS:
        raise Refusal("bad_filter", _("Choose one of the filters shown."), field="show", status=400)
    before = request.GET.get("before")
    found = queries.lines(
        subject_id,
        search=search,
        kinds=SHOWN_KINDS[shown][1],
        before=inputs.identifier(before, "before") if before else None,
    )
    context = {
        "days": days_of(found.rows, home_parts.rows_of(subject_id, found.rows)),
        "next_id": found.next_id,
        "search": search,
        "shown": shown,
        "filters": [(name, title) for name, (title, _kinds) in SHOWN_KINDS.items()],
        "is_filtered": bool(search) or shown != "all",
    }
    response = render(request, "pay/activity.html", context)
    response["Vary"] = "HX-Request"
    return response


@require_safe
@page(READ)
def statements(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The months of which there is a statement."""
    months = [{"month": f"{each:%Y-%m}", "title": documents.month_title(each)} for each in queries.months(subject_id)]
    return render(request, "pay/statements.html", {"months": months})


@require_safe
@page(READ)
def statement(request: HttpRequest, subject_id: UUID, month: str) -> HttpResponse:
    """One month: balances, sums and lines, and the files to keep."""
    found = queries.statement(subject_id, currency(), inputs.month(month))
    context = {
        "statement": found,
        "title": documents.title_of(found),
        "month": month,
        "days": days_of(found.lines, [row_of(line) for line in found.lines]),
    }
    return render(request, "pay/statement.html", context)


@require_safe
@page(READ)
def statement_file(request: HttpRequest, subject_id: UUID, month: str, kind: str) -> HttpResponse:
    """The month as PDF, CSV or camt.053."""
    found = queries.statement(subject_id, currency(), inputs.month(month))
    name = f"bocage-{month}"
    if kind == "pdf":
        return attachment(documents.statement_pdf(found), "application/pdf", f"{name}.pdf")
    if kind == "csv":
        return attachment(documents.statement_csv(found).encode(), "text/csv; charset=utf-8", f"{name}.csv")
    if kind == "xml":
        return attachment(bank_statement.camt_053(found), "application/xml", f"{name}.camt.053.xml")
    raise not_found(_("Statements come as .pdf, .csv and .xml."))


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def preferences(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """From which amount on a payment asks again."""
    person_id = person_of(request)
    divisor = 10 ** exponent_of(currency())
    form = PreferencesForm(request.POST or None, initial={"confirm_above": paying.confirm_above(person_id) // divisor})
    context = {"at_most_minor": limits.CONFIRM_ABOVE_MINOR_DEFAULT, "currency": currency()}
    if request.method != "POST":
        return render(request, "pay/settings.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/settings.html", form, context)
    try:
        preference_actions.set_confirm_above(
            person_id, form.cleaned_data["confirm_above"], fresh=shown_since(request, clock.now() - FRESH)
        )
    except Refusal as refusal:
        if refusal.code == "confirm_again":
            return show_again(request, request.path)
        return refused_form(request, "pay/settings.html", form, context, refusal)
    messages.success(request, _("Saved."))
    return redirect("pay:settings")
