"""The console's forms. Every act that touches somebody asks for a reason."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bocage.kernel.identity.limits import HANDLE_CHARACTERS_MAX
from bocage.kernel.identity.types import ROLE_NAMES, Role
from bocage.shell.console.access import LOOK_REASON_CHARACTERS_MAX, LOOK_REASON_CHARACTERS_MIN

REASON_CHARACTERS_MIN = 10
REASON_CHARACTERS_MAX = 500


class LookReasonForm(forms.Form):
    """Why to look at what is somebody's."""

    reason = forms.CharField(
        label=_("Why you look"),
        min_length=LOOK_REASON_CHARACTERS_MIN,
        max_length=LOOK_REASON_CHARACTERS_MAX,
        help_text=_("They will read it under Me, beside your look."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class LookForm(LookReasonForm):
    """Whose accounts to look at, and why."""

    handle = forms.CharField(
        label=_("Handle"),
        max_length=HANDLE_CHARACTERS_MAX + 1,
        help_text=_("Of a person or a firm, for example @ana."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order: tuple[str, ...] = ("handle", "reason")


class TransferForm(LookForm):
    """Which transfer of whom to look at, and why."""

    transfer_id = forms.UUIDField(
        label=_("Transfer"),
        help_text=_("Its id, as on a receipt or in the list of movements."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("handle", "transfer_id", "reason")


class ReasonForm(forms.Form):
    """Why something is done to somebody. `required=False` where the page's other button needs none."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=REASON_CHARACTERS_MIN,
        max_length=REASON_CHARACTERS_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, required: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = required


class RoleForm(ReasonForm):
    """A role to give to a person, or to take back."""

    change = forms.ChoiceField(label=_("What changes"))
    field_order = ("change", "reason")

    def __init__(self, *args: Any, held: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["change"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (f"revoke:{role}", _("No longer %(role)s") % {"role": ROLE_NAMES[role]})
            if role in held
            else (f"grant:{role}", _("Becomes %(role)s") % {"role": ROLE_NAMES[role]})
            for role in Role
        ]


class PeopleForm(forms.Form):
    """Whom to find."""

    q = forms.CharField(
        label=_("Handle, name or e-mail"),
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
