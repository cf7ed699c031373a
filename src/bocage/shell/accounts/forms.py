"""Forms of the Me pages and of signing up."""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import limits
from bocage.kernel.identity.actions.people import clean_name


class SignupFields(forms.Form):
    """What we ask beyond e-mail and password; allauth builds its sign-up forms on this one."""

    display_name = forms.CharField(
        label=_("Your name"),
        max_length=limits.NAME_CHARACTERS_MAX,
        help_text=_("As friends and shops will see it."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    field_order = ("display_name", "email", "password1")

    def clean_display_name(self) -> str:
        try:
            return clean_name(self.cleaned_data["display_name"])
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal.message)) from None

    def signup(self, request: HttpRequest, user: Any) -> None:
        identity.welcome(user.pk)


class AddPasskey(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey, never a mere second factor: it alone signs in, so the browser must check who is there."""

    name = forms.CharField(label=_("Name of this passkey"), required=False, max_length=60)
    passwordless = forms.BooleanField(
        initial=True, required=True, widget=forms.CheckboxInput(attrs={"hidden": True, "tabindex": "-1"})
    )
