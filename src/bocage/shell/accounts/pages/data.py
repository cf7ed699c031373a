"""What services may see of one, who saw what, and taking it along or having it erased."""

import json
from collections.abc import Callable
from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.clock import now
from bocage.kernel.consent import actions as consent
from bocage.kernel.consent import queries as consents
from bocage.kernel.consent import rights
from bocage.kernel.errors import Refusal
from bocage.kernel.events.registry import event_types
from bocage.kernel.identity import queries as people
from bocage.kernel.manifest import services
from bocage.shell.accounts.forms import EraseForm, attempt
from bocage.shell.accounts.pages.own import FORM_METHODS, just_signed_in, own_id
from bocage.shell.console.access import READER, READER_TITLE

RECEIPTS_A_PAGE = 30
ANSWERS = {"grant": consent.grant, "refuse": consent.refuse, "withdraw": consent.withdraw}


@login_required
@require_safe
def consent_list(request: HttpRequest) -> HttpResponse:
    """Every purpose of every service, with what one has said to it."""
    titles = {each.name: (each.title, each.icon, each.tint) for each in services()}
    choices = sorted(consents.choices(own_id(request)), key=lambda each: each.service)
    groups = [
        (titles.get(service, (service, "box", "")), list(found))
        for service, found in groupby(choices, key=lambda each: each.service)
    ]
    return render(request, "accounts/consents.html", {"groups": groups})


@login_required
@require_POST
def consent_answer(request: HttpRequest) -> HttpResponse:
    """Agree, say no, or take an agreement back; one tap."""
    answer = ANSWERS.get(request.POST.get("answer", ""))
    if answer is None:
        raise Refusal("answer_unknown", _("Agree, refuse or withdraw."), field="answer")
    answer(own_id(request), request.POST.get("purpose", ""))
    messages.success(request, _("Noted. It holds from now on."))
    return redirect("me-consents")


def _said_in_words() -> Callable[[str], str]:
    """What a receipt names, as a person would say it: an event by its sentence, a port by who offers it."""
    events = {f"event {name}": str(each.says) for name, (_source, each) in event_types().items()}
    offers = {each.port.__name__: service.title for service in services() for each in service.offers}

    def said(what: str) -> str:
        if what in events:
            return events[what].rstrip(".")
        if (offering := offers.get(what.split(".")[0])) is not None:
            return _("What %(service)s keeps of you") % {"service": offering}
        return _(what) if what else ""

    return said


@login_required
@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """Who read what of one's, and when; newest first."""
    before = request.GET.get("before", "")
    try:
        cursor = UUID(before) if before else None
    except ValueError:
        raise Refusal("cursor_unreadable", _("This link is damaged. Open the page again."), field="before") from None
    titles = {each.name: each.title for each in services()} | {READER: READER_TITLE}
    page = consents.receipts(own_id(request), cursor, RECEIPTS_A_PAGE)
    said, purposes = _said_in_words(), {each.name: each.title for service in services() for each in service.purposes}
    rows = [
        (each, titles.get(each.reader, each.reader), said(each.what), purposes.get(each.purpose, each.purpose))
        for each in page.receipts
    ]
    context = {"rows": rows, "next_before": page.next_before, "history": consents.history(own_id(request))[:20]}
    return render(request, "accounts/receipts.html", context)


@login_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Taking everything along, or having it erased."""
    return render(request, "accounts/data.html")


@login_required
@just_signed_in
@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Everything held of the person, as a JSON file."""
    whole = rights.export_all(own_id(request))
    body = json.dumps(whole, ensure_ascii=False, indent=2)
    name = f"bocage-{people.person(own_id(request)).handle}-{now():%Y-%m-%d}.json"
    return HttpResponse(
        body, content_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@login_required
@just_signed_in
@require_http_methods(FORM_METHODS)
def erase(request: HttpRequest) -> HttpResponse:
    """The last page: what will be erased, what stays and why, and the handle to type."""
    person_id = own_id(request)
    form = EraseForm(request.POST or None, own=people.person(person_id).handle)
    if request.method == "POST" and form.is_valid():
        kept: list[str] = []
        if attempt(form, lambda: kept.extend(rights.erase_person(person_id).kept)):
            logout(request)
            return render(request, "accounts/erased.html", {"kept": kept})
    return render(request, "accounts/erase.html", {"form": form})
