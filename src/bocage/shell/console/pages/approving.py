"""What waits for a second pair of eyes, and what was decided."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bocage.kernel.approvals import actions as approving
from bocage.kernel.approvals import queries as approvals
from bocage.kernel.approvals.types import Proposal
from bocage.kernel.errors import Refusal
from bocage.shell.console.access import Operator, operators_only
from bocage.shell.console.forms import ReasonForm

UNPROCESSABLE = 422


@dataclass(frozen=True)
class Waiting:
    """An open proposal, whether it is the operator's own, and the form to decide it."""

    proposal: Proposal
    is_own: bool
    form: ReasonForm


@require_safe
@operators_only
def proposals(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Open proposals, oldest first, and those decided, newest first."""
    return _page(request, operator)


@require_POST
@operators_only
def decide(request: HttpRequest, operator: Operator, proposal_id: UUID) -> HttpResponse:
    """Approve or reject somebody else's proposal; withdraw one's own, or in an emergency do it alone."""
    do = request.POST.get("do", "")
    form = ReasonForm(request.POST, auto_id=f"{proposal_id}-%s", required=do in {"reject", "alone"})
    if not form.is_valid():
        return _page(request, operator, form, proposal_id)
    reason = form.cleaned_data["reason"]
    match do:
        case "approve":
            approving.approve(proposal_id, operator.id, reason)
            said = _("Approved, and done.")
        case "reject":
            approving.reject(proposal_id, operator.id, reason)
            said = _("Rejected. Who asked for it reads your reason.")
        case "withdraw":
            approving.withdraw(proposal_id, operator.id)
            said = _("Withdrawn.")
        case "alone":
            approving.break_glass(proposal_id, operator.id, reason)
            said = _("Done alone. Every approver and auditor was told.")
        case _other:
            raise Refusal("bad_decision", _("Approve, reject or withdraw."), field="do", status=400)
    flash.success(request, said)
    return redirect("console-approvals")


def _page(
    request: HttpRequest, operator: Operator, refused: ReasonForm | None = None, proposal_id: UUID | None = None
) -> HttpResponse:
    waiting = [
        Waiting(
            each,
            each.maker_id == operator.id,
            refused
            if refused is not None and each.id == proposal_id
            else ReasonForm(auto_id=f"{each.id}-%s", required=False),
        )
        for each in approvals.open_proposals()
    ]
    context = {"operator": operator, "waiting": waiting, "decided": approvals.decided_proposals()}
    return render(request, "console/approvals.html", context, status=UNPROCESSABLE if refused else 200)
