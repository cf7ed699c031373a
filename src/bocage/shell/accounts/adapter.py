"""What allauth asks us while somebody signs up or in."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bocage.kernel.acting import Actor, become
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import handles
from bocage.kernel.keys.master import seal, unseal
from bocage.shell.accounts.devices import describe, system_of

HANDLE_TRIES_MAX = 3
SEAL_CONTEXT = "allauth mfa secret"


class EmailCheckedWhenAsked(EmailVerificationStage):  # type: ignore[misc]
    """The stage that asks for the code from the mail, passed over where people check their address later.

    An address that has an account already still stops here, as allauth does to tell nobody who has one.
    """

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if settings.ACCOUNT_EMAIL_CHECKED_LATER and self.login.user is not None:
            return None, True
        answer: tuple[HttpResponse | None, bool] = super().handle()
        return answer


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Our own handles and names, the frozen, the first passkey, and the log of sign-ins."""

    def get_login_stages(self) -> list[str]:
        ours = f"{EmailCheckedWhenAsked.__module__}.{EmailCheckedWhenAsked.__qualname__}"
        theirs = f"{EmailVerificationStage.__module__}.{EmailVerificationStage.__qualname__}"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def save_user(self, request: HttpRequest, user: Any, form: Form, commit: bool = True) -> Any:
        user.display_name = " ".join(form.cleaned_data["display_name"].split())
        user.language = (get_language() or "en")[:2]
        user.time_zone = settings.TOWN["time_zone"]
        super().save_user(request, user, form, commit=False)
        if commit:
            self._save_with_handle(user)
        return user

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        user.handle = handles.suggest(user.display_name)

    def _save_with_handle(self, user: Any) -> None:
        # Two people of one name may sign up at the same instant; the second takes the next handle.
        for attempt in range(1, HANDLE_TRIES_MAX + 1):
            try:
                with transaction.atomic():
                    user.save()
                return
            except IntegrityError:
                if attempt == HANDLE_TRIES_MAX:
                    raise
                user.handle = handles.suggest(user.display_name)

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        if user.is_active and user.frozen_at is not None:
            clear_login(request)
            return redirect("me-frozen")
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        become(Actor.for_person(user.pk))

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        method = sign_in_method(request, user)
        # Who has just signed in need not do so again to make the passkey that we offer her.
        record_authentication(request, user, method, reauthenticated=True)
        identity.signed_in(user.pk, method=method, device=describe(self.get_http_user_agent(request)))
        if method == "password" and user.passkey_declined_at is None and not has_passkey(user.pk):
            return redirect(f"{reverse('me-passkey-offer')}?{urlencode({'next': response.headers['Location']})}")
        return response

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        confirmed: bool = super().confirm_email(request, email_address)
        if confirmed:
            identity.contact_checked(email_address.user_id)
        return confirmed

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("me")


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets sealed with the installation's master key, and passkeys named after the device they were made on."""

    def encrypt(self, text: str) -> str:
        return urlsafe_b64encode(seal(text.encode(), SEAL_CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(urlsafe_b64decode(encrypted_text), SEAL_CONTEXT).decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        system = system_of(context.request.META.get("HTTP_USER_AGENT", ""))
        return _("Passkey on %(system)s") % {"system": system} if system else _("Passkey")

    def _get_site_name(self) -> str:
        return f"Bocage {settings.TOWN['name']}"


def sign_in_method(request: HttpRequest, user: AbstractBaseUser) -> str:
    """How the person signed in, in one word: passkey or password; a sign-up is what it begins the account with."""
    records = get_authentication_records(request, user)
    if any(record.get("type") == "webauthn" for record in records):
        return "passkey"
    return str(records[-1]["method"]) if records else "password" if user.has_usable_password() else "passkey"


def has_passkey(person_id: UUID) -> bool:
    """Whether the person has at least one passkey."""
    return bool(Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.WEBAUTHN).exists())
