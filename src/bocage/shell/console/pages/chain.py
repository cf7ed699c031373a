"""What makes the ledger verifiable, to look at: batches, signed checkpoints, and the proof of one transfer."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bocage.kernel.errors import Refusal
from bocage.kernel.identity import queries as identity
from bocage.kernel.ledger import chain
from bocage.kernel.proofs import explorer
from bocage.kernel.proofs import queries as proofs
from bocage.kernel.proofs.last_audit import last_audit
from bocage.kernel.proofs.verifying import fingerprint, verify
from bocage.shell.console.access import Operator, looking_at, operators_only
from bocage.shell.console.forms import TransferForm
from bocage.shell.console.pages import PAGE_ROWS, cursor_of

UNPROCESSABLE = 422
CHECKPOINTS_SHOWN = 20
CHECKS: dict[str, str | Promise] = {
    "members": gettext_lazy("It has as many transfers as it says."),
    "root": gettext_lazy("Its root is that of its transfers as they are now."),
    "hash": gettext_lazy("Its hash is that of what it says."),
    "link": gettext_lazy("It names the hash of the batch before it."),
    "signature": gettext_lazy("It is signed by the town's key."),
    "follows": gettext_lazy("It follows from the checkpoint before it."),
    "root_A": gettext_lazy("Its root over lane A is that of the batches as they are now."),
    "root_B": gettext_lazy("Its root over lane B is that of the batches as they are now."),
}


@require_safe
@operators_only
def batches(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The sealed batches of one lane, the newest first."""
    lane = _lane(request.GET.get("lane", chain.LANES[0]))
    found = explorer.batches(lane, cursor_of(request), PAGE_ROWS)
    context = {
        "lane": lane,
        "lanes": chain.LANES,
        "batches": found,
        "next_url": f"?lane={lane}&before={found[-1].number}" if len(found) == PAGE_ROWS else "",
    }
    return render(request, "console/ledger_batches.html", context)


@require_safe
@operators_only
def batch(request: HttpRequest, operator: Operator, lane: str, number: int) -> HttpResponse:
    """One batch: its hashes, what was checked of it just now, and the checkpoint above it."""
    found = explorer.batch(_lane(lane), number)
    return render(request, "console/ledger_batch.html", {"found": found, "checks": _said(found.checks)})


@require_safe
@operators_only
def checkpoints(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The signed checkpoints, the newest first, each with its signature checked, and the last audit."""
    found = explorer.checkpoints(cursor_of(request), CHECKPOINTS_SHOWN)
    last = found[-1].checkpoint.number if len(found) == CHECKPOINTS_SHOWN else 0
    context = {"checkpoints": found, "audit": last_audit(), "next_url": f"?before={last}" if last > 1 else ""}
    return render(request, "console/ledger_checkpoints.html", context)


@require_safe
@operators_only
def checkpoint(request: HttpRequest, operator: Operator, number: int) -> HttpResponse:
    """One checkpoint: the text that was signed, by which key, and all that can be checked of it."""
    found = explorer.checkpoint(number)
    context = {
        "found": found,
        "checks": _said(found.checks),
        "fingerprint": fingerprint(found.checkpoint.public_key),
        "public_key": found.checkpoint.public_key.hex(),
    }
    return render(request, "console/ledger_checkpoint.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def transfer(request: HttpRequest, operator: Operator) -> HttpResponse:
    """One transfer of somebody's, with its proof; she reads under Me that it was looked at, and why."""
    form = TransferForm(request.POST or None)
    context: dict[str, Any] = {"operator": operator}
    if request.method == "POST" and form.is_valid():
        party = identity.party_by_handle(form.cleaned_data["handle"])
        if party is None:
            form.add_error("handle", _("Nobody has this handle. Write it as they do, for example @ana."))
        else:
            with looking_at(operator, party.id, _("one transfer"), form.cleaned_data["reason"]):
                context["party"] = party
                context |= _proof(form)
    context["form"] = form
    # An error's answer would take back what was written, and a look that found nothing was a look all the same.
    status = UNPROCESSABLE if form.errors and "party" not in context else 200
    return render(request, "console/ledger_transfer.html", context, status=status)


def _proof(form: TransferForm) -> dict[str, Any]:
    """The proof and its verification. Within the look: that it was looked for is told even where nothing is found."""
    try:
        found = proofs.proof_of(form.cleaned_data["transfer_id"])
    except Refusal as refusal:
        # A refusal here must not take the receipt of the look back with it.
        form.add_error("transfer_id", str(refusal.message))
        return {}
    raw = proofs.as_file(found)
    return {"proof": found, "steps": verify(raw, None)}


def _lane(text: str) -> str:
    if text not in chain.LANES:
        raise Refusal("bad_lane", _("Choose one of the lanes shown."), field="lane", status=400)
    return text


def _said(checks: tuple[explorer.Check, ...]) -> list[tuple[str | Promise, bool]]:
    return [(CHECKS[each.name], each.holds) for each in checks]
