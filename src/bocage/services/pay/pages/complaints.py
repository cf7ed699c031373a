"""Complaints about payments: the payer's form, the shop's list, and what operators propose to decide."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals import actions as approvals
from bocage.kernel.consent.actions import record_read
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import Organisation
from bocage.kernel.ids import uuid7
from bocage.kernel.payments import queries as payments
from bocage.kernel.payments.actions.wallets import OPERATING
from bocage.kernel.payments.approving import DECIDE
from bocage.kernel.payments.types import Dispute
from bocage.services.pay import inputs, words
from bocage.services.pay.actions import complaints as actions
from bocage.services.pay.pages.asking import READ, WRITE, refused_form
from bocage.services.pay.pages.forms import ComplaintForm, DecisionForm
from bocage.services.pay.pages.merchant import shop_context, shop_page
from bocage.services.pay.pages.showing import typed_amount
from bocage.services.pay.queries import receipts
from bocage.services.pay.queries import wallet as wallet_queries
from bocage.shell.asking import UNPROCESSABLE, operator_page, page


@require_http_methods(["GET", "HEAD", "POST"])
@page(WRITE)
def complain(request: HttpRequest, subject_id: UUID, payment_id: UUID) -> HttpResponse:
    """Say what is wrong with a payment; sent twice, it complains once."""
    found = wallet_queries.line_of_payment(subject_id, payment_id)
    receipt = receipts.receipt(found, subject_id)
    given = request.POST.get("complaint_id", "")
    complaint_id = inputs.identifier(given, "complaint_id") if given else uuid7()
    form = ComplaintForm(request.POST or None, initial={"amount": typed_amount(receipt.refundable_minor)})
    context = {"receipt": receipt, "complaint_id": complaint_id}
    if request.method != "POST":
        return render(request, "pay/complain.html", {"form": form, **context})
    if not form.is_valid():
        return refused_form(request, "pay/complain.html", form, context)
    try:
        actions.complain(
            subject_id,
            payment_id,
            form.cleaned_data["amount"],
            form.cleaned_data["reason"],
            complaint_id=complaint_id,
        )
    except Refusal as refusal:
        return refused_form(request, "pay/complain.html", form, context, refusal)
    messages.success(request, _("The shop and the town were told. How it ends will stand on this receipt."))
    return redirect("pay:line", found.id)


@require_POST
@page(WRITE)
def withdraw(request: HttpRequest, subject_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Take a complaint back."""
    ended = actions.withdraw(subject_id, complaint_id)
    messages.success(request, _("You took your complaint back."))
    return redirect("pay:payment", ended.intent_id)


@require_safe
@shop_page(READ)
def complaints(request: HttpRequest, shop: Organisation) -> HttpResponse:
    """What customers complain about, open ones first."""
    rows = _rows(payments.disputes_of(shop.id, taken=True))
    return render(request, "pay/merchant/complaints.html", {**shop_context(shop), "rows": rows})


@require_POST
@shop_page(WRITE)
def give_in(request: HttpRequest, shop: Organisation, complaint_id: UUID) -> HttpResponse:
    """Give the money back."""
    actions.give_in(shop.id, complaint_id)
    messages.success(request, _("The money goes back. The customer was told."))
    return redirect("pay:complaints")


@require_safe
@operator_page
def disputes(request: HttpRequest, _operator_id: UUID) -> HttpResponse:
    """Open complaints of the whole town, the oldest first; who complains is named on the complaint's own page."""
    after = request.GET.get("after", "")
    with acting_as(Actor.for_service(OPERATING)):
        found = payments.open_disputes(inputs.identifier(after, "after") if after else None)
    return render(request, "pay/console_disputes.html", {"rows": _rows(found)})


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def decide(request: HttpRequest, operator_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Propose how a complaint ends; a second person decides."""
    with acting_as(Actor.for_service(OPERATING)):
        found = payments.dispute(complaint_id)
        asked = payments.intent(found.intent_id).kept if found.kept else None
        what = gettext_noop("an objection about money kept") if found.kept else gettext_noop("a complaint of yours")
        for party_id in (found.payer_id, found.payee_id) if found.kept else (found.payer_id,):
            record_read(party_id, "operator", "", what)
    (row,) = _rows((found,))
    if asked is not None:
        by_payee = asked.asked_by == found.payee_id
        row["asked_by"], row["against"] = (row["payee"], row["payer"]) if by_payee else (row["payer"], row["payee"])
        row["asked_reason"] = words.complaint_reason(asked.asked_reason)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        payload = {"dispute_id": str(complaint_id), "state": form.cleaned_data["state"]}
        try:
            approvals.propose(DECIDE, payload, operator_id, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Proposed. A second person decides."))
            return redirect("pay:disputes")
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "pay/console_decide.html", {"form": form, "row": row}, status=status)


def _rows(found: tuple[Dispute, ...]) -> list[dict[str, object]]:
    """Complaints with the names of both sides and the reason in words."""
    names = identity.party_names({id for each in found for id in (each.payer_id, each.payee_id)})
    return [
        {
            "complaint": each,
            "payer": names[each.payer_id],
            "payee": names[each.payee_id],
            "reason": words.complaint_reason(each.reason),
            "ended": "" if each.decided_at is None else words.COMPLAINT_ENDS[each.state],
        }
        for each in found
    ]
