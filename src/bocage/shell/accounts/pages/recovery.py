"""Getting back in: the pages for who is locked out, and for who prepares, helps or objects."""

from typing import Any
from uuid import UUID

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.ratelimit import consume_or_429
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bocage.kernel.clock import now
from bocage.kernel.errors import not_found
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import limits
from bocage.kernel.identity import queries as people
from bocage.shell.accounts.forms import CodeForm, NewPasswordForm, RecoverForm, TrustedForm, attempt
from bocage.shell.accounts.pages.own import FORM_METHODS, own_id

SESSION_KEY = "recovery"
RATE_LIMITS = {"open": "5/10m/ip", "prove": "20/10m/ip"}


@require_http_methods(FORM_METHODS)
def begin(request: HttpRequest) -> HttpResponse:
    """Somebody who cannot sign in says which account is hers."""
    form = RecoverForm(request.POST or None)
    if request.method == "POST":
        _limit(request, "open")
        if form.is_valid():
            opened = identity.open_recovery(form.cleaned_data["email"])
            request.session[SESSION_KEY] = {
                "case_id": str(opened.case_id),
                "secret": opened.secret,
                "speak_code": opened.speak_code,
            }
            return redirect("recover-case")
    return render(request, "accounts/recover.html", {"form": form})


@require_http_methods(FORM_METHODS)
def case(request: HttpRequest) -> HttpResponse:
    """The case in this browser: which proofs are there, and giving one. A case that never was looks like a new one."""
    held = request.session.get(SESSION_KEY)
    if held is None:
        return redirect("recover")
    case_id, secret = UUID(held["case_id"]), held["secret"]
    code_form, password_form = CodeForm(), NewPasswordForm()
    if request.method == "POST":
        _limit(request, "prove")
        done = False
        if "credential" in request.POST:
            done = _prove_by_passkey(request, case_id, secret)
        elif "password" in request.POST:
            password_form = NewPasswordForm(request.POST)
            if password_form.is_valid() and attempt(
                password_form,
                lambda: identity.finish_recovery(case_id, secret, password_form.cleaned_data["password"]),
            ):
                del request.session[SESSION_KEY]
                messages.success(request, _("You are back in. Sign in with your new password."))
                return redirect("account_login")
        else:
            code_form = CodeForm(request.POST)
            done = code_form.is_valid() and attempt(
                code_form, lambda: identity.give_counter_code(case_id, secret, code_form.cleaned_data["code"])
            )
        if done:
            return redirect("recover-case")
    return render(request, "accounts/recover_case.html", _case_context(request, held, code_form, password_form))


def _case_context(
    request: HttpRequest, held: dict[str, str], code_form: CodeForm, password_form: NewPasswordForm
) -> dict[str, Any]:
    found = people.recovery_case(UUID(held["case_id"]), held["secret"])
    over = found is not None and found.state not in {"open", "waiting"}
    ripe = found is not None and found.state == "waiting" and found.ripe_at is not None and found.ripe_at <= now()
    return {
        "case": found,
        "over": over,
        "ripe": ripe,
        "speak_code": held["speak_code"],
        "proofs": found.proofs if found else frozenset(),
        "trusted_given": found.trusted_given if found else 0,
        "trusted_needed": limits.TRUSTED_PEOPLE_NEEDED,
        "code_form": code_form,
        "password_form": password_form,
        "js_data": None if over or ripe else {"request_options": begin_authentication(user=None)},
    }


def _prove_by_passkey(request: HttpRequest, case_id: UUID, secret: str) -> bool:
    form = AuthenticateWebAuthnForm(data=request.POST, user=None)
    if not form.is_valid():
        messages.error(request, _("This passkey was not recognised. Try again, or give another proof."))
        return False
    person_id = form.cleaned_data["credential"].user_id
    trial = CodeForm()
    trial.cleaned_data = {}
    if attempt(trial, lambda: identity.give_passkey(case_id, secret, person_id)):
        return True
    # The same words as for an unknown passkey: whose it is is nobody's business.
    messages.error(request, _("This passkey was not recognised. Try again, or give another proof."))
    return False


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the case in this browser."""
    request.session.pop(SESSION_KEY, None)
    return redirect("account_login")


@login_required
@require_http_methods(FORM_METHODS)
def prepare(request: HttpRequest) -> HttpResponse:
    """Whom one trusts, who asks for help, and a recovery that runs against oneself."""
    person_id = own_id(request)
    form = TrustedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        trusted = form.cleaned_data["handle"]
        if attempt(form, lambda: identity.name_trusted(person_id, trusted.id)):
            messages.success(request, _("%(name)s was asked.") % {"name": trusted.display_name})
            return redirect("me-recovery")
    context = {
        "form": form,
        "trusted": people.trusted_people(person_id),
        "trusting": people.trusting_people(person_id),
        "asks": [(each, CodeForm(auto_id=f"id_{each.id}_%s")) for each in people.recovery_asks(person_id)],
        "recovery": people.recovery_of(person_id),
        "trusted_max": limits.TRUSTED_PEOPLE_MAX,
        "trusted_needed": limits.TRUSTED_PEOPLE_NEEDED,
    }
    return render(request, "accounts/recovery.html", context)


@login_required
@require_POST
def agree(request: HttpRequest, trust_id: UUID) -> HttpResponse:
    """Agree to help somebody back in one day."""
    identity.agree_to_help(trust_id, own_id(request))
    return redirect("me-recovery")


@login_required
@require_POST
def drop(request: HttpRequest, trust_id: UUID) -> HttpResponse:
    """End a trust, from either side."""
    identity.drop_trusted(trust_id, own_id(request))
    return redirect("me-recovery")


@login_required
@require_POST
def vouch(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Say that it is really them, with the code they read aloud."""
    _limit(request, "prove")
    form = CodeForm(request.POST)
    if form.is_valid() and attempt(
        form, lambda: identity.give_trust(case_id, own_id(request), form.cleaned_data["code"])
    ):
        messages.success(request, _("Thank you. They are one step nearer."))
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("me-recovery")


@login_required
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """It was not me: end the recovery of my account."""
    running = people.recovery_of(own_id(request))
    if running is None:
        raise not_found(_("This recovery is over already."))
    identity.cancel_recovery(running.id, own_id(request))
    messages.success(request, _("The recovery was stopped. If somebody else began it, change your password."))
    return redirect("me-recovery")


@require_http_methods(FORM_METHODS)
def stop_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the warning mail: asks once more, so that a mail scanner's visit stops nothing."""
    if request.method == "POST":
        identity.cancel_by_link(token)
        return render(request, "accounts/recovery_stopped.html", {"stopped": True})
    return render(request, "accounts/recovery_stopped.html", {"stopped": False})


def _limit(request: HttpRequest, action: str) -> None:
    response = consume_or_429(request, app="bocage.accounts", action=action, config=RATE_LIMITS)
    if response is not None:
        raise ImmediateHttpResponse(response)
