"""The shop's console: the till, the day's takings, refunds, posters, staff and programs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from babel.dates import format_time
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel import clock
from bocage.kernel.acting.middleware import ACTING_FOR_SESSION_KEY
from bocage.kernel.errors import Refusal, forbidden, not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import STAFF_ROLE_NAMES, Organisation
from bocage.kernel.ids import uuid7
from bocage.services.pay import inputs
from bocage.services.pay.actions import codes as code_actions
from bocage.services.pay.actions import paying
from bocage.services.pay.actions import refunds as refund_actions
from bocage.services.pay.documents import poster as poster_documents
from bocage.services.pay.documents import statement as documents
from bocage.services.pay.documents.statement import plain_amount
from bocage.services.pay.pages.asking import READ, TAKE, WRITE, currency, person_of, refused_form
from bocage.services.pay.pages.forms import ChargeForm, DeclineForm, OrderForm, PosterForm, RefundForm
from bocage.services.pay.pages.showing import attachment, row_of, typed_amount
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.queries import merchant as queries
from bocage.services.pay.queries import receipts as receipt_queries
from bocage.services.pay.queries import requests as request_queries
from bocage.services.pay.queries import wallet as wallet_queries
from bocage.services.pay.types import CodeKind, Line, LineKind
from bocage.shell import rails
from bocage.shell.asking import UNPROCESSABLE, View, page
from bocage.shell.policy import scanning_page
from bocage.shell.templatetags.shell import locale
from bocage.shell.types import ActivityRow

CHART_DAYS = 14
ORDERS_SHOWN = 8


def shop_page(scope: str) -> Callable[[View], View]:
    """A page for who acts for a shop. Who acts for herself is asked which of her shops she means."""

    def decorate(view: View) -> View:
        @wraps(view)
        def asked(request: HttpRequest, subject_id: UUID, *args: Any, **kwargs: Any) -> HttpResponse:
            shop = identity.organisations([subject_id]).get(subject_id)
            return view(request, shop, *args, **kwargs) if shop else choose_shop(request)

        return page(scope)(asked)

    return decorate


def shop_context(shop: Organisation) -> dict[str, object]:
    """What every page of the shop's console shows around it."""
    return {"shop": shop, "rail": rails.merchant_rail(), "rail_title": shop.name}


def choose_shop(request: HttpRequest) -> HttpResponse:
    """Which of her shops the person works for now."""
    shops = [(each, STAFF_ROLE_NAMES[each.role]) for each in identity.memberships(person_of(request))]
    return render(request, "pay/merchant/choose.html", {"shops": shops})


@require_POST
@login_required
def work_for(request: HttpRequest) -> HttpResponse:
    """Act for this shop from now on, and go on to where one was going."""
    shop_id = inputs.identifier(request.POST.get("shop", ""), "shop")
    if identity.standing(person_of(request), shop_id) is None:
        raise forbidden(_("You do not work for this shop."))
    request.session[ACTING_FOR_SESSION_KEY] = str(shop_id)
    onward = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
        onward = reverse("pay:till")
    return redirect(onward)


@scanning_page
@require_safe
@shop_page(TAKE)
def till(request: HttpRequest, shop: Organisation) -> HttpResponse:
    """Type an amount: show a code for it, or scan the customer's."""
    if "amount" not in request.GET:
        return _till(request, shop, OrderForm(), ChargeForm())
    form = OrderForm(request.GET)
    charge_form = ChargeForm(initial=form.cleaned_data) if form.is_valid() else form
    return _till(request, shop, OrderForm(), charge_form, charge_minor=form.cleaned_data.get("amount"))


@scanning_page
@require_POST
@shop_page(TAKE)
def make_order(request: HttpRequest, shop: Organisation) -> HttpResponse:
    """A code for this amount, on the till's screen."""
    form = OrderForm(request.POST)
    if not form.is_valid():
        return _till(request, shop, form, ChargeForm(), status=UNPROCESSABLE)
    try:
        code_id = code_actions.make_order(
            shop.id, currency(), form.cleaned_data["amount"], reference=form.cleaned_data["reference"]
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _till(request, shop, form, ChargeForm(), status=UNPROCESSABLE)
    return redirect("pay:till-order-state", code_id)


@require_safe
@shop_page(TAKE)
def order(request: HttpRequest, shop: Organisation, code_id: UUID) -> HttpResponse:
    """The code and whether it was paid; the part that changes asks for itself again."""
    code = code_queries.own_code(shop.id, code_id)
    template = "pay/merchant/order.html#state" if request.headers.get("HX-Request") else "pay/merchant/order.html"
    response = render(request, template, {"code": code, **shop_context(shop)})
    response["Vary"] = "HX-Request"
    return response


@require_POST
@shop_page(TAKE)
def cancel_order(request: HttpRequest, shop: Organisation, code_id: UUID) -> HttpResponse:
    """Take the code back."""
    code_actions.cancel_code(shop.id, code_id)
    return redirect("pay:till")


@scanning_page
@require_POST
@shop_page(TAKE)
def charge(request: HttpRequest, shop: Organisation) -> HttpResponse:
    """Charge the code that the customer shows."""
    form = ChargeForm(request.POST)
    if not form.is_valid():
        return _till(request, shop, OrderForm(), form, status=UNPROCESSABLE)
    given = request.POST.get("payment_id", "")
    payment_id = inputs.identifier(given, "payment_id") if given else uuid7()
    try:
        paying.charge(
            shop.id,
            form.cleaned_data["code"],
            form.cleaned_data["amount"],
            currency(),
            payment_id=payment_id,
            reference=form.cleaned_data["reference"],
        )
    except Refusal as refusal:
        form.refuse(refusal)
        charge_minor = form.cleaned_data.get("amount")
        return _till(request, shop, OrderForm(), form, charge_minor=charge_minor, status=UNPROCESSABLE)
    return redirect("pay:till-charge-state", payment_id)


@require_safe
@shop_page(TAKE)
def charged(request: HttpRequest, shop: Organisation, payment_id: UUID) -> HttpResponse:
    """Taken, or waiting for the customer to confirm on her own screen."""
    line = queries.taken(shop.id, payment_id)
    template = "pay/merchant/charged.html#state" if request.headers.get("HX-Request") else "pay/merchant/charged.html"
    response = render(
        request, template, {"line": line, "payment_id": payment_id, "whole_minor": _whole(line), **shop_context(shop)}
    )
    response["Vary"] = "HX-Request"
    return response


@require_safe
@shop_page(READ)
def takings(request: HttpRequest, shop: Organisation) -> HttpResponse:
    """A day's takings, by hour and line, beside the fortnight before it."""
    today = clock.today(settings.TOWN["time_zone"])
    day = _day(request.GET["day"]) if request.GET.get("day") else today
    found = queries.takings(shop.id, currency(), day)
    context = {
        **shop_context(shop),
        "takings": found,
        "payments_note": ngettext("%(count)d payment", "%(count)d payments", found.payments_count)
        % {"count": found.payments_count},
        "hours": [
            {"hour": format_time(time(hour), format="short", locale=locale()), "minor": minor}
            for hour, minor in enumerate(found.by_hour_minor)
            if minor
        ],
        "hour_max": max(found.by_hour_minor) or 1,
        "file_url": reverse("pay:takings-file", args=[day.isoformat()]),
        "rows": [_taken_row(line) for line in queries.takings_lines(shop.id, currency(), day)[::-1]],
        "daily": [
            {"day": each, "iso": each.isoformat(), "minor": minor, "value": plain_amount(minor, currency())}
            for each, minor in queries.daily(shop.id, currency(), day, CHART_DAYS)
        ],
        "day_before": day - timedelta(days=1),
        "day_after": day + timedelta(days=1) if day < today else None,
        "day": day,
        "wallet": wallet_queries.wallet(shop.id, currency()),
        "refund_requests": len(request_queries.refund_requests(shop.id)),
    }
    return render(request, "pay/merchant/takings.html", context)


@require_safe
@shop_page(READ)
def takings_file(request: HttpRequest, shop: Organisation, day: str) -> HttpResponse:
    """The day as CSV."""
    chosen = _day(day)
    sums = queries.takings(shop.id, currency(), chosen)
    text = documents.takings_csv(sums, queries.takings_lines(shop.id, currency(), chosen))
    return attachment(text.encode(), "text/csv; charset=utf-8", f"takings-{chosen.isoformat()}.csv")


@require_safe
@shop_page(READ)
def payment(request: HttpRequest, shop: Organisation, payment_id: UUID) -> HttpResponse:
    """One payment that was taken, and what was given back of it."""
    return _payment(request, shop, payment_id, RefundForm())


@require_POST
@shop_page(WRITE)
def refund(request: HttpRequest, shop: Organisation, payment_id: UUID) -> HttpResponse:
    """Give a payment back, whole or in part; sent twice, it takes effect once."""
    form = RefundForm(request.POST)
    if not form.is_valid():
        return _payment(request, shop, payment_id, form, status=UNPROCESSABLE)
    given = request.POST.get("refund_id", "")
    try:
        refund_actions.refund(
            shop.id,
            payment_id,
            form.cleaned_data["amount"],
            refund_id=inputs.identifier(given, "refund_id"),
            reason=form.cleaned_data["reason"],
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _payment(request, shop, payment_id, form, status=UNPROCESSABLE)
    messages.success(request, _("Refunded. The customer was told."))
    return redirect("pay:taken", payment_id)


@require_safe
@shop_page(READ)
def refund_requests(request: HttpRequest, shop: Organisation) -> HttpResponse:
    """What customers ask to have back."""
    context = {**shop_context(shop), "requests": request_queries.refund_requests(shop.id), "form": DeclineForm()}
    return render(request, "pay/merchant/refunds.html", context)


@require_POST
@shop_page(WRITE)
def decline_refund(request: HttpRequest, shop: Organisation, request_id: UUID) -> HttpResponse:
    """Say no, and why."""
    form = DeclineForm(request.POST)
    if not form.is_valid():
        raise Refusal("text_missing", _("Say why not: the customer reads it on her receipt."), field="answer")
    refund_actions.decline_refund(shop.id, request_id, form.cleaned_data["answer"])
    messages.success(request, _("Declined. The customer was told why."))
    return redirect("pay:refund-requests")


@require_http_methods(["GET", "HEAD", "POST"])
@shop_page(TAKE)
def posters(request: HttpRequest, shop: Organisation) -> HttpResponse:
    """The codes that hang in the shop; a new one."""
    form = PosterForm(request.POST or None)
    context = {**shop_context(shop), "codes": code_queries.codes(shop.id, CodeKind.POSTER).rows}
    if request.method != "POST":
        return render(request, "pay/merchant/posters.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/merchant/posters.html", form, context)
    try:
        code_actions.make_poster(
            shop.id, currency(), label=form.cleaned_data["label"], amount_minor=form.cleaned_data["amount"]
        )
    except Refusal as refusal:
        return refused_form(request, "pay/merchant/posters.html", form, context, refusal)
    messages.success(request, _("The poster is ready to print."))
    return redirect("pay:posters")


@require_safe
@shop_page(TAKE)
def poster_file(request: HttpRequest, shop: Organisation, code_id: UUID) -> HttpResponse:
    """The poster to print."""
    code = code_queries.own_code(shop.id, code_id)
    pdf = poster_documents.poster_pdf(code, code_queries.payee(shop.id))
    return attachment(pdf, "application/pdf", f"poster-{code.token}.pdf")


@require_POST
@shop_page(WRITE)
def cancel_poster(request: HttpRequest, shop: Organisation, code_id: UUID) -> HttpResponse:
    """Take a poster back: nobody can pay by it from now on."""
    code_actions.cancel_code(shop.id, code_id)
    messages.success(request, _("This code no longer works. Take the paper down."))
    return redirect("pay:posters")


def _till(
    request: HttpRequest,
    shop: Organisation,
    order_form: OrderForm,
    charge_form: OrderForm,
    *,
    charge_minor: int | None = None,
    status: int = 200,
) -> HttpResponse:
    is_charge = charge_form.is_bound or request.GET.get("mode") == "charge"
    context = {
        **shop_context(shop),
        "order_form": order_form,
        "charge_form": charge_form,
        "charge_minor": charge_minor,
        "charge_amount": typed_amount(charge_minor) if charge_minor else "",
        "orders": code_queries.codes(shop.id, CodeKind.ORDER, limit=ORDERS_SHOWN).rows,
        "payment_id": uuid7(),
        "is_charge": is_charge,
        "is_order": not is_charge,
    }
    return render(request, "pay/merchant/till.html", context, status=status)


def _payment(
    request: HttpRequest, shop: Organisation, payment_id: UUID, form: RefundForm, status: int = 200
) -> HttpResponse:
    line = queries.taken(shop.id, payment_id)
    if line is None or line.kind is not LineKind.TAKEN:
        raise not_found(_("There is no such payment among those you took."))
    receipt = receipt_queries.receipt(line, shop.id)
    context = {
        **shop_context(shop),
        "line": line,
        "whole_minor": _whole(line),
        "receipt": receipt,
        "form": form,
        "refund_value": form["amount"].value() or typed_amount(receipt.refundable_minor),
        "refund_id": uuid7(),
    }
    return render(request, "pay/merchant/payment.html", context, status=status)


def _whole(line: Line | None) -> int:
    """What the customer paid: the shop's part and the fee."""
    return line.amount_minor + line.fee_minor if line else 0


def _taken_row(line: Line) -> ActivityRow:
    """A line of the takings, which leads to the payment and its refund."""
    row = row_of(line)
    return replace(row, url=reverse("pay:taken", args=[line.payment_id])) if line.payment_id else row


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refusal("bad_day", _("Write the day as 2026-11-22."), field="day", status=400) from None
    return inputs.day(day)
