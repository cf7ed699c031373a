"""The console's pages."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bocage.kernel import work
from bocage.kernel.approvals import actions as approving
from bocage.kernel.approvals import queries as approvals
from bocage.kernel.consent import purposes
from bocage.kernel.consent import queries as consents
from bocage.kernel.consent.types import State
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.events import actions as eventing
from bocage.kernel.events import queries as events
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.actions import stops
from bocage.kernel.identity.types import Role
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.ledger.types import Account, Balance, Movement, TrialBalanceLine
from bocage.kernel.messages import queries as messages
from bocage.shell.api_site import decode_cursor
from bocage.shell.console.access import looking_at, operators_only, require_role

PAGE_ROWS = 50
SEARCH_CHARACTERS_MAX = 60
MOVEMENTS_SHOWN = 25
_ACTING_ROLES = frozenset({Role.OPERATOR, Role.SUPPORT})
_DECIDING_ROLES = frozenset({Role.OPERATOR, Role.APPROVER})


@dataclass(frozen=True)
class UnitBalance:
    """The trial balance of one unit: its lines, and what debits and credits come to."""

    unit: str
    exponent: int
    is_money: bool
    lines: tuple[TrialBalanceLine, ...]
    debits_minor: int
    credits_minor: int

    @property
    def balanced(self) -> bool:
        return self.debits_minor == self.credits_minor


@dataclass(frozen=True)
class AccountView:
    """An account with its balance and latest movements."""

    account: Account
    balance: Balance
    exponent: int
    movements: tuple[Movement, ...]


@operators_only
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """How the town's platform is."""
    subscriptions = events.subscriptions()
    jobs = work.counts()
    context = {
        "head": events.head(),
        "behind": max((each.behind for each in subscriptions), default=0),
        "dead": sum(each.dead for each in subscriptions),
        "failed_jobs": jobs.get("failed", 0),
        "waiting_jobs": jobs.get("todo", 0),
        "units": _unit_balances(),
        "proposals": approvals.open_proposals(),
        "latest": events.latest(limit=8),
        "granted": sum(each.subjects for each in consents.counts() if each.state is State.GRANTED),
    }
    return render(request, "console/home.html", context)


@operators_only
@require_http_methods(["GET", "POST"])
def ledger_explorer(request: HttpRequest) -> HttpResponse:
    """The trial balance of every unit; and, with a reason, one party's accounts."""
    context: dict[str, Any] = {"units": _unit_balances(), "handle": "", "reason": ""}
    if request.method == "POST":
        context["handle"] = handle = request.POST.get("handle", "").strip()[:SEARCH_CHARACTERS_MAX]
        context["reason"] = reason = request.POST.get("reason", "")
        party = None if "\0" in handle else identity.party_by_handle(handle.removeprefix("@"))
        if party is None:
            raise not_found(_("Nobody has this handle. Write it as they do, for example @ana."), field="handle")
        with looking_at(party.id, "ledger accounts", reason):
            context["party"] = party
            context["accounts"] = _accounts_of(party.id)
    return render(request, "console/ledger.html", context)


@operators_only
@require_GET
def event_log(request: HttpRequest) -> HttpResponse:
    """The log's newest lines (that, not what), how far each service has heard it, and what failed."""
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    latest = events.latest(before, PAGE_ROWS)
    return render(
        request,
        "console/events.html",
        {
            "latest": latest,
            "next_before": latest[-1].position if len(latest) == PAGE_ROWS else None,
            "subscriptions": events.subscriptions(),
            "dead": events.dead_letters(limit=PAGE_ROWS),
        },
    )


@operators_only
@require_POST
def dead_letter(request: HttpRequest, service: str, position: int) -> HttpResponse:
    """Try an event that was given up again, or give it up for good with a reason."""
    operator_id = require_role(_ACTING_ROLES)
    if request.POST.get("do") == "retry":
        eventing.retry_dead(service, position)
    else:
        reason = request.POST.get("reason", "").strip()[:200]
        if not reason:
            raise Refusal("reason_needed", _("Say why this event may be forgotten."), field="reason")
        eventing.discard_dead(service, position, reason)
    approving.acted("dead_letter", operator_id, kind=service)
    return redirect("console-events")


@operators_only
@require_GET
def consent_counts(request: HttpRequest) -> HttpResponse:
    """How many people stand where on each purpose: numbers, nobody's name."""
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    for each in consents.counts():
        counted[each.purpose][each.state.value] = each.subjects
    rows = [
        {"purpose": name, "title": declared.words()[0], "service": declared.service, **counted.get(name, {})}
        for name, declared in sorted(purposes.declared().items())
    ]
    return render(request, "console/consents.html", {"rows": rows})


@operators_only
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """The queue by status, and the jobs of one status."""
    counts = work.counts()
    status = request.GET.get("status", "failed")
    if status not in {"todo", "doing", "failed", "succeeded"}:
        raise Refusal("bad_status", _("Choose a status from the list."), field="status", status=400)
    return render(
        request,
        "console/jobs.html",
        {"counts": counts, "status": status, "jobs": work.jobs(status, limit=PAGE_ROWS)},
    )


@operators_only
@require_POST
def retry_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Queue a failed job again."""
    operator_id = require_role(_ACTING_ROLES)
    work.retry_failed(job_id)
    approving.acted("retry_job", operator_id)
    flash.success(request, _("The job waits in the queue again."))
    return redirect("console-jobs")


@operators_only
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """Messages that left, or wait here because no mail server is set. Only for those who support people."""
    require_role(_ACTING_ROLES)
    found = messages.outbox(decode_cursor(request.GET.get("cursor")), PAGE_ROWS)
    return render(request, "console/outbox.html", {"messages_out": found})


@operators_only
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Find people by handle or name."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:SEARCH_CHARACTERS_MAX]
    found = identity.search_people(text) if text else []
    return render(request, "console/people.html", {"q": text, "people": found})


@operators_only
@require_POST
def freeze(request: HttpRequest, party_id: UUID) -> HttpResponse:
    """Freeze a person, with a reason, or lift it. Freezing is reversible; it closes nothing."""
    operator_id = require_role(frozenset({Role.OPERATOR}))
    if request.POST.get("do") == "unfreeze":
        stops.unfreeze(party_id, by_id=operator_id)
    else:
        stops.freeze(party_id, by_id=operator_id, reason=request.POST.get("reason", "")[:200])
    return redirect("console-people")


@operators_only
@require_GET
def proposals(request: HttpRequest) -> HttpResponse:
    """What waits for a second pair of eyes, and what was decided."""
    return render(
        request,
        "console/approvals.html",
        {"open": approvals.open_proposals(), "decided": approvals.decided_proposals()},
    )


@operators_only
@require_POST
def decide(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Approve or reject somebody else's proposal, or withdraw one's own."""
    person_id = require_role(_DECIDING_ROLES)
    reason = request.POST.get("reason", "")
    match request.POST.get("do"):
        case "approve":
            approving.approve(proposal_id, person_id, reason)
        case "reject":
            approving.reject(proposal_id, person_id, reason)
        case "withdraw":
            approving.withdraw(proposal_id, person_id)
        case _other:
            raise Refusal("bad_decision", _("Approve, reject or withdraw."), field="do", status=400)
    return redirect("console-approvals")


def _unit_balances() -> list[UnitBalance]:
    units = ledger.units()
    by_unit: dict[str, list[TrialBalanceLine]] = defaultdict(list)
    for line in ledger.trial_balance():
        by_unit[line.unit].append(line)
    return [
        UnitBalance(
            unit,
            units[unit].exponent,
            units[unit].is_money,
            tuple(lines),
            sum(line.debits_posted_minor for line in lines),
            sum(line.credits_posted_minor for line in lines),
        )
        for unit, lines in sorted(by_unit.items(), key=lambda pair: (not units[pair[0]].is_money, pair[0]))
    ]


def _accounts_of(party_id: UUID) -> list[AccountView]:
    units = ledger.units()
    accounts = ledger.accounts_of(party_id)
    balances = ledger.balances([account.id for account in accounts])
    return [
        AccountView(
            account,
            balances[account.id],
            units[account.unit].exponent,
            ledger.history(account.id, limit=MOVEMENTS_SHOWN, with_holds=True),
        )
        for account in accounts
    ]
