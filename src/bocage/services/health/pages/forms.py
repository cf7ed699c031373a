"""What people fill in on Health's pages."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bocage.kernel import clock
from bocage.services.health import limits, rules, words
from bocage.services.health.actions import holders, manual


class SymptomsForm(forms.Form):
    """How one feels, and since when."""

    symptoms = forms.MultipleChoiceField(
        label=_("What do you feel?"), choices=list(words.SYMPTOMS.items()), widget=forms.CheckboxSelectMultiple
    )
    since = forms.DateField(label=_("Since"), widget=forms.DateInput(attrs={"type": "date"}))


class ClaimForm(forms.Form):
    """The code on the laboratory's slip."""

    code = forms.CharField(
        label=_("Code on your slip"), max_length=24, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class HolderForm(forms.Form):
    """Name and date of birth, as on the identity card."""

    given = forms.CharField(
        label=_("Given names"),
        max_length=holders.NAME_CHARACTERS_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    family = forms.CharField(
        label=_("Family name"),
        max_length=holders.NAME_CHARACTERS_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    born = forms.DateField(
        label=_("Date of birth"), widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"})
    )


class HousemateForm(forms.Form):
    """Somebody whom one lives with."""

    handle = forms.CharField(
        label=_("Handle of whom you live with"), max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class VenueForm(forms.Form):
    """A place that gets a poster."""

    name = forms.CharField(label=_("Name of the place"), max_length=limits.NAME_CHARACTERS_MAX)
    kind = forms.ChoiceField(
        label=_("Kind of place"), choices=[(key, title) for key, (title, _icon) in words.PLACES.items()]
    )


class SchemeForm(forms.Form):
    """What a scheme is; nothing of it may be left out."""

    title = forms.CharField(label=_("Title"), max_length=limits.TITLE_CHARACTERS_MAX)
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=limits.LEGAL_BASIS_CHARACTERS_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The law or decree, its date, and what it allows. Everybody reads it."),
    )
    rules = forms.ChoiceField(label=_("Version of the rules"), choices=[(each, each) for each in rules.VERSIONS])
    budget_days = forms.DecimalField(
        label=_("Restricted days a person, at most"), min_value=0, max_digits=4, decimal_places=1
    )
    sunset = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("On the next morning everything stops and is deleted. Within 180 days."),
    )
    reason = forms.CharField(label=_("Reason"), min_length=10, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


_REASONS = _("Give your reasons in 10 to 1,000 characters: the person reads them.")


class AnswerForm(forms.Form):
    """An official's answer to an appeal."""

    answer = forms.CharField(
        label=_("Your reasons, which the person reads"),
        min_length=10,
        max_length=limits.WORDS_CHARACTERS_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _REASONS, "min_length": _REASONS, "max_length": _REASONS},
    )


class ManualForm(forms.Form):
    """A colour that two officials set."""

    handle = forms.CharField(label=_("Handle of the person"), max_length=64)
    colour = forms.ChoiceField(label=_("Colour"), choices=[(key, title) for key, (title, _s) in words.COLOURS.items()])
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=manual.DAYS_MAX, initial=3)
    reason = forms.CharField(
        label=_("Your reasons, which the person reads"),
        min_length=10,
        max_length=limits.WORDS_CHARACTERS_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LaboratoryForm(forms.Form):
    """A laboratory and the key it signs with."""

    handle = forms.CharField(label=_("Handle of the organisation"), max_length=64)
    public_key = forms.CharField(label=_("Public key (Ed25519, base64url)"), max_length=64)
    reason = forms.CharField(label=_("Reason"), min_length=10, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


def since_bounds(form: SymptomsForm) -> SymptomsForm:
    """Let the browser offer the last two weeks alone, today first."""
    today = clock.today(settings.TOWN["time_zone"])
    field = form.fields["since"]
    field.initial = today
    field.widget.attrs |= {
        "max": today.isoformat(),
        "min": (today - limits.KEPT + timedelta(days=1)).isoformat(),
    }
    return form
