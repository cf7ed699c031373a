"""allauth's forms with labels and hints in our words.

Apart from `forms`, since allauth builds its own forms on `forms.SignupFields` while it is being imported.
"""

from typing import Any

from allauth.account import forms as theirs
from django import forms
from django.utils.translation import gettext as _


class OurWords(forms.Form):
    """Labels that stay when one types, in place of placeholders; one hint in place of three rules."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        said = {
            "login": (_("E-mail"), ""),
            "email": (_("E-mail"), ""),
            "password": (_("Password"), ""),
            "oldpassword": (_("Password until now"), ""),
            "password1": (_("Password"), _("At least 10 characters. Four words that you remember make a good one.")),
            "password2": (_("The same once more"), ""),
        }
        for name, (label, hint) in said.items():
            if name in self.fields:
                self.fields[name].label, self.fields[name].help_text = label, hint
                self.fields[name].widget.attrs.pop("placeholder", None)


class Login(OurWords, theirs.LoginForm):  # type: ignore[misc]
    pass


class Signup(OurWords, theirs.SignupForm):  # type: ignore[misc]
    pass


class AddEmail(OurWords, theirs.AddEmailForm):  # type: ignore[misc]
    pass


class ChangePassword(OurWords, theirs.ChangePasswordForm):  # type: ignore[misc]
    pass


class SetPassword(OurWords, theirs.SetPasswordForm):  # type: ignore[misc]
    pass


class ResetPassword(OurWords, theirs.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKey(OurWords, theirs.ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class Reauthenticate(OurWords, theirs.ReauthenticateForm):  # type: ignore[misc]
    pass
