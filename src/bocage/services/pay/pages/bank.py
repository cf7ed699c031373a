"""Money from and to a bank: announce a top-up, order a pay-out, see what became of each."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel import clock
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.kernel.work import defer
from bocage.services.pay import inputs, limits, references
from bocage.services.pay.actions import bank as bank_actions
from bocage.services.pay.actions import exchange
from bocage.services.pay.bank import desk
from bocage.services.pay.jobs import exchange_with_bank
from bocage.services.pay.pages.asking import READ, WRITE, currency, has_passkey, refused_form, show_again, shown_since
from bocage.services.pay.pages.forms import PayOutForm, TopUpForm
from bocage.services.pay.pages.showing import next_url
from bocage.services.pay.queries import bank as queries
from bocage.services.pay.queries import wallet as wallet_queries
from bocage.shell.asking import page

STEPS = (gettext_lazy("How much"), gettext_lazy("Send it"), gettext_lazy("There it is"))


@require_safe
@page(READ)
def home(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """What is on its way from and to the bank."""
    before = request.GET.get("before")
    found = queries.pay_outs(subject_id, before=inputs.identifier(before, "before") if before else None)
    context = {"top_ups": queries.waiting_top_ups(subject_id), "pay_outs": found.rows, "next_url": next_url(found)}
    return render(request, "pay/bank.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def top_up(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """How much will come."""
    form = TopUpForm(request.POST or None)
    context = {"at_most_minor": limits.TOP_UP_MINOR_MAX, "currency": currency(), "steps": STEPS}
    if request.method != "POST":
        return render(request, "pay/top_up.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/top_up.html", form, context)
    try:
        top_up_id = bank_actions.announce_top_up(subject_id, form.cleaned_data["amount"], currency())
    except Refusal as refusal:
        return refused_form(request, "pay/top_up.html", form, context, refusal)
    return redirect("pay:top-up-waiting", top_up_id)


@require_safe
@page(READ)
def waiting(request: HttpRequest, subject_id: UUID, top_up_id: UUID) -> HttpResponse:
    """Where to send the money and under which reference; the part that changes asks for itself again."""
    found = queries.top_up(subject_id, top_up_id)
    account = exchange.own_account()
    context = {
        "top_up": found,
        "reference": references.grouped(found.reference),
        "account": account,
        "iban": references.grouped(account.iban),
        "is_demo": settings.MODE != "production",
        "steps": STEPS,
    }
    template = "pay/top_up_waiting.html#state" if request.headers.get("HX-Request") else "pay/top_up_waiting.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


@require_POST
@page(WRITE)
def cancel_top_up(request: HttpRequest, subject_id: UUID, top_up_id: UUID) -> HttpResponse:
    """Forget the announcement."""
    bank_actions.cancel_top_up(subject_id, top_up_id)
    messages.success(request, _("Cancelled."))
    return redirect("pay:bank")


@require_POST
@page(WRITE)
def send_from_demo_bank(request: HttpRequest, subject_id: UUID, top_up_id: UUID) -> HttpResponse:
    """Act as the person's own bank: put a real payment order (pain.001) on the demo bank's desk."""
    if settings.MODE == "production":
        raise not_found(_("There is no demo bank here."))
    found = queries.top_up(subject_id, top_up_id)
    desk.order_transfer(
        exchange.own_account(),
        order_id=found.id,
        payer_name=identity.party_name(subject_id),
        amount_minor=found.amount_minor,
        reference=found.reference,
    )
    defer(exchange_with_bank)
    return redirect("pay:top-up-waiting", top_up_id)


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def pay_out(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """To which account, how much. Above the person's limit she shows again that it is her."""
    initial = {"holder_name": identity.party_name(subject_id)}
    form = PayOutForm(request.POST or None, initial=initial)
    context = {
        "wallet": wallet_queries.wallet(subject_id, currency()),
        "accounts": queries.known_accounts(subject_id),
        "pay_out_id": request.POST.get("pay_out_id") or uuid7(),
        "has_passkey": has_passkey(request),
    }
    if request.method != "POST":
        return render(request, "pay/pay_out.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/pay_out.html", form, context)
    given = form.cleaned_data
    try:
        pay_out_id = bank_actions.order_pay_out(
            subject_id,
            given["amount"],
            currency(),
            given["iban"],
            given["holder_name"],
            memo=given["memo"],
            fresh=shown_since(request, clock.now() - limits.FRESH_SIGN_IN),
            pay_out_id=inputs.identifier(request.POST.get("pay_out_id", ""), "pay_out_id"),
        )
    except Refusal as refusal:
        if refusal.code == "confirm_again":
            return show_again(request, request.path)
        return refused_form(request, "pay/pay_out.html", form, context, refusal)
    return redirect("pay:pay-out-state", pay_out_id)


@require_safe
@page(READ)
def pay_out_state(request: HttpRequest, subject_id: UUID, pay_out_id: UUID) -> HttpResponse:
    """How far a pay-out has come."""
    found = queries.pay_out(subject_id, pay_out_id)
    template = "pay/pay_out_state.html#state" if request.headers.get("HX-Request") else "pay/pay_out_state.html"
    response = render(request, template, {"pay_out": found, "iban": references.grouped(found.iban)})
    response["Vary"] = "HX-Request"
    return response


@require_POST
@page(WRITE)
def cancel_pay_out(request: HttpRequest, subject_id: UUID, pay_out_id: UUID) -> HttpResponse:
    """Take a pay-out back before the bank has it."""
    bank_actions.cancel_pay_out(subject_id, pay_out_id)
    messages.success(request, _("Taken back: the money is in your wallet."))
    return redirect("pay:pay-out-state", pay_out_id)
