"""How the town's platform is, and how many people agreed to what."""

from collections import defaultdict
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bocage.kernel import work
from bocage.kernel.approvals import queries as approvals
from bocage.kernel.consent import purposes
from bocage.kernel.consent import queries as consents
from bocage.kernel.consent.types import State
from bocage.kernel.events import queries as events
from bocage.shell.console.access import Operator, operators_only
from bocage.shell.console.books import unit_balances

LATEST_EVENTS = 8
PROPOSALS_SHOWN = 3


@dataclass(frozen=True)
class PurposeRow:
    """One purpose and how many people stand where on it."""

    name: str
    title: str
    service: str
    granted: int
    refused: int
    withdrawn: int
    expired: int


@require_safe
@operators_only
def home(request: HttpRequest, operator: Operator) -> HttpResponse:
    """What a person who runs the town looks at first: does everything run, and does anything wait for her?"""
    subscriptions = events.subscriptions()
    jobs = work.counts()
    proposals = approvals.open_proposals()
    units = unit_balances()
    granted = [each for each in consents.counts() if each.state is State.GRANTED]
    context = {
        "head": events.head(),
        "behind": max((each.behind for each in subscriptions), default=0),
        "dead": sum(each.dead for each in subscriptions),
        "failed_jobs": jobs["failed"],
        "waiting_jobs": jobs["todo"],
        "units": units,
        "unbalanced": [each.unit for each in units if not each.balanced],
        "proposals": proposals[:PROPOSALS_SHOWN],
        "proposals_count": len(proposals),
        "for_me": sum(each.maker_id != operator.id for each in proposals) if operator.may_approve else 0,
        "latest": events.latest(limit=LATEST_EVENTS),
        "granted": sum(each.subjects for each in granted),
        "purposes": len(purposes.declared()),
    }
    return render(request, "console/home.html", context)


@require_safe
@operators_only
def consent_counts(request: HttpRequest, operator: Operator) -> HttpResponse:
    """How many people stand where on each purpose: numbers, nobody's name."""
    counted: dict[str, dict[State, int]] = defaultdict(dict)
    for each in consents.counts():
        counted[each.purpose][each.state] = each.subjects
    rows = [
        PurposeRow(
            name,
            declared.words()[0],
            declared.service,
            *(counted[name].get(state, 0) for state in (State.GRANTED, State.REFUSED, State.WITHDRAWN, State.EXPIRED)),
        )
        for name, declared in sorted(purposes.declared().items())
    ]
    return render(request, "console/consents.html", {"rows": rows})
