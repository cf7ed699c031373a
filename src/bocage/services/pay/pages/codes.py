"""Scanning a code to pay, and showing one to be paid or to pay with."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.acting import current_actor
from bocage.kernel.errors import Refusal, forbidden
from bocage.services.pay import limits
from bocage.services.pay.actions import codes as code_actions
from bocage.services.pay.actions import paying, presented
from bocage.services.pay.pages.asking import READ, TAKE, WRITE, currency, refused_form
from bocage.services.pay.pages.forms import AmountForm, ReceiveForm
from bocage.services.pay.queries import codes as queries
from bocage.services.pay.queries import sheets
from bocage.services.pay.queries import wallet as wallet_queries
from bocage.services.pay.types import Code
from bocage.shell.asking import UNPROCESSABLE, page
from bocage.shell.policy import scanning_page

QUICK_AMOUNTS = ["5", "10", "20", "50"]


@scanning_page
@require_safe
@page(WRITE)
def scan(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The camera, a picture, or typing."""
    return render(request, "pay/scan.html", {})


@scanning_page
@require_POST
@page(WRITE)
def scanned(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """What was read goes on to the amount or the sheet; what cannot be paid is said above the scanner."""
    text = request.POST.get("code", "")
    try:
        return _go_on(subject_id, queries.scanned(text))
    except Refusal as refusal:
        shown = text.replace("\0", "")[: limits.PASTED_CODE_CHARACTERS_MAX]
        return render(request, "pay/scan.html", {"refusal": refusal, "text": shown}, status=UNPROCESSABLE)


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def to_pay(request: HttpRequest, subject_id: UUID, token: str) -> HttpResponse:
    """How much to pay a code that has no amount of its own."""
    code = queries.scanned(token)
    if code.amount_minor is not None:
        return _go_on(subject_id, code)
    form = AmountForm(request.POST or None)
    context = {"code": code, "payee": queries.payee(code.payee_id), "suggestions": QUICK_AMOUNTS}
    if request.method != "POST":
        return render(request, "pay/code_amount.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/code_amount.html", form, context)
    try:
        sheet_id = paying.lay_sheet(
            subject_id,
            code.payee_id,
            form.cleaned_data["amount"],
            code.currency,
            memo=form.cleaned_data["memo"],
            reference=code.reference or code.label,
            code=code,
        )
    except Refusal as refusal:
        return refused_form(request, "pay/code_amount.html", form, context, refusal)
    return redirect("pay:sheet", sheet_id)


@never_cache
@require_safe
@page(WRITE)
def show(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The code to show at a till: a new one each minute, each works once. It is the person's own, never a firm's."""
    _refuse_unless_herself(subject_id)
    return render(request, "pay/code.html", _next_code(subject_id))


@require_POST
@page(WRITE)
def show_next(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The next code, in the place of the one that ended."""
    _refuse_unless_herself(subject_id)
    return render(request, "pay/code.html#code", _next_code(subject_id))


@require_safe
@page(READ)
def watch(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Whether a till has taken the code that is shown: if so, on to the receipt, or to the sheet to confirm."""
    payment_id = queries.presented_payment(subject_id)
    seen = request.GET.get("seen", "")
    response = HttpResponse(status=204)
    if payment_id is not None and str(payment_id) != seen:
        sheet = sheets.sheet(subject_id, payment_id)
        page_name = "pay:done" if sheet.confirmed else "pay:sheet"
        response = HttpResponse()
        response["HX-Redirect"] = reverse(page_name, args=[payment_id])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@page(TAKE)
def receive(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """A code of any amount that others scan to pay this wallet; on POST one of the amount that is asked for."""
    form = ReceiveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["amount"] is None:
            return redirect("pay:receive")
        life = limits.ASKED_CODE_LIFE
        return redirect(
            "pay:receive-amount",
            code_actions.make_order(subject_id, currency(), form.cleaned_data["amount"], life=life),
        )
    code = queries.open_poster(subject_id, currency())
    if code is None:
        code = queries.own_code(subject_id, code_actions.make_poster(subject_id, currency()))
    return _receive(request, subject_id, code, form)


@require_safe
@page(TAKE)
def receive_amount(request: HttpRequest, subject_id: UUID, code_id: UUID) -> HttpResponse:
    """The code of an amount that is asked for."""
    return _receive(request, subject_id, queries.own_code(subject_id, code_id), ReceiveForm())


def _receive(request: HttpRequest, subject_id: UUID, code: Code, form: ReceiveForm) -> HttpResponse:
    context = {
        "form": form,
        "code": code,
        "payee": queries.payee(subject_id),
        "link": request.build_absolute_uri(reverse("pay:code-to-pay", args=[code.token])),
    }
    return render(request, "pay/receive.html", context, status=UNPROCESSABLE if form.errors else 200)


def _go_on(payer_id: UUID, code: Code) -> HttpResponse:
    code_actions.refuse_unpayable(code.state, code.expired)
    if code.payee_id == payer_id:
        raise Refusal("payee_is_payer", _("This is your own code. Let somebody else scan it."), field="code")
    if code.amount_minor is None:
        return redirect("pay:code-to-pay", code.token)
    sheet_id = paying.lay_sheet(
        payer_id, code.payee_id, code.amount_minor, code.currency, reference=code.reference or code.label, code=code
    )
    return redirect("pay:sheet", sheet_id)


def _next_code(person_id: UUID) -> dict[str, object]:
    return {
        "code": presented.show(person_id),
        "seconds": int(limits.PRESENTED_CODE_LIFE.total_seconds()),
        "seen": queries.presented_payment(person_id) or "",
        "wallet": wallet_queries.wallet(person_id, currency()),
    }


def _refuse_unless_herself(subject_id: UUID) -> None:
    if subject_id != current_actor().person_id:
        raise forbidden(_("A code to pay with is your own. Stop acting for somebody else first."))
