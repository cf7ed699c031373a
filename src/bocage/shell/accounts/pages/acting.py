"""Acting for others: the switch, mandates, and the organisations one works for."""

from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bocage.kernel.acting.middleware import ACTING_FOR_SESSION_KEY
from bocage.kernel.errors import forbidden, not_found
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.kernel.identity.actions.mandates import require_principal
from bocage.kernel.identity.types import STAFF_ROLE_NAMES, StaffRole
from bocage.shell.accounts.forms import MandateForm, MemberForm, OrganisationForm, attempt
from bocage.shell.accounts.pages.own import FORM_METHODS, just_signed_in, own_id


@login_required
@require_http_methods(FORM_METHODS)
def acting(request: HttpRequest) -> HttpResponse:
    """For whom one may act, who may act for oneself, and the switch between them."""
    person_id = own_id(request)
    scope_words = people.known_scopes()
    subjects = people.subjects_of(person_id)
    chosen = request.session.get(ACTING_FOR_SESSION_KEY, str(person_id))
    given = [each for each in people.mandates_given(person_id) if each.live or not each.revoked_at]
    for owned in _owned(person_id):
        given += [each for each in people.mandates_given(owned[0]) if each.live]
    context = {
        "subjects": [(each, str(each.id) == chosen, _capacity(each.capacity)) for each in subjects],
        "given": [(each, _in_words(each.scopes, scope_words)) for each in given if each.live],
        "held": [(each, _in_words(each.scopes, scope_words)) for each in people.mandates_for(person_id) if each.live],
    }
    return render(request, "accounts/acting.html", context)


@login_required
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Act for somebody else from now on, or for oneself again."""
    subject_id = _uuid(request.POST.get("subject", ""))
    person_id = own_id(request)
    if subject_id == person_id:
        request.session.pop(ACTING_FOR_SESSION_KEY, None)
        messages.success(request, _("You act for yourself again."))
        return redirect("me-acting")
    if people.standing(person_id, subject_id) is None:
        raise forbidden(_("You may not act for them."))
    request.session[ACTING_FOR_SESSION_KEY] = str(subject_id)
    name = people.party_name(subject_id)
    messages.success(request, _("In the services you now act for %(name)s.") % {"name": name})
    return redirect("me-acting")


@login_required
@just_signed_in
@require_http_methods(FORM_METHODS)
def grant(request: HttpRequest) -> HttpResponse:
    """Let somebody act for oneself, or for an organisation of one's own."""
    person_id = own_id(request)
    principals = [(person_id, _("Me")), *_owned(person_id)]
    form = MandateForm(request.POST or None, principals=principals)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        principal_id = UUID(said["principal"])
        require_principal(person_id, principal_id)
        agent = said["agent"]
        if attempt(
            form,
            lambda: identity.grant_mandate(principal_id, agent.id, said["scopes"], ends_at=form.ends_at()),
        ):
            messages.success(request, _("%(name)s may now act, and was told.") % {"name": agent.display_name})
            return redirect("me-acting")
    return render(request, "accounts/mandate.html", {"form": form})


@login_required
@require_POST
def end(request: HttpRequest, mandate_id: UUID) -> HttpResponse:
    """End a mandate, from either side."""
    identity.revoke_mandate(mandate_id, own_id(request))
    messages.success(request, _("The mandate has ended."))
    return redirect("me-acting")


@login_required
@require_http_methods(FORM_METHODS)
def organisations(request: HttpRequest) -> HttpResponse:
    """The organisations one works for, and opening one."""
    person_id = own_id(request)
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = []

        def create() -> None:
            made.append(
                identity.create_organisation(
                    name=said["name"],
                    handle=said["handle"] or None,
                    mcc=said["mcc"],
                    country=settings.TOWN["country"],
                    owner_id=person_id,
                )
            )

        if attempt(form, create):
            return redirect("me-organisation", organisation_id=made[0].id)
    memberships = [(each, STAFF_ROLE_NAMES[each.role]) for each in people.memberships(person_id)]
    return render(request, "accounts/organisations.html", {"form": form, "memberships": memberships})


@login_required
@require_http_methods(FORM_METHODS)
def organisation(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """An organisation one works for: its staff, and for an owner who joins and leaves."""
    person_id = own_id(request)
    own = next((each for each in people.memberships(person_id) if each.organisation_id == organisation_id), None)
    if own is None:
        raise not_found(_("You do not work for an organisation of this kind."))
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        member = said["handle"]
        if attempt(form, lambda: identity.add_member(organisation_id, member.id, said["role"], by_id=person_id)):
            messages.success(request, _("%(name)s works here now.") % {"name": member.display_name})
            return redirect("me-organisation", organisation_id=organisation_id)
    context = {
        "organisation": people.organisation(organisation_id),
        "members": [(each, STAFF_ROLE_NAMES[each.role]) for each in people.members(organisation_id)],
        "is_owner": own.role is StaffRole.OWNER,
        "form": form,
    }
    return render(request, "accounts/organisation.html", context)


@login_required
@require_POST
def remove_member(request: HttpRequest, organisation_id: UUID, person_id: UUID) -> HttpResponse:
    """End somebody's work for an organisation; everybody may leave."""
    identity.remove_member(organisation_id, person_id, by_id=own_id(request))
    if person_id == own_id(request):
        return redirect("me-organisations")
    return redirect("me-organisation", organisation_id=organisation_id)


def _owned(person_id: UUID) -> list[tuple[UUID, str]]:
    own = people.memberships(person_id)
    return [(each.organisation_id, each.organisation_name) for each in own if each.role is StaffRole.OWNER]


def _capacity(capacity: str) -> str:
    if capacity == "self":
        return _("yourself")
    if capacity == "mandate":
        return _("under a mandate")
    return str(STAFF_ROLE_NAMES[StaffRole(capacity)])


def _in_words(scopes: frozenset[str], known: Mapping[str, object]) -> str:
    if "*" in scopes:
        return _("everything")
    return ", ".join(str(known.get(scope, scope)) for scope in sorted(scopes))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise not_found(_("There is nobody here by that name.")) from None
