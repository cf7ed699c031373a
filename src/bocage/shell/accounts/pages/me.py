"""Me itself, the profile, the passkey that is offered, and freezing one's account."""

from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.acting.middleware import ACTING_FOR_SESSION_KEY
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import queries as people
from bocage.kernel.identity.types import TIER_NAMES, Person, Tier
from bocage.shell.accounts.adapter import has_passkey
from bocage.shell.accounts.forms import ProfileForm, ReasonForm, attempt
from bocage.shell.accounts.pages.own import FORM_METHODS, own_id
from bocage.shell.types import Place, RailSection


@login_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Who one is here, and the way to everything about it."""
    person = people.person(own_id(request))
    acting_for = request.session.get(ACTING_FOR_SESSION_KEY)
    context = {
        "person": person,
        "tier_name": TIER_NAMES[person.tier],
        "contact_checked": person.tier is not Tier.NONE,
        "acting_for_name": people.party_name(UUID(acting_for)) if acting_for else "",
        "recovery": people.recovery_of(person.id),
        "asks": people.recovery_asks(person.id),
        "sections": _sections(request, person),
    }
    return render(request, "accounts/me.html", context)


def _sections(request: HttpRequest, person: Person) -> list[RailSection]:
    trusted = sum(each.agreed for each in people.trusted_people(person.id))
    ways_back = ngettext("%(count)s trusted person", "%(count)s trusted people", trusted) % {"count": trusted}
    firms = [each.organisation_name for each in people.memberships(person.id)[:3]]
    sign_in = [
        _place(_("Name, handle, language"), "me-profile", "id-card"),
        _place(_("E-mail"), "account_email", "mail", note=person.email or _("none yet")),
        _place(
            _("Passkeys"),
            "mfa_index",
            "fingerprint-pattern",
            note="" if has_passkey(own_id(request)) else _("none yet"),
        ),
        _place(_("Password"), "account_change_password", "key-round"),
        _place(_("Devices"), "usersessions_list", "monitor-smartphone"),
        _place(_("Getting back in"), "me-recovery", "life-buoy", note=ways_back if trusted else _("not prepared yet")),
    ]
    others = [
        _place(_("Acting for others"), "me-acting", "users-round"),
        _place(_("Organisations"), "me-organisations", "store", note=", ".join(firms)),
    ]
    if people.roles(person.id):
        others.append(_place(_("The town's console"), "console-home", "landmark"))
    own = [
        _place(_("What services may see"), "me-consents", "hand-heart"),
        _place(_("Who saw what"), "me-receipts", "eye"),
        _place(_("Programs and API tokens"), "me-tokens", "plug"),
        _place(_("Take along or erase"), "me-data", "archive"),
    ]
    return [
        RailSection(_("Signing in"), sign_in),
        RailSection(_("With others"), others),
        RailSection(_("My data"), own),
    ]


def _place(title: str, url_name: str, icon: str, note: str = "") -> Place:
    return Place(title, reverse(url_name), icon, note=note)


@login_required
@require_http_methods(FORM_METHODS)
def profile(request: HttpRequest) -> HttpResponse:
    """Name, handle, language and time zone."""
    person = people.person(own_id(request))
    start = {each: getattr(person, each) for each in ("display_name", "handle", "language", "time_zone")}
    form = ProfileForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data

        def change() -> None:
            identity.change_handle(person.id, said.pop("handle"))
            identity.change_profile(person.id, **said)

        if attempt(form, change):
            with translation.override(said["language"]):
                messages.success(request, _("Saved."))
            return redirect("me")
    return render(request, "accounts/profile.html", {"form": form, "person": person})


@login_required
@require_http_methods(FORM_METHODS)
def passkey_offer(request: HttpRequest) -> HttpResponse:
    """After a sign-in by password: a faster way next time. Saying no is remembered."""
    back = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("home")
    if request.method == "POST":
        identity.decline_passkey(own_id(request))
        return redirect(back)
    if has_passkey(own_id(request)):
        return redirect(back)
    return render(request, "accounts/passkey_offer.html", {"next": back})


@login_required
@require_http_methods(FORM_METHODS)
def freeze(request: HttpRequest) -> HttpResponse:
    """Stop everything at once: for who has lost a phone, or fears a thief."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person_id = own_id(request)
        if attempt(form, lambda: identity.freeze(person_id, by_id=person_id, reason=form.cleaned_data["reason"])):
            logout(request)
            return redirect("me-frozen")
    return render(request, "accounts/freeze.html", {"form": form})


@require_safe
def frozen(request: HttpRequest) -> HttpResponse:
    """What somebody with a frozen account can do."""
    return render(request, "accounts/frozen.html")


@login_required
@require_POST
def device_out(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign one other device out."""
    session = UserSession.objects.filter(pk=session_id, user_id=own_id(request)).first()
    if session is not None:
        session.end()
        messages.success(request, _("That device is signed out."))
    return redirect("usersessions_list")
