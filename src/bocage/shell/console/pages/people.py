"""People and firms: find them, freeze them, and ask for what takes two people."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bocage.kernel.approvals import actions as approving
from bocage.kernel.approvals import queries as approvals
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as people_actions
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.actions import stops
from bocage.kernel.identity.types import ROLE_NAMES, Party, Person, Role, Tier
from bocage.shell.accounts.forms import attempt
from bocage.shell.console.access import Operator, operators_only
from bocage.shell.console.forms import LookForm, PeopleForm, ReasonForm, RoleForm

UNPROCESSABLE = 422


@require_safe
@operators_only
def people(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Find people and firms; before a search, who runs the town."""
    form = PeopleForm(request.GET if request.GET.get("q") else None)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    context = {
        "form": form,
        "q": text,
        "found": _find(text) if text else [],
        "crew": [] if text or form.errors else _crew(),
    }
    return render(request, "console/people.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def party(request: HttpRequest, operator: Operator, party_id: UUID) -> HttpResponse:
    """One person or firm: what the town knows of it without a look at anything of its own, and what may be done."""
    found = identity.party(party_id)
    person = identity.person(party_id) if found.kind == "person" else None
    held = identity.roles(party_id) if person else frozenset()
    do = request.POST.get("do", "")
    forms = _forms(found, person, held, do, request)
    if request.method == "POST":
        form, act, done = _act(operator, found, do, forms)
        if form.is_valid() and attempt(form, act):
            flash.success(request, done)
            return redirect("console-party", party_id)
    context = {
        "operator": operator,
        "party": found,
        "person": person,
        "roles": [ROLE_NAMES[Role(role)] for role in sorted(held)],
        "opening_asked": _opening_asked(found) if found.frozen else False,
        "forms": forms,
        "look": LookForm(initial={"handle": f"@{found.handle}"}),
    }
    return render(request, "console/party.html", context, status=UNPROCESSABLE if request.method == "POST" else 200)


def _forms(found: Party, person: Person | None, held: frozenset[str], do: str, request: HttpRequest) -> dict[str, Form]:
    """The forms that fit the party now; the one that was sent is bound."""

    def given(name: str) -> dict[str, Any]:
        return {"data": request.POST if do == name else None, "auto_id": f"{name}-%s"}

    forms: dict[str, Form] = {}
    if found.frozen:
        forms["open"] = ReasonForm(**given("open"))
    else:
        forms["freeze"] = ReasonForm(**given("freeze"))
    if person is not None:
        forms["role"] = RoleForm(held=held, **given("role"))
    elif not found.verified:
        forms["verify"] = ReasonForm(**given("verify"))
    return forms


def _act(operator: Operator, found: Party, do: str, forms: dict[str, Form]) -> tuple[Form, Callable[[], object], str]:
    """The form that was sent, what it asks for, and what to say when that is done."""
    form = forms.get(do)
    if form is None:
        raise Refusal("bad_act", _("This cannot be done now. Open the page again."), field="do", status=409)
    operator.require(operator.may_act if do == "freeze" else operator.may_propose)
    asked = _("Asked for. It waits for a second pair of eyes.")

    def propose(kind: str, field: str) -> object:
        return approving.propose(kind, {field: str(found.id)}, operator.id, reason=form.cleaned_data["reason"])

    def change_role() -> object:
        change, _colon, role = form.cleaned_data["change"].partition(":")
        verb = people_actions.grant_role if change == "grant" else people_actions.revoke_role
        return verb(operator.id, found.id, role, reason=form.cleaned_data["reason"])

    def freeze() -> None:
        stops.freeze(found.id, by_id=operator.id, reason=form.cleaned_data["reason"])

    match do:
        case "freeze":
            return form, freeze, _("Frozen. Opening it again takes two people.")
        case "open":
            return form, lambda: propose("identity.unfreeze", "party_id"), asked
        case "verify":
            return form, lambda: propose("identity.verify_organisation", "organisation_id"), asked
        case _other:
            return form, change_role, asked


def _find(text: str) -> list[Party]:
    """People whose handle, name or e-mail begins with `text`, and the firm with exactly this handle."""
    found = [
        Party(each.id, each.handle, each.display_name, "person", each.tier is Tier.DOCUMENT, each.frozen)
        for each in identity.search_people(text)
    ]
    firm = identity.organisation_by_handle(text)
    if firm is not None:
        found.insert(0, Party(firm.id, firm.handle, firm.name, "organisation", firm.verified, firm.frozen))
    return found


def _crew() -> list[tuple[Person, list[str]]]:
    """Everybody who holds a role, by name, with the roles."""
    held: dict[UUID, list[str]] = defaultdict(list)
    for role in Role:
        for person_id in identity.people_with_role(role):
            held[person_id].append(str(ROLE_NAMES[role]))
    known = identity.persons(list(held))
    return sorted(((person, held[person.id]) for person in known.values()), key=lambda pair: pair[0].display_name)


def _opening_asked(found: Party) -> bool:
    return any(
        each.kind == "identity.unfreeze" and each.payload.get("party_id") == str(found.id)
        for each in approvals.open_proposals()
    )
