"""The operator's view of the bank: lines that found no place, and the files."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bocage.kernel.approvals import actions as approvals
from bocage.kernel.errors import Refusal
from bocage.services.pay import inputs, words
from bocage.services.pay.pages.forms import AssignForm
from bocage.services.pay.queries import bank as queries
from bocage.services.pay.queries import codes as code_queries
from bocage.services.pay.types import EntryState
from bocage.services.pay.verbs import ASSIGN
from bocage.shell.asking import UNPROCESSABLE, operator_page

FILES_SHOWN = 10


@require_safe
@operator_page
def bank_entries(request: HttpRequest, _operator_id: UUID) -> HttpResponse:
    """The bank's lines in one state, and the latest files."""
    given = request.GET.get("state", EntryState.UNMATCHED.value)
    if given not in set(EntryState):
        raise Refusal("bad_filter", _("Choose one of the filters shown."), field="state", status=400)
    before = request.GET.get("before")
    found = queries.bank_entries(EntryState(given), before=inputs.identifier(before, "before") if before else None)
    context = {
        "tabs": [(state.value, title, state == given) for state, title in words.ENTRY_STATES.items()],
        "entries": found.rows,
        "next_url": f"?state={given}&before={found.next_id}" if found.next_id else "",
        "files": queries.bank_files(FILES_SHOWN),
    }
    return render(request, "pay/console_bank.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def assign(request: HttpRequest, operator_id: UUID, entry_id: UUID) -> HttpResponse:
    """Propose whose wallet a line of the bank's belongs in; a second person decides."""
    entry = queries.bank_entry(entry_id)
    form = AssignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            owner = code_queries.payee_by_handle(form.cleaned_data["to"])
            payload = {"entry_id": str(entry_id), "owner_id": str(owner.id)}
            approvals.propose(ASSIGN, payload, operator_id, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Proposed. A second person decides."))
            return redirect("pay:bank-entries")
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "pay/console_assign.html", {"form": form, "entry": entry}, status=status)
