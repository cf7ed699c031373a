"""What every page of Pay asks first: for whom, in which currency, and how lately the person showed that it is her."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from bocage.kernel.errors import Refusal
from bocage.services.pay.pages.forms import Form
from bocage.shell.asking import UNPROCESSABLE

READ, WRITE, TAKE = "pay:read", "pay:write", "pay:take"


def person_of(request: HttpRequest) -> UUID:
    """Who is signed in; for pages that ask for that."""
    assert request.user.pk is not None, "the page asks who is signed in"
    return request.user.pk


def currency() -> str:
    """The currency of this town's wallets."""
    return str(settings.TOWN["currency"])


def refused_form(
    request: HttpRequest, template: str, form: Form, context: Mapping[str, Any], refusal: Refusal | None = None
) -> HttpResponse:
    """The page again, with what was typed and what is wrong with it; whatever the action began is rolled back."""
    if refusal is not None:
        form.refuse(refusal)
    return render(request, template, {"form": form, **context}, status=UNPROCESSABLE)


def shown_since(request: HttpRequest, since: datetime) -> bool:
    """Whether the person has shown again that it is her, by passkey or password, after `since`."""
    records = [record for record in get_authentication_records(request, request.user) if record.get("reauthenticated")]
    return any(datetime.fromtimestamp(record["at"], UTC) >= since for record in records)


def has_passkey(request: HttpRequest) -> bool:
    """Whether the person signs in with a passkey."""
    return bool(Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.WEBAUTHN).exists())


def show_again(request: HttpRequest, back_to: str) -> HttpResponse:
    """Send the person to show that it is her, by passkey where she has one, and then back."""
    where = "mfa_reauthenticate_webauthn" if has_passkey(request) else "account_reauthenticate"
    return redirect(f"{reverse(where)}?{urlencode({'next': back_to})}")
