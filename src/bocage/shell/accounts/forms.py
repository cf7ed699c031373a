"""Forms of the Me pages and of signing up."""

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions as identity
from bocage.kernel.identity import limits
from bocage.kernel.identity import queries as people
from bocage.kernel.identity.actions.people import clean_name
from bocage.kernel.identity.types import STAFF_ROLE_NAMES, Person

TOKEN_LIVES_DAYS = (30, 90, 365)
CODE_CHARACTERS_MAX = 20


def attempt(form: forms.Form, act: Callable[[], object]) -> bool:
    """Do it; a refusal undoes what it began (unless it is one to keep) and is said beside the field at fault."""
    savepoint = transaction.savepoint_create()
    try:
        act()
    except Refusal as refusal:
        if not refusal.recorded:
            transaction.savepoint_rollback(savepoint)
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))
        return False
    return True


class SignupFields(forms.Form):
    """What we ask beyond e-mail and password; allauth builds its sign-up forms on this one."""

    display_name = forms.CharField(
        label=_("Your name"),
        max_length=limits.NAME_CHARACTERS_MAX,
        help_text=_("As friends and shops will see it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
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


class HandleField(forms.CharField):
    """Somebody's handle; gives the person."""

    def __init__(self, **more: Any) -> None:
        attributes = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false", "placeholder": "@"}
        super().__init__(max_length=limits.HANDLE_CHARACTERS_MAX + 1, widget=forms.TextInput(attrs=attributes), **more)

    def clean(self, value: Any) -> Person | None:
        handle = super().clean(value)
        if not handle:
            return None
        found = people.person_by_handle(handle)
        if found is None or not found.active:
            raise forms.ValidationError(gettext("Nobody is called @%(handle)s.") % {"handle": handle.removeprefix("@")})
        return found


class ProfileForm(forms.Form):
    """What a person says of herself."""

    display_name = forms.CharField(
        label=_("Name"), max_length=limits.NAME_CHARACTERS_MAX, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    handle = forms.CharField(
        label=_("Handle"),
        max_length=limits.HANDLE_CHARACTERS_MAX + 1,
        help_text=_("Friends pay you by it. One that you give up stays yours and goes to nobody else."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "username", "spellcheck": "false"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Dates and times are shown in it."))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in ("UTC", *zones)]  # type: ignore[attr-defined]


class TrustedForm(forms.Form):
    """Somebody to help one back in."""

    handle = HandleField(label=_("Their handle"))


class CodeForm(forms.Form):
    """A code that somebody read aloud, or printed on a slip."""

    code = forms.CharField(
        label=_("Code"),
        max_length=CODE_CHARACTERS_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "characters"}),
    )


class RecoverForm(forms.Form):
    """Whose account to get back into."""

    email = forms.EmailField(
        label=_("E-mail address of the account"),
        max_length=limits.EMAIL_CHARACTERS_MAX,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class NewPasswordForm(forms.Form):
    """The password to sign in with from now on."""

    password = forms.CharField(
        label=_("New password"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["password"].help_text = password_validators_help_texts()[0]


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("What happened?"), max_length=limits.REASON_CHARACTERS_MAX)


def _scope_choices() -> list[tuple[str, str]]:
    return [(name, str(says)) for name, says in sorted(people.known_scopes().items())]


class MandateForm(forms.Form):
    """Whom to let act, in what, until when."""

    principal = forms.ChoiceField(label=_("For whom"))
    agent = HandleField(label=_("Who may act (handle)"))
    scopes = forms.MultipleChoiceField(label=_("What they may do"), widget=forms.CheckboxSelectMultiple)
    ends_on = forms.DateField(
        label=_("Until the end of"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, principals: Iterable[tuple[UUID, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["principal"].choices = [(str(key), name) for key, name in principals]  # type: ignore[attr-defined]
        self.fields["scopes"].choices = _scope_choices()  # type: ignore[attr-defined]
        self.fields["ends_on"].initial = timezone.localdate(now()) + timedelta(days=365)

    def ends_at(self) -> datetime:
        """The last midnight of the day, in the person's own zone."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["ends_on"], time.min)) + timedelta(days=1)


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(
        label=_("Name"), max_length=limits.NAME_CHARACTERS_MAX, help_text=_("Where you will use it, such as “Till”.")
    )
    subject = forms.ChoiceField(label=_("For whom"))
    scopes = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(label=_("Ends after"), coerce=int)

    def __init__(self, *args: Any, subjects: Iterable[tuple[UUID, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["subject"].choices = [(str(key), name) for key, name in subjects]  # type: ignore[attr-defined]
        self.fields["scopes"].choices = _scope_choices()  # type: ignore[attr-defined]
        lives = [(days, gettext("%(days)s days") % {"days": days}) for days in TOKEN_LIVES_DAYS]
        self.fields["days"].choices = lives  # type: ignore[attr-defined]


class OrganisationForm(forms.Form):
    """A new shop, firm or association."""

    name = forms.CharField(label=_("Name"), max_length=limits.NAME_CHARACTERS_MAX)
    handle = forms.CharField(
        label=_("Handle"),
        max_length=limits.HANDLE_CHARACTERS_MAX + 1,
        required=False,
        help_text=_("People pay it by this; made from the name when empty."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    mcc = forms.RegexField(
        label=_("Merchant category"),
        regex=r"^[0-9]{4}$",
        help_text=_("Four digits of ISO 18245: 5814 is a café, 5411 a grocery."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )


class MemberForm(forms.Form):
    """Somebody who works for an organisation."""

    handle = HandleField(label=_("Handle"))
    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, name) for role, name in STAFF_ROLE_NAMES.items()])


class ProgramForm(forms.Form):
    """A program that wants to offer "sign in with Bocage"."""

    name = forms.CharField(
        label=_("Name"), max_length=limits.NAME_CHARACTERS_MAX, help_text=_("As people will read it.")
    )
    redirect_uris = forms.CharField(
        label=_("Addresses to return to"),
        max_length=5000,
        help_text=_("One a line, each beginning with https://"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may ask for"),
        required=False,
        choices=[("profile", _("Name, handle, language and zone")), ("email", _("E-mail address"))],
        widget=forms.CheckboxSelectMultiple,
    )
    public = forms.BooleanField(
        label=_("It runs on people's own devices"),
        required=False,
        help_text=_("An app cannot keep a secret: it gets none."),
    )


class EraseForm(forms.Form):
    """A last question before what cannot be undone."""

    handle = forms.CharField(
        label=_("Type your handle to go on"),
        max_length=limits.HANDLE_CHARACTERS_MAX + 1,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, own: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.own = own

    def clean_handle(self) -> str:
        typed = str(self.cleaned_data["handle"]).strip().removeprefix("@").lower()
        if typed != self.own:
            raise forms.ValidationError(gettext("This is not your handle. Nothing was erased."))
        return typed
